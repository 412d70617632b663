"""Charts of goodput: the PDFs in time at several endpoints side by side, and over time.

Read next: pdflab/charts/timelines.py.
"""

from collections import Counter
from collections.abc import Mapping

from matplotlib.axes import Axes

from pdflab.analysis.goodput import Goodput, goodput
from pdflab.analysis.metrics import throughput
from pdflab.analysis.run import Run
from pdflab.charts import style

_DASHES = ("-", "--", "-.", ":")  # of several runs at the same endpoint


def goodput_figure(
    runs: Mapping[str, Run], patience: float, *, predicted: Mapping[str, float] | None = None
) -> style.Picture:
    """Draw how many PDFs of each run, by its name, were complete within so many seconds of patience.

    `predicted` has what the reader expected, by the same names.
    """
    predicted = predicted or {}
    figure, [ax] = style.make_axes(760, 120 + 55 * len(runs))
    found = {name: goodput(run, patience) for name, run in runs.items()}
    counts = [one.in_time for one in found.values()]
    labels = [f"{one.in_time:,} of {one.clients:,}" for one in found.values()]
    colours = [style.COLOURS[run.endpoint] for run in runs.values()]
    style.add_bars(ax, [*runs], counts, colours=colours, labels=labels)
    for row, name in enumerate(runs):
        if name in predicted:
            label = "predicted" if name == next(iter(predicted)) else "_"
            style.add_prediction(ax, label, predicted[name], (row - 0.4, row + 0.4))
    ax.set_xlim(0, 1.2 * max([1, *counts, *predicted.values()]))
    style.style_bar_axes(ax, _most(found, patience), f"PDFs within {style.duration(patience)}")
    if predicted:
        style.add_legend(ax, at=(-0.02, -0.2))
    style.stamp(ax, *runs.values())
    return figure


def goodput_over_time_figure(
    runs: Mapping[str, Run], patience: float, *, bin_seconds: float = 1.0
) -> style.Picture:
    """Draw the goodput of each run over time, beside the arrival rate of the largest one.

    A client that retries is one arrival.
    """
    figure, [ax] = style.make_axes(960, 340)
    found = {name: goodput(run, patience, bin_seconds=bin_seconds) for name, run in runs.items()}
    drawn = Counter[str]()
    for name, run in runs.items():
        dashes = _DASHES[drawn[run.endpoint] % len(_DASHES)]
        drawn[run.endpoint] += 1
        style.add_line(ax, style.COLOURS[run.endpoint], name, dashes).set_data(
            found[name].at, found[name].rate
        )
    if runs:
        _add_arrivals(ax, max(runs.values(), key=lambda run: len(run.sends.clients)), bin_seconds)
        style.add_legend(ax, columns=4, at=(-0.02, -0.16))
    title = _over_time(found) if runs else "No runs yet"
    style.style_axes(ax, title, f"PDFs a second, within {style.duration(patience)}")
    style.stamp(ax, *runs.values())
    return figure


def _add_arrivals(ax: Axes, run: Run, bin_seconds: float) -> None:
    at = run.sends.clients.intended_at - run.began_at
    end = float(at.max(initial=0.0)) + bin_seconds
    line = style.add_line(ax, style.ASKED, "asked for", ":")
    line.set_data(*throughput(at, start=0.0, end=end, bin_seconds=bin_seconds))


def _most(found: Mapping[str, Goodput], patience: float) -> str:
    """Return the finding: the runs with the most PDFs in time, and with the fewest."""
    if not any(one.clients for one in found.values()):
        return "Nothing was asked for"
    best, worst = (choose(found, key=lambda name: found[name].in_time) for choose in (max, min))
    within = f"within {style.duration(patience)}"
    if found[best].in_time == found[worst].in_time:
        return f"{found[best].in_time:,} PDFs were complete {within}: no difference"
    return f"{best}: {found[best].in_time:,} PDFs {within}; {worst}: {found[worst].in_time:,}"


def _over_time(found: Mapping[str, Goodput]) -> str:
    """Return the finding: the goodput of each run while the last quarter of the time of asking passed."""
    ends = []
    for name, one in found.items():
        is_last = (one.at >= 0.75 * one.asked_until) & (one.at < one.asked_until)
        ends.append(f"{name} {one.rate[is_last].sum() / max(1, is_last.sum()):.1f}")
    return "PDFs in time a second, towards the end: " + "; ".join(ends)
