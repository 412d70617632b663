"""What the blows of an attack did to the jobs, read off jobs.log: one that hit nothing has proved nothing.

Read next: cli/chaos.py.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pdflab.chaos.faults import FaultHit
from pdflab.jobs import Cause, JobEvent, JobState


@dataclass(frozen=True, slots=True)
class Impact:
    """What was hit. `slowest` is the longest that a job was away, in seconds; None if none came back."""

    hits: int
    returned: int
    slowest: float | None
    completed: int


def damage(events: Sequence[JobEvent], blows: Sequence[FaultHit], *, began: float, over: float) -> Impact:
    """Count blows that hit a job in hand, jobs that came back, and those completed from `began` to `over`.

    A job's way back is measured from its claim to its place in the line again: its rendering until the blow
    counts too.
    """
    away = _ways_back(events)
    return Impact(
        hits=_hits(events, blows),
        returned=len({job_id for job_id, _ in away}),
        slowest=max((seconds for _, seconds in away), default=None),
        completed=sum(event.state is JobState.COMPLETED and began <= event.at <= over for event in events),
    )


def _hits(events: Sequence[JobEvent], blows: Sequence[FaultHit]) -> int:
    """Count the blows on a worker whose last word before was that it had claimed a job."""
    words: dict[str | None, list[JobEvent]] = defaultdict(list)
    for event in events:
        words[event.worker].append(event)
    hits = 0
    for blow in blows:
        before = bisect_right(words[blow.worker], blow.at, key=lambda event: event.at) if blow.worker else 0
        hits += before > 0 and words[blow.worker][before - 1].state is JobState.PROCESSING
    return hits


def _ways_back(events: Sequence[JobEvent]) -> list[tuple[str, float]]:
    """Return each return to the line, as the job and the seconds since it was claimed."""
    claimed_at, away = {}, []
    for event in events:
        if event.state is JobState.PROCESSING:
            claimed_at[event.job_id] = event.at
        elif _came_back(event) and event.job_id in claimed_at:
            away.append((event.job_id, event.at - claimed_at[event.job_id]))
    return away


def _came_back(event: JobEvent) -> bool:
    return event.state is JobState.QUEUED and event.cause is Cause.WORKER_LOST
