"""What the faults did to the jobs, read off their events.

Read next: pdflab/chaos/faults.py.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pdflab.chaos.faults import JUMPS, FaultHit, FaultKind
from pdflab.jobs import Cause, JobEvent, JobState


@dataclass(frozen=True, slots=True)
class Impact:
    """What the faults hit, and how many jobs ended because their records had been evicted.

    `slowest_return` is the longest redelivery of a job, from the kill of its worker, in leases; None if there
    was none.
    """

    hits: int
    completed_meanwhile: int
    returned: int
    evicted: int
    slowest_return: float | None


def measure_impact(
    logged: Sequence[JobEvent], hits: Sequence[FaultHit], *, began: float, over: float, lease: float
) -> Impact:
    """Count faults that hit a claimed job, and jobs that came back or were completed, `began` to `over`."""
    events = list(without_jumps(logged, began))
    killed_at = {hit.worker: hit.at for hit in hits if hit.kind is FaultKind.KILL}
    returns = [e for e in events if e.state is JobState.QUEUED and e.cause is Cause.WORKER_LOST]
    slowest = max((e.at - killed_at[e.worker] for e in returns if e.worker in killed_at), default=None)
    return Impact(
        hits=sum(_hit_a_job(hit, events) for hit in hits),
        completed_meanwhile=sum(began <= e.at <= over for e in events if e.state is JobState.COMPLETED),
        returned=len({event.job_id for event in returns}),
        evicted=sum(event.state.is_ending and event.cause is Cause.RECORD_LOST for event in events),
        slowest_return=None if slowest is None else slowest / lease,
    )


def without_jumps(events: Iterable[JobEvent], at: float) -> Iterator[JobEvent]:
    """Yield events with their true instants: the clock of Redis was right, or off by one of JUMPS.

    The first event was at about `at`, and each following one soon after the one before.
    """
    for event in events:
        true = min((event.at - float(off) for off in ("0", *JUMPS)), key=lambda one: abs(one - at))
        yield (event := replace(event, at=true))
        at = event.at


def _hit_a_job(hit: FaultHit, events: Sequence[JobEvent]) -> bool:
    """Return whether the worker's last event before the fault was a claim."""
    before = [event for event in events if event.worker == hit.worker and event.at <= hit.at]
    return bool(before) and before[-1].state is JobState.PROCESSING
