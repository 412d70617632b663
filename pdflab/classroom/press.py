"""A press: one request that a student's phone sends, and what became of it.

Its state at any instant follows from instants that were noted, so that a class is replayed by the same code.

Read next: pdflab/classroom/classroom.py.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median
from typing import Any

from pdflab.jobs import Endpoint, JobEvent, JobState

TIMED_OUT, REFUSED, LEFT = "timeout", "refused", "left"  # errors of a request, as in sends.jsonl


class PressState(StrEnum):
    """What a dot on the projector shows."""

    WAITING = "waiting"  # for an answer
    GAVE_UP = "gave up"  # no answer came in time, or its phone left
    REFUSED = "refused"
    QUEUED = "queued"
    RENDERING = "rendering"
    DONE = "done"
    FAILED = "failed"


OPEN = PressState.WAITING, PressState.QUEUED, PressState.RENDERING
_BY_JOB = {
    JobState.QUEUED: PressState.QUEUED,
    JobState.PROCESSING: PressState.RENDERING,
    JobState.COMPLETED: PressState.DONE,
    JobState.FAILED: PressState.FAILED,
}
_BY_ERROR = {TIMED_OUT: PressState.GAVE_UP, LEFT: PressState.GAVE_UP, REFUSED: PressState.REFUSED}


@dataclass(slots=True, eq=False)
class Press:
    """A request at an endpoint, sent `at` an instant, in epoch seconds; `student` is a number."""

    key: str
    student: int
    endpoint: Endpoint
    at: float
    job_id: str | None = None
    answered_at: float | None = None
    status: int = 0
    error: str | None = None
    events: list[JobEvent] = field(default_factory=list)

    def state(self, now: float) -> PressState:
        """Return its state at an instant."""
        answered = self.answered_at is not None and self.answered_at <= now
        if answered and self.error:
            return _BY_ERROR.get(self.error, PressState.FAILED)
        job = self.event(now)
        if self.endpoint == Endpoint.SYNCHRONOUS:
            rendering = job is not None and job.state is JobState.PROCESSING
            waiting = PressState.RENDERING if rendering else PressState.WAITING
            return PressState.DONE if answered else waiting
        return (
            _BY_JOB[job.state] if job and answered else PressState.QUEUED if answered else PressState.WAITING
        )

    def event(self, now: float) -> JobEvent | None:
        """Return the last event of its job by an instant."""
        return next((event for event in reversed(self.events) if event.at <= now), None)

    def ended_at(self) -> float | None:
        """Return when its student had the PDF; None while there is none."""
        if self.endpoint == Endpoint.SYNCHRONOUS:
            return self.answered_at if self.status == 200 and not self.error else None
        at = next((event.at for event in self.events if event.state is JobState.COMPLETED), None)
        return None if at is None else max(at, self.answered_at or at)  # a job may overtake its answer

    def is_for_nobody(self, now: float) -> bool:
        """Return whether its PDF was rendered, or is, after its client went away."""
        gone = self.error in (TIMED_OUT, LEFT) and self.answered_at is not None and self.answered_at <= now
        return gone and self.event(now) is not None

    def seconds(self, now: float) -> float:
        """Return how long its student has waited, or waited in all."""
        ended = self.answered_at if self.error else self.ended_at()
        return max(0.0, (now if ended is None else min(ended, now)) - self.at)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the class sees in numbers at an instant; durations in seconds, None while nothing has ended."""

    presses: int
    states: dict[str, int]
    longest: float  # of those who wait for an answer or a PDF
    in_time: int  # PDFs within the patience
    late: int
    for_nobody: int
    answer_median: float | None
    pdf_median: float | None
    students: int  # who pressed
    without: int  # of them, those who have no PDF and wait for none
    middle: float | None  # the middle student's wait, from the first press; None while open, or without a PDF
    pdf_last: float | None  # from the first press to the last PDF so far


def figures(presses: Collection[Press], now: float, *, patience: float) -> Figures:
    """Return the figures of some presses at an instant."""
    states = [press.state(now) for press in presses]
    waits = [press.seconds(now) for press, state in zip(presses, states, strict=True) if state in OPEN]
    ended = [(press, at) for press in presses if (at := press.ended_at()) is not None and at <= now]
    in_time = sum(at - press.at <= patience for press, at in ended)
    answered = [
        press.answered_at - press.at
        for press in presses
        if press.answered_at is not None and press.answered_at <= now and press.status in (200, 202)
    ]
    first = min((press.at for press in presses), default=now)
    return Figures(
        presses=len(states),
        states={state.value: states.count(state) for state in PressState},
        longest=max(waits, default=0.0),
        in_time=in_time,
        late=len(ended) - in_time,
        for_nobody=sum(press.is_for_nobody(now) for press in presses),
        answer_median=median(answered) if answered else None,
        pdf_median=median(at - press.at for press, at in ended) if ended else None,
        **_students(presses, now),
        pdf_last=max(at for _, at in ended) - first if ended else None,
    )


def _students(presses: Collection[Press], now: float) -> dict[str, Any]:
    """Return how the students fared, whatever the number of requests that each needed."""
    by_student: dict[int, list[Press]] = {}
    for press in presses:
        by_student.setdefault(press.student, []).append(press)
    waits, without = [], 0
    for its in by_student.values():
        done = [at for press in its if (at := press.ended_at()) is not None and at <= now]
        if done:
            waits.append(min(done) - min(press.at for press in its))
        else:
            without += all(press.state(now) not in OPEN for press in its)
    place = (len(by_student) - 1) // 2
    middle = sorted(waits)[place] if 0 <= place < len(waits) else None
    return {"students": len(by_student), "without": without, "middle": middle}
