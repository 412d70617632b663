"""What became of jobs is counted from the answers that clients had, and drawn as it is."""

import pytest

from pdflab.analysis.run import Send
from pdflab.charts import style as canvas
from pdflab.charts.failures import (
    JobOutcomes,
    count_outcomes,
    outcomes_figure,
    redelivered_jobs,
    redelivery_figure,
)
from pdflab.jobs import JobEvent, JobState

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


STRAIGHT = story("a", ("Q", 0), ("P", 10), ("C", 10.1))
STUCK = story("b", ("Q", 0), ("P", 10))
BACK = story("c", ("Q", 0), ("P", 10), ("Q", 13.4), ("P", 13.5), ("C", 13.6))
TWICE_BACK = story("d", ("Q", 0), ("P", 20), ("Q", 23.1), ("P", 24), ("Q", 27.9), ("P", 28), ("F", 28.2))


def test_a_job_is_lost_when_its_client_had_a_yes_and_no_ending_came() -> None:
    """What was refused is no loss, and what somebody else asked for does not count."""
    sends = [reported("a"), reported("b"), reported("", 429)]

    found = count_outcomes(sends, [*STRAIGHT, *STUCK, *BACK])

    assert found == JobOutcomes(accepted=2, ended=1)
    assert found.lost == 1


def test_a_job_with_a_reason_for_its_failure_is_not_lost() -> None:
    """FAILED is an ending too."""
    assert count_outcomes([reported("d")], TWICE_BACK).lost == 0


def test_who_was_taken_twice_has_come_back() -> None:
    """In the order of the second claim, each once."""
    assert redelivered_jobs([*STRAIGHT, *BACK, *STUCK, *TWICE_BACK]) == ["c", "d"]


def test_the_bars_are_the_counts_in_the_colours_of_every_chart() -> None:
    """Accepted light, ended dark, lost black; the title says how many."""
    ax = outcomes_figure(naive=JobOutcomes(300, 295)).axes[0]

    assert [bar.get_width() for bar in ax.patches] == [300, 295, 5]
    colours = [canvas.ACCEPTED, canvas.COLOURS["queued"], canvas.FAILED]
    assert [charts_hex(bar.get_facecolor()) for bar in ax.patches] == [colour.lower() for colour in colours]
    assert ax.get_title(loc="left") == "Naive workers lost 5 of 300"


def test_both_kinds_of_worker_stand_side_by_side_on_one_scale() -> None:
    """The prediction was about the naive ones, and is drawn there alone."""
    naive, reliable = outcomes_figure(
        naive=JobOutcomes(300, 295), reliable=JobOutcomes(240, 240), predicted=20.0
    ).axes

    assert naive.get_xlim() == reliable.get_xlim()
    assert reliable.get_title(loc="left") == "Reliable workers lost none of 240"
    assert [list(line.get_xdata()) for line in naive.get_lines()] == [[20.0, 20.0]]
    assert naive.get_lines()[0].get_color() == canvas.PREDICTED
    assert not reliable.get_lines()


def test_a_prediction_beyond_all_jobs_is_still_seen() -> None:
    """Nobody's guess falls off the chart."""
    assert outcomes_figure(naive=JobOutcomes(300, 295), predicted=900).axes[0].get_xlim()[1] > 900


def test_a_life_shows_how_long_a_silent_worker_held_the_job() -> None:
    """A bar from the first claim to the return, a dot at the ending, a line at the lease."""
    ax = redelivery_figure([*STRAIGHT, *BACK], lease=3.0).axes[0]

    [bar] = ax.patches
    dot, lease = ax.get_lines()
    assert (bar.get_x(), bar.get_width()) == (0.0, pytest.approx(3.4))
    assert list(dot.get_xdata()) == [pytest.approx(3.6)]
    assert list(lease.get_xdata()) == [3.0, 3.0]
    assert ax.get_title(loc="left") == "1 job came back after 3.4 s, and has ended"


def test_a_job_that_came_back_twice_has_two_bars() -> None:
    """Each silence counts from its own claim."""
    ax = redelivery_figure([*BACK, *TWICE_BACK], lease=3.0).axes[0]

    assert [bar.get_width() for bar in ax.patches] == pytest.approx([3.4, 3.1, 3.9])
    assert [bar.get_x() for bar in ax.patches] == pytest.approx([0, 0, 4])
    assert ax.get_title(loc="left") == "2 jobs came back after 3.1 to 3.9 s, and all have ended"


def test_a_job_that_is_still_out_has_no_dot() -> None:
    """The title says that it has not ended."""
    ax = redelivery_figure(BACK[:-1], lease=3.0).axes[0]

    assert len(ax.get_lines()) == 1
    assert ax.get_title(loc="left") == "1 job came back after 3.4 s, and has not ended"


def test_where_nothing_failed_the_picture_says_so() -> None:
    """An empty chart is not an error."""
    assert redelivery_figure(STRAIGHT, lease=3.0).axes[0].get_title(loc="left") == "No job had to come back"


def charts_hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour[:3])
