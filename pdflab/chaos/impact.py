"""The impact of faults on jobs, read from jobs.log: a fault without a hit proves nothing.

Read next: pdflab/chaos/background_load.py.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pdflab.chaos.faults import FaultHit
from pdflab.jobs import Cause, JobEvent, JobState


@dataclass(frozen=True, slots=True)
class Impact:
    """What was hit. `slowest` is the longest redelivery of a job, in seconds; None if there was none."""

    hits: int
    returned: int
    slowest: float | None
    completed: int


def measure_impact(
    events: Sequence[JobEvent], hits: Sequence[FaultHit], *, began: float, over: float
) -> Impact:
    """Count faults that hit a claimed job, jobs that came back, and those completed from `began` to `over`.

    A return lasts from the claim until the job is queued again, with its rendering before the fault.
    """
    returns = _returns(events)
    return Impact(
        hits=_count_hits(events, hits),
        returned=len({job_id for job_id, _ in returns}),
        slowest=max((seconds for _, seconds in returns), default=None),
        completed=sum(event.state is JobState.COMPLETED and began <= event.at <= over for event in events),
    )


def _count_hits(events: Sequence[JobEvent], hits: Sequence[FaultHit]) -> int:
    """Count the faults that hit a worker whose previous event was a claim."""
    of_worker: dict[str | None, list[JobEvent]] = defaultdict(list)
    for event in events:
        of_worker[event.worker].append(event)
    count = 0
    for hit in hits:
        found = of_worker[hit.worker] if hit.worker else []
        before = bisect_right(found, hit.at, key=lambda event: event.at)
        count += before > 0 and found[before - 1].state is JobState.PROCESSING
    return count


def _returns(events: Sequence[JobEvent]) -> list[tuple[str, float]]:
    """Return the id of each job that was queued again, and the seconds since its claim."""
    claimed_at, returns = {}, []
    for event in events:
        if event.state is JobState.PROCESSING:
            claimed_at[event.job_id] = event.at
        elif _came_back(event) and event.job_id in claimed_at:
            returns.append((event.job_id, event.at - claimed_at[event.job_id]))
    return returns


def _came_back(event: JobEvent) -> bool:
    return event.state is JobState.QUEUED and event.cause is Cause.WORKER_LOST
