"""What became of jobs is counted from the answers that clients had, and drawn as it is."""

import pytest

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.charts import style as canvas
from pdflab.charts.failures import (
    harm_figure,
    lost_jobs,
    redelivered_jobs,
    redelivery_figure,
    seconds_silent,
)
from pdflab.jobs import Endpoint, JobEvent, JobState

WORDS = {"Q": JobState.QUEUED, "P": JobState.PROCESSING, "C": JobState.COMPLETED, "F": JobState.FAILED}


def reported(job_id: str, status: int = 202) -> Send:
    return Send("queued", "invoice", 0.0, 0.0, 0.5, status, job_id if status == 202 else None)


def story(job_id: str, *steps: tuple[str, float]) -> list[JobEvent]:
    """A job's events from letters and instants; each claim counts as an attempt."""
    attempts, events = 0, []
    for letter, at in steps:
        attempts += letter == "P"
        events.append(JobEvent(job_id, WORDS[letter], at, "invoice", attempt=attempts))
    return events


def run_of(events: list[JobEvent], sends: list[Send] = []) -> Run:  # noqa: B006
    return Run("", Endpoint.QUEUED, sends=Sends.of(sends), events=Events.of(events))


STRAIGHT = story("a", ("Q", 0), ("P", 10), ("C", 10.1))
STUCK = story("b", ("Q", 0), ("P", 10))
BACK = story("c", ("Q", 0), ("P", 10), ("Q", 13.4), ("P", 13.5), ("C", 13.6))
TWICE_BACK = story("d", ("Q", 0), ("P", 20), ("Q", 23.1), ("P", 24), ("Q", 27.9), ("P", 28), ("F", 28.2))


def test_a_job_is_lost_when_its_client_had_a_yes_and_no_ending_came() -> None:
    """What was refused is no loss, and what somebody else asked for does not count."""
    sends = [reported("a"), reported("b"), reported("", 429)]

    assert lost_jobs(run_of([*STRAIGHT, *STUCK, *BACK], sends)) == 1


def test_a_job_with_a_reason_for_its_failure_is_not_lost() -> None:
    """FAILED is an ending too."""
    assert lost_jobs(run_of(TWICE_BACK, [reported("d")])) == 0


def test_who_was_taken_twice_has_come_back() -> None:
    """In the order of the second claim, each once."""
    assert redelivered_jobs([*STRAIGHT, *BACK, *STUCK, *TWICE_BACK]) == ["c", "d"]


def test_the_bars_are_the_counts_beside_the_prediction() -> None:
    """One for each type of worker; the title is the finding."""
    ax = harm_figure({"no key": 5, "key": 0}, "second e-mails", predicted=2.0).axes[0]

    assert [bar.get_width() for bar in ax.patches] == [5, 0]
    assert ax.get_title(loc="left") == "no key: 5 second e-mails; key: no second e-mails"
    [predicted] = ax.get_lines()
    assert list(predicted.get_xdata()) == [2.0, 2.0]
    assert predicted.get_color() == canvas.PREDICTED


@pytest.mark.parametrize("predicted", [0, 20, 900])
def test_a_prediction_at_the_edge_or_beyond_is_still_seen(predicted: float) -> None:
    """The axis is that of the prediction, or longer."""
    low, high = harm_figure({"BRPOP": 5}, "jobs lost", predicted=predicted).axes[0].get_xlim()

    assert low < predicted < high
    assert high > 20


def test_silences_are_counted_in_seconds() -> None:
    """Each from its claim to the return of its job."""
    assert seconds_silent(run_of([*STRAIGHT, *BACK, *TWICE_BACK])) == pytest.approx([3.4, 3.1, 3.9])


def test_a_life_shows_how_long_a_silent_worker_held_the_job() -> None:
    """A bar from the first claim to the return, a dot at the ending, a line at the lease."""
    ax = redelivery_figure(run_of([*STRAIGHT, *BACK]), lease=3.0, predicted=(1.0, 9.0)).axes[0]

    bar, predicted = ax.patches
    dot, lease = ax.get_lines()
    assert (bar.get_x(), bar.get_width()) == (0.0, pytest.approx(3.4))
    assert list(dot.get_xdata()) == [pytest.approx(3.6)]
    assert list(lease.get_xdata()) == [3.0, 3.0]
    assert (predicted.get_x(), predicted.get_width()) == (1.0, 8.0)
    assert ax.get_title(loc="left") == "1 job came back after 3.4 s, and has ended"


def test_a_job_that_came_back_twice_has_two_bars() -> None:
    """Each silence counts from its own claim."""
    ax = redelivery_figure(run_of([*BACK, *TWICE_BACK]), lease=3.0, predicted=(1.0, 9.0)).axes[0]

    assert [bar.get_width() for bar in ax.patches[:3]] == pytest.approx([3.4, 3.1, 3.9])
    assert [bar.get_x() for bar in ax.patches[:3]] == pytest.approx([0, 0, 4])
    assert ax.get_title(loc="left") == "2 jobs came back after 3.1 to 3.9 s, and all have ended"


def test_a_job_that_is_still_out_has_no_dot() -> None:
    """The title says that it has not ended."""
    ax = redelivery_figure(run_of(BACK[:-1]), lease=3.0, predicted=(1.0, 9.0)).axes[0]

    assert len(ax.get_lines()) == 1
    assert ax.get_title(loc="left") == "1 job came back after 3.4 s, and has not ended"


def test_where_nothing_failed_the_picture_says_so() -> None:
    """An empty chart is not an error."""
    assert (
        redelivery_figure(run_of(STRAIGHT), lease=3.0, predicted=(1.0, 9.0)).axes[0].get_title(loc="left")
        == "No job had to come back"
    )
