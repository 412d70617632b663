"""The impact of faults on jobs, read from jobs.log: a fault without a hit proves nothing.

Read next: pdflab/audit.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pdflab.chaos.faults import FaultHit
from pdflab.jobs import Cause, JobEvent, JobState


@dataclass(frozen=True, slots=True)
class Impact:
    """What was hit. `slowest_return_s` is the longest redelivery of a job; None if there was none."""

    hits: int
    completed_meanwhile: int
    returned: int
    slowest_return_s: float | None


def measure_impact(
    events: Sequence[JobEvent], hits: Sequence[FaultHit], *, began: float, over: float
) -> Impact:
    """Count faults that hit a claimed job, jobs that came back, and those completed from `began` to `over`.

    A return lasts from the claim until the job is queued again, with its rendering before the fault.
    """
    completed = (event for event in events if event.state is JobState.COMPLETED)
    returns = _returns(events)
    return Impact(
        hits=sum(_hit_a_job(hit, events) for hit in hits),
        completed_meanwhile=sum(began <= event.at <= over for event in completed),
        returned=len({job_id for job_id, _ in returns}),
        slowest_return_s=max((seconds for _, seconds in returns), default=None),
    )


def _hit_a_job(hit: FaultHit, events: Sequence[JobEvent]) -> bool:
    """Return whether the worker's last event before the fault was a claim."""
    before = [event for event in events if event.worker == hit.worker and event.at <= hit.at]
    return bool(before) and before[-1].state is JobState.PROCESSING


def _returns(events: Sequence[JobEvent]) -> list[tuple[str, float]]:
    """Return the id of each job that was queued again, and the seconds since its claim."""
    claimed_at, returns = {}, []
    for event in events:
        came_back = event.state is JobState.QUEUED and event.cause is Cause.WORKER_LOST
        if event.state is JobState.PROCESSING:
            claimed_at[event.job_id] = event.at
        elif came_back and event.job_id in claimed_at:
            returns.append((event.job_id, event.at - claimed_at[event.job_id]))
    return returns
