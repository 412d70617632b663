"""A picture of one job shows where its time went."""

import pytest

from pdflab.analysis.run import Send
from pdflab.charts.style import ACCEPTED, RENDERING, WAITING
from pdflab.charts.timelines import job_trace_figure
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState

SEND = Send("queued", "custom", 100.0, 100.0, 100.01, 202, "mine")
INSTANTS = ((JobState.QUEUED, 100.005), (JobState.PROCESSING, 103.0), (JobState.COMPLETED, 103.5))
LIFE = [JobEvent("mine", state, at, "custom") for state, at in INSTANTS]
OTHER = [
    JobEvent("other", state, at, "custom")
    for state, at in ((JobState.QUEUED, 90.0), (JobState.FAILED, 140.0))
]


def test_the_bars_are_the_three_waits_of_one_job() -> None:
    """The client's for its answer, the job's in the queue, the worker's rendering; no other job is seen."""
    ax = job_trace_figure(SEND, [*LIFE, *OTHER]).axes[0]

    began = [bar.get_x() for bar in ax.patches]
    lasted = [bar.get_width() for bar in ax.patches]
    assert began == pytest.approx([0.0, 0.005, 3.0])
    assert lasted == pytest.approx([0.01, 2.995, 0.5])
    assert ax.get_title(loc="left") == "Answered after 10 ms; the PDF was there after 3.5 s"


def test_each_wait_has_the_colour_that_it_has_in_every_chart() -> None:
    """Light blue for a yes, orange for the line, green for work."""
    colours = [_hex(bar.get_facecolor()) for bar in job_trace_figure(SEND, LIFE).axes[0].patches]

    assert colours == [colour.lower() for colour in (ACCEPTED, WAITING, RENDERING)]


@pytest.mark.parametrize("predicted", [1.0, 60.0])
def test_the_prediction_stands_through_all_rows(predicted: float) -> None:
    """Nobody's guess falls off the chart."""
    ax = job_trace_figure(SEND, LIFE, predicted=predicted).axes[0]

    assert list(ax.get_lines()[0].get_xdata()) == [predicted] * 2
    assert ax.get_xlim()[1] > predicted


@pytest.mark.parametrize("events", [LIFE[:2], OTHER, []])
def test_a_job_without_a_pdf_is_not_drawn(events: list[JobEvent]) -> None:
    """The error says what to do."""
    with pytest.raises(UsageError, match=r"wait for it with lab.wait\(\)"):
        job_trace_figure(SEND, events)


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])
