"""The chart of goodput: the PDFs in time at several endpoints side by side.

Read next: pdflab/charts/timelines.py.
"""

from collections.abc import Mapping

from pdflab.analysis.goodput import Goodput, goodput
from pdflab.analysis.run import Run
from pdflab.charts import style


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


def _most(found: Mapping[str, Goodput], patience: float) -> str:
    """Return the finding: the runs with the most PDFs in time, and with the fewest."""
    if not any(one.clients for one in found.values()):
        return "Nothing was asked for"
    best, worst = (choose(found, key=lambda name: found[name].in_time) for choose in (max, min))
    within = f"within {style.duration(patience)}"
    if found[best].in_time == found[worst].in_time:
        return f"{found[best].in_time:,} PDFs were complete {within}: no difference"
    return f"{best}: {found[best].in_time:,} PDFs {within}; {worst}: {found[worst].in_time:,}"
