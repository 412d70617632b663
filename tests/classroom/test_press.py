"""A press: its state, its wait and the figures of a class follow from instants alone."""

import pytest

from pdflab.classroom.press import LEFT, REFUSED, TIMED_OUT, Press, PressState, figures
from pdflab.jobs import Endpoint, JobEvent, JobState

AT, JOB = 1_000.0, "a" * 32
QUEUED, PROCESSING, COMPLETED, FAILED = JobState


def queued(*events: tuple[JobState, float], answered_at: float | None = AT + 0.1) -> Press:
    press = Press("1-a", 1, Endpoint.QUEUED, AT, JOB, answered_at, 202)
    press.events += [JobEvent(JOB, state, at, "report") for state, at in events]
    return press


def synchronous(*events: tuple[JobState, float], **fields: object) -> Press:
    press = Press("1-a", 1, Endpoint.SYNCHRONOUS, AT, JOB, **fields)  # type: ignore[arg-type]
    press.events += [JobEvent(JOB, state, at, "report") for state, at in events]
    return press


@pytest.mark.parametrize(
    ("after", "state", "waited"),
    [
        (0.05, PressState.WAITING, 0.05),
        (0.3, PressState.QUEUED, 0.3),
        (1.5, PressState.RENDERING, 1.5),
        (2.5, PressState.QUEUED, 2.5),
        (4.0, PressState.DONE, 4.0),
        (9.0, PressState.DONE, 4.0),
    ],
)
def test_a_queued_press_is_what_its_last_event_says(after: float, state: PressState, waited: float) -> None:
    """Also when its first worker died, and the job came back."""
    press = queued(
        (QUEUED, AT), (PROCESSING, AT + 1), (QUEUED, AT + 2), (PROCESSING, AT + 3), (COMPLETED, AT + 4)
    )

    assert (press.state(AT + after), press.seconds(AT + after)) == (state, pytest.approx(waited))


def test_a_job_that_overtakes_its_answer_ends_with_it() -> None:
    """A phone has a PDF only once it knows that it has a job."""
    press = queued((QUEUED, AT), (PROCESSING, AT + 0.1), (COMPLETED, AT + 0.2), answered_at=AT + 1)

    assert [press.state(AT + after) for after in (0.5, 1.0)] == [PressState.WAITING, PressState.DONE]
    assert (press.ended_at(), figures([press], AT + 0.5, patience=10).in_time) == (AT + 1, 0)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (TIMED_OUT, PressState.GAVE_UP),
        (LEFT, PressState.GAVE_UP),
        (REFUSED, PressState.REFUSED),
        ("connection", PressState.FAILED),
    ],
)
def test_a_press_waits_until_the_instant_of_its_error(error: str, state: PressState) -> None:
    """Before it, its state and its wait are those of one that waits: a replay shows that instant, too."""
    press = synchronous(answered_at=AT + 10, error=error)

    assert (press.state(AT + 4), press.seconds(AT + 4)) == (PressState.WAITING, 4.0)
    assert (press.state(AT + 60), press.seconds(AT + 60)) == (state, 10.0)
    assert figures([press], AT + 4, patience=10).longest == 4.0


def test_a_pdf_is_for_nobody_once_its_client_has_gone() -> None:
    """One that nobody has begun to render is not counted, and one that is waited for neither."""
    press = synchronous((PROCESSING, AT + 5), (COMPLETED, AT + 6), answered_at=AT + 2, error=LEFT)

    assert [press.is_for_nobody(AT + after) for after in (1, 3, 5, 9)] == [False, False, True, True]
    assert not synchronous((PROCESSING, AT + 1), answered_at=AT + 2, status=200).is_for_nobody(AT + 9)


def test_a_synchronous_press_renders_and_is_done_with_its_answer() -> None:
    """The end of the rendering is not yet the answer."""
    press = synchronous((PROCESSING, AT + 1), (COMPLETED, AT + 2), answered_at=AT + 3, status=200)

    states = [press.state(AT + after) for after in (0.5, 1.5, 3.0)]
    assert states == [PressState.WAITING, PressState.RENDERING, PressState.DONE]
    assert press.ended_at() == AT + 3


def test_a_failed_job_has_no_pdf() -> None:
    """It is counted among the states, and in no wait."""
    seen = figures([queued((QUEUED, AT), (FAILED, AT + 1))], AT + 2, patience=10)

    assert (seen.states["failed"], seen.in_time, seen.pdf_median, seen.longest) == (1, 0, None, 0.0)


def test_the_figures_of_nobody_are_empty() -> None:
    """Before the first press, no figure is made up."""
    seen = figures([], AT, patience=10)

    assert (seen.presses, seen.longest, seen.answer_median, seen.pdf_last) == (0, 0.0, None, None)


def test_a_pdf_after_the_patience_is_late() -> None:
    """The patience counts from the press, and the last PDF from the first press."""
    presses = [queued((QUEUED, AT), (COMPLETED, AT + end)) for end in (1, 10, 11)]

    seen = figures(presses, AT + 20, patience=10)
    assert (seen.in_time, seen.late, seen.pdf_median, seen.pdf_last) == (2, 1, 10.0, 11.0)
