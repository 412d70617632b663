"""Charts of throughput and latency at both endpoints, each titled with its own finding.

Read next: pdflab/charts/timelines.py.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import Summary, percentiles, send_columns, summary
from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason
from pdflab.charts import style
from pdflab.charts.timelines import draw_depth
from pdflab.jobs import Endpoint

Expected = Mapping[Endpoint, float]  # seconds, by endpoint: what the reader predicted

_NOTHING: Expected = MappingProxyType({})
_DASHES = {Endpoint.QUEUED: "--", Endpoint.SYNCHRONOUS: ":"}  # of predictions
_MARKS = {Endpoint.QUEUED: "D", Endpoint.SYNCHRONOUS: "s"}
_SHARES = (0.5, 0.9, 0.99, 0.999, 0.9999)  # the ticks of an axis of percentiles; dots mark the first three


def comparison_figure(
    queued: Run, synchronous: Run, *, last: Expected = _NOTHING, half: Expected = _NOTHING, dpi: int = 100
) -> style.Picture:
    """Draw both endpoints under the same plan, in one figure titled with the outcomes.

    The reader expected the `last` PDF, and an answer for `half` of the clients, within so many seconds, by
    endpoint.
    """
    figure, axes = style.make_axes(1200, 450, (1, 1, 1), dpi=dpi)
    draw_throughput(axes[0], queued, synchronous, last=last)
    draw_depth(axes[1], queued)
    draw_latency(axes[2], queued, synchronous, half=half)
    finding = _finding(summary(queued), summary(synchronous))
    if invalid_reason(queued) or invalid_reason(synchronous):
        finding = "The generator was late: this run says nothing about the endpoints"
    style.set_headline(figure, finding)
    return figure


def draw_throughput(ax: Axes, queued: Run, synchronous: Run, *, last: Expected = _NOTHING) -> Axes:
    """Draw how many PDFs each endpoint delivered over time, beside the number of requests.

    The reader expected the `last` PDF within so many seconds, by endpoint.
    """
    runs = [run for run in (queued, synchronous) if len(run.sends)]
    largest = max((queued, synchronous), key=lambda run: len(run.sends.clients))
    asked = largest.sends.clients.intended_at - largest.began_at
    curves = [(style.add_line(ax, style.ASKED, "asked for", ":"), asked)]
    delivered = []
    for run in runs:
        done = send_columns(run.sends, run.events).completed_at - run.began_at
        done = done[~np.isnan(done)]
        curves.append((style.add_line(ax, style.COLOURS[run.endpoint], run.endpoint), done))
        delivered.append(f"{run.endpoint} {_count(len(done), len(run.sends.clients))}")
    end = max(float(at.max(initial=0.0)) for _, at in curves)
    for line, at in curves:
        counts = np.arange(len(at) + 1.0)
        line.set_data(np.concatenate([[0.0], np.sort(at), [end]]), np.append(counts, counts[-1]))
    for endpoint, seconds in last.items():
        style.add_prediction(ax, f"last PDF, predicted: {endpoint}", seconds, (0, len(asked)))
        ax.get_lines()[-1].set(linestyle=_DASHES[endpoint])
    style.add_legend(ax)
    style.stamp(ax, *runs)
    return style.style_axes(ax, "PDFs: " + ", ".join(delivered) if runs else "Nothing was asked for", "PDFs")


def draw_latency(ax: Axes, queued: Run, synchronous: Run, *, half: Expected = _NOTHING) -> Axes:
    """Draw latencies by percentile; the dots mark p50, p90 and p99.

    Failures count as infinite: above the top of a curve, clients were never served. The reader expected an
    answer for `half` of the clients within so many seconds, by endpoint.
    """
    ours, theirs = (send_columns(run.sends.clients, run.events) for run in (queued, synchronous))
    _add_percentiles(ax, ours.acknowledgement, style.ACCEPTED, "queued, answered")
    _add_percentiles(ax, ours.completion, style.COLOURS[Endpoint.QUEUED], "queued, PDF")
    _add_percentiles(ax, theirs.completion, style.COLOURS[Endpoint.SYNCHRONOUS], "synchronous, PDF")
    for endpoint, seconds in half.items():
        mark = style.add_line(ax, style.PREDICTED, f"predicted: {endpoint}", "none", _MARKS[endpoint])
        mark.set_data([_nines(np.array(0.5))], [np.clip(seconds, style.SHORTEST, style.LONGEST)])
        mark.set(ms=9, markeredgecolor=style.COLOURS[endpoint], zorder=6)
    style.stamp(ax, queued, synchronous)
    quick, slow = _median(ours.acknowledgement), _median(theirs.acknowledgement)
    halves = f"{Endpoint.QUEUED} {quick}, {Endpoint.SYNCHRONOUS} {slow}"
    clients = max(len(ours.acknowledgement), len(theirs.acknowledgement))
    title = f"Half of all clients had an answer within:\n{halves}" if clients else "No clients yet"
    return _style_percentiles(ax, title, clients)


def draw_omission(ax: Axes, run: Run) -> Axes:
    """Draw coordinated omission: latencies from the actual and from the intended send."""
    columns = send_columns(run.sends, run.events)
    _add_percentiles(ax, columns.uncorrected, style.ASKED, "naive: since it was sent", "--")
    colour = style.COLOURS[run.endpoint]
    _add_percentiles(ax, columns.acknowledgement, colour, "since it was meant to go")
    naive, true = percentiles(columns.uncorrected).p99, percentiles(columns.acknowledgement).p99
    found = f"The tool says 99 of 100 within {style.duration(naive)}; clients waited {style.duration(true)}"
    title = "Nothing was answered" if naive is None else found
    return _style_percentiles(ax, title, len(columns.acknowledgement))


def _finding(ours: Summary, theirs: Summary) -> str:
    """Return a sentence about the outcomes at both endpoints."""
    if not ours.sent and not theirs.sent:
        return "Nothing to compare yet"
    if ours.sent == theirs.sent and not ours.failed and not theirs.failed:
        soon, late = (style.duration(endpoint.accept_p50_s) for endpoint in (ours, theirs))
        halves = f"half had an answer within {soon} (queued) or {late} (synchronous)"
        return f"Both endpoints made all {ours.sent:,} PDFs; {halves}"
    return f"{_queued_outcome(ours)}; {_synchronous_outcome(theirs)}"


def _queued_outcome(endpoint: Summary) -> str:
    if not endpoint.sent:
        return "The queue was not tried"
    missing = endpoint.accepted + endpoint.failed - endpoint.sent
    unfinished = f" and has no PDF for {missing:,} of them" if missing else ""
    return f"The queue accepted {_count(endpoint.accepted, endpoint.sent)}{unfinished}"


def _synchronous_outcome(endpoint: Summary) -> str:
    if not endpoint.sent:
        return "the synchronous endpoint was not tried"
    failed = _count(endpoint.failed, endpoint.sent) if endpoint.failed else "none"
    return f"the synchronous endpoint failed {failed}"


def _median(latencies: Floats) -> str:
    """Return the median as text; a client that was never served counts as infinite."""
    if not len(latencies):
        return "–"
    return style.duration(float(np.sort(latencies)[(len(latencies) - 1) // 2]))  # nan, never, sorts last


def _add_percentiles(ax: Axes, latencies: Floats, colour: str, label: str, dashes: str = "-") -> None:
    """Add a curve: the latency by percentile of all clients."""
    line = style.add_line(ax, colour, label, dashes)
    dots = style.add_line(ax, colour, "_marks", "none", "o")
    known, everyone = latencies[~np.isnan(latencies)], len(latencies)
    served = np.maximum(np.sort(known), style.SHORTEST)
    if not len(served):
        return
    shares = _nines(np.arange(len(served) + 1.0) / everyone)
    beyond = style.LONGEST * 10 if len(served) < everyone else served[-1]
    line.set_data(shares, np.append(served, beyond))
    marks = [share for share in _SHARES[:3] if share * everyone <= len(served)]
    ranks = [max(int(np.ceil(share * everyone)) - 1, 0) for share in marks]
    dots.set_data(_nines(np.array(marks)), served[ranks])


def _style_percentiles(ax: Axes, title: str, clients: int) -> Axes:
    style.add_legend(ax)
    style.style_axes(ax, title, "waited at most", time="of all clients")
    ax.xaxis.set_major_locator(FixedLocator(_nines(np.array(_SHARES)).tolist()))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda nines, _: f"{100 * (1 - 10**-nines):.5g}%"))
    ax.set_xlim(0, float(_nines(np.array([1 - 1 / max(clients, 200)]))[0]))
    style.set_latency_axis(ax)
    return ax


def _nines(shares: Floats) -> Floats:
    """Return 1 for 90 %, 2 for 99 % and so on: a scale that shows the tail."""
    return np.asarray(-np.log10(np.maximum(1 - shares, 1e-9)))


def _count(part: int, whole: int) -> str:
    return f"all {whole:,}" if part == whole > 0 else f"{part:,} of {whole:,}"
