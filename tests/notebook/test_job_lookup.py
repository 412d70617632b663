"""One job is seen from outside: in jobs.log, and as a picture of where its time went."""

from collections.abc import Iterator

import pytest

from pdflab.analysis.run import Send
from pdflab.charts.job_trace import job_trace_figure
from pdflab.charts.style import ACCEPTED, RENDERING, WAITING
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.lab import Lab
from pdflab.notebook.job_lookup import log_lines, table

SEND = Send("queued", "custom", 100.0, 100.0, 100.01, 202, "mine")
INSTANTS = ((JobState.QUEUED, 100.005), (JobState.PROCESSING, 103.0), (JobState.COMPLETED, 103.5))
LIFE = [JobEvent("mine", state, at, "custom") for state, at in INSTANTS]
OTHER = [
    JobEvent("other", state, at, "custom")
    for state, at in ((JobState.QUEUED, 90.0), (JobState.FAILED, 140.0))
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(mode="threads") as lab:
        yield lab


def test_a_jobs_own_lines_are_found_in_the_log(lab: Lab) -> None:
    """As they stand there, each an event."""
    lab.custom(title="Another", text="In between.")
    job_id = lab.custom(title="Hello", text="From the queue.")
    lab.wait()

    events = [JobEvent.from_json(line) for line in log_lines(lab, job_id)]

    assert events == [event for event in lab.events() if event.job_id == job_id]
    assert len(events) == 3


def test_a_table_has_a_line_for_each_field_that_says_something() -> None:
    """Names of one width; a list under its first item; what is not yet is left out."""
    fields = {"state": "FAILED", "reason": None, "errors": 0, "history": [{"at": 1.5, "state": "QUEUED"}] * 2}
    fields |= {"result": {"pages": 3, "missing_glyphs": []}}

    assert table(fields).splitlines() == [
        "state    FAILED",
        "history  at 1.5  state QUEUED",
        "         at 1.5  state QUEUED",
        "result   pages 3",
    ]
    assert table({}) == ""


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
