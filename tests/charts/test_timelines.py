"""The charts over time show every job, every worker and every plan, and no more; one job in its steps."""

import numpy as np
import pytest
from made_up import EMPTY, queued, synchronous
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.charts import style as canvas
from pdflab.charts.timelines import draw_age, draw_jobs, draw_plan, draw_workers, job_trace_figure
from pdflab.errors import UsageError
from pdflab.jobs import JobEvent, JobState
from pdflab.load.plan import batch, burst, month_end, steady

SEND = Send("queued", "custom", 100.0, 100.0, 100.01, 202, "mine")
INSTANTS = ((JobState.QUEUED, 100.005), (JobState.PROCESSING, 103.0), (JobState.COMPLETED, 103.5))
LIFE = [JobEvent("mine", state, at, "custom") for state, at in INSTANTS]
OTHER = [
    JobEvent("other", state, at, "custom")
    for state, at in ((JobState.QUEUED, 90.0), (JobState.FAILED, 140.0))
]


def axes() -> Axes:
    return Figure().subplots()


def bars(ax: Axes) -> list[list[tuple[float, float]]]:
    """Give the ends of each bar in seconds, colour by colour."""
    found = [child for child in ax.get_children() if isinstance(child, LineCollection)]
    return [[(float(a[0]), float(b[0])) for a, b in one.get_segments()] for one in found]


def event(job_id: str, state: JobState, at: float, worker: str | None = None) -> JobEvent:
    return JobEvent(job_id, state, at, "invoice", worker=worker)


def test_every_job_is_a_line_from_asking_to_its_end() -> None:
    """It waits from its intended instant until a worker begins, and is rendered from then on."""
    ax = draw_jobs(axes(), queued(3))

    waiting, rendering = bars(ax)

    assert waiting == [(0.0, 9.0), (1.0, 10.0), (2.0, 11.0)]
    assert rendering == [(9.0, 10.0), (10.0, 11.0), (11.0, 12.0)]
    assert ax.get_title(loc="left") == "queued: 3 jobs, of which one waited 9 s"


def test_who_got_nothing_has_a_cross() -> None:
    """Two clients of five were never answered: two crosses, and their waiting goes on to the end."""
    ax = draw_jobs(axes(), synchronous(5, failed=2))

    [crosses] = ax.get_lines()

    assert crosses.get_ydata().tolist() == [4.0, 5.0]
    assert crosses.get_color() == canvas.FAILED


def test_a_worker_is_shown_busy_while_it_is() -> None:
    """One of two workers renders for 8 of 10 seconds, the other for 4."""
    events = [event("a", JobState.QUEUED, 0.0)]
    events += [event("a", JobState.PROCESSING, 2.0, "w1"), event("a", JobState.COMPLETED, 10.0, "w1")]
    events += [event("b", JobState.PROCESSING, 4.0, "w2"), event("b", JobState.FAILED, 8.0, "w2")]
    ax = draw_workers(axes(), Run("friday", "queued", events=Events.of(events)))

    assert bars(ax) == [[(2.0, 10.0), (4.0, 8.0)]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["worker 1\n80 %", "worker 2\n40 %"]
    assert ax.get_title(loc="left") == "queued: 2 workers, busy 60 % of the time"


def test_the_age_of_the_oldest_is_in_the_title() -> None:
    """A job that waited 9 seconds was nine seconds old when it was taken."""
    ax = draw_age(axes(), queued(20))

    assert max(ax.get_lines()[0].get_ydata()) == pytest.approx(8.5, abs=0.1)
    assert "waited up to 8.5 s" in ax.get_title(loc="left")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (burst(400, baseline=10.0), "at its height 400 a second, 4.0 × the capacity"),
        (month_end(60.0, rate=10.0), "at its height 322 a second, 3.2 ×"),
        (steady(50.0, seconds=10.0), "at its height 50 a second, 0.5 ×"),
    ],
    ids=("burst", "month", "steady"),
)
def test_a_plan_is_drawn_with_what_it_is_planned_to_reach(plan, words: str) -> None:
    """The title has the rate that is meant, not that of a lucky bin; the area holds every document."""
    ax = draw_plan(axes(), plan, capacity=100.0)

    assert words in ax.get_title(loc="left")
    assert ax.get_title(loc="left").startswith(f"{plan.count:,} documents")


def test_a_batch_is_drawn_too() -> None:
    """All at one instant: its one bin is as high as it is."""
    assert draw_plan(axes(), batch(500)).get_title(loc="left").startswith("500 documents")


def test_nothing_is_drawn_of_nothing() -> None:
    """An empty run gives empty axes with a title, and no error."""
    assert draw_jobs(axes(), EMPTY[0]).get_title(loc="left") == "No jobs"
    assert draw_workers(axes(), EMPTY[0]).get_title(loc="left") == "queued: 0 workers, busy – of the time"
    assert draw_age(axes(), EMPTY[0]).get_title(loc="left") == "Nothing waited"


def test_a_client_without_a_job_is_drawn_as_long_as_others_work() -> None:
    """A refused client has no rendering; its cross stands at the end of what was seen."""
    sends = [Send("queued", "custom", 0.0, 0.0, 0.1, 202, "a"), Send("queued", "custom", 1.0, 1.0, 1.1, 429)]
    events = [event("a", JobState.QUEUED, 0.1), event("a", JobState.PROCESSING, 0.2, "w")]
    run = Run(
        "q", "queued", sends=Sends.of(sends), events=Events.of([*events, event("a", JobState.COMPLETED, 5.0)])
    )

    waiting, rendering = bars(draw_jobs(axes(), run))

    np.testing.assert_allclose(waiting, [(0.0, 0.2), (1.0, 5.0)])
    assert rendering == [(0.2, 5.0)]


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

    assert colours == [colour.lower() for colour in (canvas.ACCEPTED, canvas.WAITING, canvas.RENDERING)]


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
