"""Charts of throughput and latency at both endpoints, each titled with its own finding.

Read next: pdflab/charts/timelines.py.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter

from pdflab.analysis import metrics
from pdflab.analysis.columns import Floats
from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason
from pdflab.charts.style import (
    ACCEPTED,
    ASKED,
    COLOURS,
    LONGEST,
    PREDICTED,
    SHORTEST,
    TEXT,
    Picture,
    add_legend,
    add_line,
    duration,
    known,
    latency_axis,
    make_figure,
    origin,
    stamp,
    style_axes,
)
from pdflab.charts.timelines import draw_depth
from pdflab.jobs import Endpoint

_SHARES = (0.5, 0.9, 0.99, 0.999, 0.9999)  # the ticks of an axis of percentiles
_MARKED = (0.5, 0.9, 0.99)


def draw_throughput(ax: Axes, queued: Run, synchronous: Run, *, predicted: float | None = None) -> Axes:
    """Draw how many PDFs each endpoint delivered over time, beside the number of requests.

    `predicted` is when the reader expected the last PDF, in seconds.
    """
    runs = [run for run in (queued, synchronous) if len(run.sends)]
    largest = max((queued, synchronous), key=lambda run: len(run.sends))
    asked = largest.sends.intended_at - origin(largest)
    curves = [(add_line(ax, ASKED, "asked for", ":"), asked)]
    delivered = []
    for run in runs:
        done = known(metrics.send_columns(run.sends, run.events).completed_at) - origin(run)
        curves.append((add_line(ax, COLOURS[run.endpoint], run.endpoint), done))
        delivered.append(f"{run.endpoint} {_count(len(done), len(run.sends))}")
    _cumulate(curves)
    if predicted is not None:
        add_line(ax, PREDICTED, "last PDF, predicted", "--").set_data([predicted] * 2, [0, len(asked)])
    add_legend(ax)
    _stamp(ax, runs)
    return style_axes(ax, "PDFs: " + ", ".join(delivered) if runs else "Nothing was asked for", "PDFs")


def draw_latency(ax: Axes, queued: Run, synchronous: Run) -> Axes:
    """Draw latencies by percentile; the dots mark p50, p90 and p99.

    Failures count as infinite: above the top of a curve, clients were never served.
    """
    ours, theirs = (metrics.send_columns(run.sends, run.events) for run in (queued, synchronous))
    _add_percentiles(ax, ours.acknowledgement, ACCEPTED, "queued, answered")
    _add_percentiles(ax, ours.completion, COLOURS[Endpoint.QUEUED], "queued, PDF")
    _add_percentiles(ax, theirs.completion, COLOURS[Endpoint.SYNCHRONOUS], "synchronous, PDF")
    _stamp(ax, (queued, synchronous))
    quick, slow = median(ours.acknowledgement), median(theirs.acknowledgement)
    halves = f"{Endpoint.QUEUED} {quick}, {Endpoint.SYNCHRONOUS} {slow}"
    answered = len(ours.acknowledgement) or len(theirs.acknowledgement)
    title = f"Half of all clients had an answer within:\n{halves}" if answered else "No clients yet"
    return _dress_percentiles(ax, title, max(len(ours.acknowledgement), len(theirs.acknowledgement)))


def draw_omission(ax: Axes, run: Run) -> Axes:
    """Draw coordinated omission: latencies from the actual and from the intended send."""
    columns = metrics.send_columns(run.sends, run.events)
    _add_percentiles(ax, columns.uncorrected, ASKED, "naive: since it was sent", "--")
    _add_percentiles(ax, columns.acknowledgement, COLOURS[run.endpoint], "since it was meant to go")
    naive, true = (
        metrics.percentiles(values).p99 for values in (columns.uncorrected, columns.acknowledgement)
    )
    title = "Nothing was answered"
    if naive is not None and true is not None:
        title = f"The tool says 99 of 100 within {duration(naive)}; clients waited {duration(true)}"
    return _dress_percentiles(ax, title, len(columns.acknowledgement))


def comparison_figure(
    queued: Run, synchronous: Run, *, predicted: float | None = None, dpi: int = 100
) -> Picture:
    """Draw both endpoints under the same plan, in one figure titled with the outcomes.

    `predicted` is when the reader expected the last PDF, in seconds.
    """
    figure = make_figure(1200, 450, dpi)
    figure.set_layout_engine("constrained", w_pad=0.15)
    axes = figure.subplots(1, 3)
    draw_throughput(axes[0], queued, synchronous, predicted=predicted)
    draw_depth(axes[1], [queued])
    draw_latency(axes[2], queued, synchronous)
    figure.suptitle(finding(queued, synchronous), x=0.01, ha="left", fontsize=14, color=TEXT, weight="bold")
    return figure


def finding(queued: Run, synchronous: Run) -> str:
    """Return a sentence about the outcomes at both endpoints, or about a late generator."""
    if any(invalid_reason(run) for run in (queued, synchronous)):
        return "The generator was late: this run says nothing about the endpoints"
    ours, theirs = metrics.summary(queued), metrics.summary(synchronous)
    if not ours.sent and not theirs.sent:
        return "Nothing to compare yet"
    if ours.sent == theirs.sent and not ours.failed and not theirs.failed:
        soon, late = (duration(endpoint.accept_p50_s or 0.0) for endpoint in (ours, theirs))
        halves = f"half had an answer within {soon} (queued) or {late} (synchronous)"
        return f"Both endpoints made all {ours.sent:,} PDFs; {halves}"
    return f"{_queued_outcome(ours)}; {_synchronous_outcome(theirs)}"


def median(latencies: Floats) -> str:
    """Return the median as text; a client that was never served counts as infinite."""
    if not len(latencies):
        return "–"
    middle = float(np.sort(latencies)[(len(latencies) - 1) // 2])  # nan, never served, sorts last
    return "never" if np.isnan(middle) else duration(middle)


def _queued_outcome(endpoint: metrics.Summary) -> str:
    if not endpoint.sent:
        return "The queue was not tried"
    missing = endpoint.accepted + endpoint.failed - endpoint.sent
    unfinished = f" and has no PDF for {missing:,} of them" if missing else ""
    return f"The queue accepted {_count(endpoint.accepted, endpoint.sent)}{unfinished}"


def _synchronous_outcome(endpoint: metrics.Summary) -> str:
    if not endpoint.sent:
        return "the synchronous endpoint was not tried"
    failed = _count(endpoint.failed, endpoint.sent) if endpoint.failed else "none"
    return f"the synchronous endpoint failed {failed}"


def _add_percentiles(ax: Axes, latencies: Floats, colour: str, label: str, style: str = "-") -> None:
    """Add a curve: the latency by percentile of all clients."""
    line, dots = add_line(ax, colour, label, style), add_line(ax, colour, "_marks", "none", "o")
    served, everyone = np.maximum(np.sort(known(latencies)), SHORTEST), len(latencies)
    if not len(served):
        return
    shares = _nines(np.arange(len(served) + 1.0) / everyone)
    beyond = LONGEST * 10 if len(served) < everyone else served[-1]
    line.set_data(shares, np.append(served, beyond))
    marks = [share for share in _MARKED if share * everyone <= len(served)]
    ranks = [max(int(np.ceil(share * everyone)) - 1, 0) for share in marks]
    dots.set_data(_nines(np.array(marks)), served[ranks])


def _dress_percentiles(ax: Axes, title: str, clients: int) -> Axes:
    add_legend(ax)
    style_axes(ax, title, "waited at most")
    ax.xaxis.set_major_locator(FixedLocator(_nines(np.array(_SHARES)).tolist()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda nines, _: f"{100 * (1 - 10**-nines):.5g}%"))
    ax.set(xlim=(0, float(_nines(np.array([1 - 1 / max(clients, 200)]))[0])), xlabel="of all clients")
    ax.set_ylim(latency_axis(ax, "y"))
    return ax


def _nines(shares: Floats) -> Floats:
    """Return 1 for 90 %, 2 for 99 % and so on: a scale that shows the tail."""
    return np.asarray(-np.log10(np.maximum(1 - shares, 1e-9)))


def _cumulate(curves: Sequence[tuple[Line2D, Floats]]) -> None:
    """Set each line to the cumulative count of its instants, all up to the same end."""
    end = max(float(at.max(initial=0.0)) for _, at in curves)
    for line, at in curves:
        counts = np.arange(len(at) + 1.0)
        line.set_data(np.concatenate([[0.0], np.sort(at), [end]]), np.append(counts, counts[-1]))


def _count(part: int, whole: int) -> str:
    return f"all {whole:,}" if part == whole > 0 else f"{part:,} of {whole:,}"


def _stamp(ax: Axes, runs: Sequence[Run]) -> None:
    stamp(ax, next((sentence for run in runs if (sentence := invalid_reason(run))), None))
