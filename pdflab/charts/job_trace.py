"""A chart of one job: its answer, its time in the queue, its rendering.

Read next: pdflab/charts/forecast.py.
"""

from collections.abc import Sequence
from typing import Any

from pdflab.analysis.run import Send
from pdflab.charts.style import (
    ACCEPTED,
    PREDICTED,
    RENDERING,
    TEXT,
    WAITING,
    Picture,
    add_line,
    duration,
    make_figure,
    set_title,
    style_bar_axes,
)
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState

_SMALL: dict[str, Any] = {"fontsize": 9, "color": TEXT}
_ROWS = ("the client waits for its answer", "the job waits in the queue", "a worker renders it")


def job_trace_figure(send: Send, events: Sequence[JobEvent], *, predicted: float | None = None) -> Picture:
    """Draw the steps of one COMPLETED job, in seconds since its request was sent.

    `predicted` is when the reader expected its PDF. Raises UsageError for a job in another state.
    """
    at = {event.state: event.at - send.sent_at for event in events if event.job_id == send.job_id}
    if JobState.COMPLETED not in at or send.answered_at is None:
        raise UsageError("This job is not COMPLETED; wait for it with lab.wait(), and draw it then.")
    queued, taken, done = (at[state] for state in (JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED))
    began, ended = (0.0, queued, taken), (send.answered_at - send.sent_at, taken, done)
    figure = make_figure(960, 250)
    figure.set_layout_engine("constrained")
    ax = figure.subplots()
    spans = [end - start for start, end in zip(began, ended, strict=True)]
    colours = (ACCEPTED, WAITING, RENDERING)
    bars = ax.barh(range(3), spans, 0.6, began, color=colours, edgecolor=colours)  # so that 1 ms is visible
    ax.bar_label(bars, [duration(span) for span in spans], padding=4, **_SMALL)
    ax.set_yticks(range(3), _ROWS)
    ax.set(xlim=(0, 1.12 * max(done, predicted or 0)), ylim=(2.6, -0.6))
    if predicted is not None:
        line = add_line(ax, PREDICTED, f"its PDF, predicted: {predicted:g} s", "--")
        line.set(data=([predicted] * 2, [-0.5, 2.5]), linewidth=2)
        ax.legend(loc="upper left", bbox_to_anchor=(-0.01, -0.25), frameon=False, fontsize=9)
    style_bar_axes(ax, "seconds since the request was sent")
    set_title(ax, f"Answered after {duration(spans[0])}; the PDF was there after {duration(done)}")
    return figure
