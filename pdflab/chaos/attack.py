"""An attack on a private lab: send documents while injecting faults, then audit everything.

Read next: pdflab/chaos/faults.py.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from pdflab.audit import Audit, audit
from pdflab.chaos.faults import NEED_A_SERVER, FaultHit, FaultKind, inject, plan
from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable, require
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState
from pdflab.lab import Lab
from pdflab.load.launcher import LoadThread
from pdflab.load.plan import burst
from pdflab.settings import Settings

_LEASE = 1.5  # seconds: short, so that it often runs out
_TIMEOUT = {"reliable": 12.0, "naive": 3.0}  # seconds without an event: a retry may take 6, or never comes
_LINES = 300  # per document: rendering takes some 50 ms, which limits the number of answers
_WAITING_PER_WORKER = 20  # jobs: the queue lasts while the API is frozen
_MAX_BURST = 20  # documents: small bursts, so that faults hit requests too
_MAX_IN_FLIGHT = 3  # bursts, while the API is frozen: they must be served after the attack
_SEEDS = 100_000  # for the documents of one attack


@dataclass(frozen=True, slots=True)
class Impact:
    """What the faults hit. `slowest_return_s` is the longest redelivery of a job; None if there was none."""

    hits: int
    completed_meanwhile: int
    returned: int
    slowest_return_s: float | None


def attack(
    settings: Settings, seconds: float, seed: int, *, naive: bool, on_fault: Callable[[float, str], object]
) -> tuple[dict[str, Any], Audit]:
    """Attack a private lab under load, and audit it. Raises UsageError.

    Return the figures, by the keys of `pdflab chaos --json`, and the audit. `on_fault` gets the seconds since
    the start and a description. Naive workers meet the same faults except the storage outage, because they
    bypass the folder that it blocks.
    """
    require(5 <= seconds <= 600, "--seconds must be between 5 and 600.")
    require(seed >= 0, "--seed must be 0 or more.")
    private = replace(settings, redis_url=None, storage=None, log=None, lease=_LEASE, appendfsync="always")
    worker, workers = "naive" if naive else "reliable", private.workers
    lab = Lab(worker=worker, workers=workers, folder=private.folder, settings=private)
    lab.start(fresh=True)
    with lab:
        skipped = NEED_A_SERVER if lab.broker.embedded else frozenset[FaultKind]()
        kinds = frozenset(FaultKind) - skipped - ({FaultKind.OUTAGE} if naive else set())
        faults = plan(seed, seconds=seconds, lease=_LEASE, kinds=kinds)
        load, redis = _BackgroundLoad(lab, seed), lab.redis
        load.top_up()
        wait_until(lambda: bool(lab.sends()), _TIMEOUT[worker])
        began = time.time()
        hits = inject(lab, faults, on_hit=on_fault, on_poll=load.top_up)
        over = time.time()
        load.wait()
        _await_endings(lab)
        fenced = lab.stats().fenced
    figures = {"worker": worker, "workers": workers, "seconds": seconds, "seed": seed, "redis": redis}
    times, sends, events, verdict = (
        Counter(h.kind for h in hits),
        lab.sends(),
        lab.events(),
        audit(lab.settings),
    )
    figures |= {f"{kind}s": times[kind] for kind in FaultKind} | {"skipped": sorted(skipped)}
    figures |= asdict(measure_impact(events, hits, began=began, over=over)) | final_counts(verdict)
    unheard = {event.job_id for event in events} - {send.job_id for send in sends if send.accepted}
    figures |= {"sent": len(sends), "unheard": len(unheard), "fenced": fenced, "audit": verdict.summary}
    return figures, verdict


def final_counts(verdict: Audit) -> dict[str, int]:
    """Return the counts of the audit. After the attack no event can come, so that an open job is lost."""
    counts = asdict(verdict.counts)
    return counts | {"open": 0, "lost": counts["lost"] + counts["open"]}


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


class _BackgroundLoad:
    """Keeps jobs waiting in a lab's queue, however fast its workers are.

    A fixed rate would flood a slow machine, and leave a fast one idle, so that faults hit no claimed job.
    """

    def __init__(self, lab: Lab, seed: int) -> None:
        self._lab = lab
        self._loads: list[LoadThread] = []
        self._seeds = count(seed * _SEEDS)

    def top_up(self) -> None:
        """Start to send what is missing in the queue, unless several bursts are unanswered."""
        self._loads = [load for load in self._loads if load.poll() is None]
        missing = missing_jobs(self._lab)
        if missing > 0 and len(self._loads) < _MAX_IN_FLIGHT:
            plan = burst(missing, seconds=0.25, seed=next(self._seeds))
            target = self._lab.target(Endpoint.QUEUED)
            load = LoadThread(replace(plan, lines=_LINES), target, self._lab.settings)
            load.start()
            self._loads.append(load)

    def wait(self) -> None:
        """Wait until every request is answered."""
        for load in self._loads:
            load.wait()


def missing_jobs(lab: Lab) -> int:
    """Return how many jobs to add; 1 while Redis is unavailable, to attack requests, too."""
    try:
        waiting = lab.stats().queued
    except BrokerUnavailable:
        return 1
    return min(_MAX_BURST, _WAITING_PER_WORKER * lab.settings.workers - waiting)


def _await_endings(lab: Lab) -> None:
    """Wait until every job has ended, or until no event has come for too long."""

    def has_ended() -> bool:
        with suppress(TimeoutError, BrokerUnavailable):
            lab.wait(1.0)
            return True
        return False

    events = len(lab.events())
    while not wait_until(has_ended, _TIMEOUT[lab.worker]) and len(lab.events()) > events:
        events = len(lab.events())


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
