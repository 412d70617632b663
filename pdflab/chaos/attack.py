"""An attack on a private lab: send documents while injecting faults, then audit everything.

Read next: pdflab/chaos/faults.py.
"""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

from pdflab.audit import Audit, audit
from pdflab.chaos.faults import JUMPS, NEED_A_SERVER, FaultHit, FaultKind, OnHit, inject, plan
from pdflab.chaos.surroundings import clock_wrapper, own_disk, tidy_shared_memory
from pdflab.child_process import wait_until
from pdflab.errors import BrokerUnavailable, require
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState
from pdflab.lab import Lab
from pdflab.load.launcher import LoadThread
from pdflab.load.plan import burst
from pdflab.settings import Settings

_LEASE = 1.5  # seconds: short, so that it often runs out
_TIMEOUT = {"reliable": 12.0, "naive": 3.0}  # seconds without an event: a retry may take 6, or never comes
_LINES, _HARD_LINES = 300, 100  # per document: rendering takes some 50 or 20 ms
_RATE, _HARD_RATE = 1_000.0, 10_000 / 600  # documents a second, at most
_WAITING_PER_WORKER = 20  # jobs: the queue lasts while the API is frozen
_MAX_BURST = 20  # documents: small bursts, so that faults hit requests too
_CLOCK = "redis-clock"
_MAX_IN_FLIGHT = 3  # bursts, while the API is frozen: they must be served after the attack
_SEEDS = 100_000  # for the documents of one attack
_NOT_NAIVE = frozenset({FaultKind.OUTAGE, FaultKind.FILL, FaultKind.EVICTION})


def attack(
    settings: Settings, seconds: float, seed: int, *, naive: bool, hard: bool, on_fault: OnHit
) -> tuple[dict[str, Any], Audit]:
    """Attack a private lab under load, and audit it. Raises UsageError.

    Return the figures, by the keys of `pdflab chaos --json`, and the audit. `on_fault` gets the seconds since
    the start and a description. Naive workers meet the same faults except those of the storage, because they
    bypass the folder that it blocks, and evictions, which their steps do not survive.
    """
    require(5 <= seconds <= 600, "--seconds must be between 5 and 600.")
    require(seed >= 0, "--seed must be 0 or more.")
    with _lab_to_attack(settings, "naive" if naive else "reliable") as (lab, outside):
        skipped = _impossible(lab) | (_NOT_NAIVE if naive else frozenset())
        kinds = frozenset(FaultKind) - skipped
        faults = plan(seed, seconds=seconds, lease=_LEASE, kinds=kinds, hard=hard)
        load = _BackgroundLoad(lab, seed, outside, hard=hard)
        load.top_up()
        wait_until(lambda: bool(lab.events()), _TIMEOUT[lab.worker])
        began = time.time()
        hits = inject(lab, faults, outside / _CLOCK, on_fault, load.top_up)
        over = time.time()
        on_fault(over - began, "no more faults; waiting until every job has ended")
        wait_until(lambda: not hard or load.top_up() >= seconds * _HARD_RATE, 2 * seconds)
        load.wait()
        _await_endings(lab)
        about = {"worker": lab.worker, "workers": lab.settings.workers, "seconds": seconds, "seed": seed}
        about |= {"redis": lab.redis, "skipped": sorted(skipped)}
        fenced = lab.stats().fenced
    sends, events, verdict = lab.sends(), lab.events(), audit(lab.settings)
    times = Counter(hit.kind for hit in hits)
    figures: dict[str, Any] = about | {f"{kind}s": times[kind] for kind in FaultKind} | final_counts(verdict)
    figures |= measure_impact(events, hits, began, over)
    figures["fenced"] = max(0, fenced - figures["evicted"])  # the worker of an evicted job is refused, too
    unheard = {event.job_id for event in events} - {send.job_id for send in sends if send.accepted}
    return figures | {"sent": len(sends), "unheard": len(unheard), "audit": verdict.summary}, verdict


def final_counts(verdict: Audit) -> dict[str, int]:
    """Return the counts of the audit. After the attack no event can come, so that an open job is lost."""
    counts = asdict(verdict.counts)
    return counts | {"open": 0, "lost": counts["lost"] + counts["open"]}


def measure_impact(
    logged: Sequence[JobEvent], hits: Sequence[FaultHit], began: float, over: float
) -> dict[str, float | None]:
    """Count faults that hit a claimed job, and jobs that came back, were evicted, or ended during the attack.

    `slowest_return` is the longest redelivery, from the kill of the worker, in leases; None without one.
    """
    events = list(without_jumps(logged, began))
    killed_at = {hit.worker: hit.at for hit in hits if hit.kind is FaultKind.KILL}
    returns = [e for e in events if e.state is JobState.QUEUED and e.cause is Cause.WORKER_LOST]
    slowest = max((e.at - killed_at[e.worker] for e in returns if e.worker in killed_at), default=None)
    return {
        "hits": sum(_hit_a_job(hit, events) for hit in hits),
        "completed_meanwhile": sum(began <= e.at <= over for e in events if e.state is JobState.COMPLETED),
        "returned": len({event.job_id for event in returns}),
        "evicted": sum(event.state.is_ending and event.cause is Cause.RECORD_LOST for event in events),
        "slowest_return": None if slowest is None else slowest / _LEASE,
    }


def without_jumps(events: Iterable[JobEvent], at: float) -> Iterator[JobEvent]:
    """Yield events with their true instants: the clock of Redis was right, or off by one of JUMPS.

    The first event was at about `at`, and each following one soon after the one before.
    """
    for event in events:
        true = min((event.at - float(off) for off in ("0", *JUMPS)), key=lambda one: abs(one - at))
        yield (event := replace(event, at=true))
        at = event.at


@contextmanager
def _lab_to_attack(settings: Settings, worker: str) -> Iterator[tuple[Lab, Path]]:
    """Yield a lab, and a folder that no fault reaches, for the clock of Redis and the notes of clients."""
    private = replace(settings, redis_url=None, storage=None, log=None, lease=_LEASE, appendfsync="always")
    if disk := own_disk(private.folder):
        private = replace(private, disk_reserve=min(private.disk_reserve, disk // 20))
    lab = Lab(worker=worker, workers=private.workers, folder=private.folder, settings=private)
    with tempfile.TemporaryDirectory(prefix="pdflab-") as name:
        outside = Path(name)
        lab.redis_wrapper = clock_wrapper(outside / _CLOCK)
        lab.start(fresh=True)
        with lab:
            yield lab, outside
        tidy_shared_memory()
        for file in (private.accepted_file, private.sends_file):
            shutil.copy(outside / file.name, lab.folder)


def _impossible(lab: Lab) -> frozenset[FaultKind]:
    """Return the kinds of faults for which something is missing here."""
    skipped = NEED_A_SERVER if lab.broker.embedded else frozenset[FaultKind]()
    skipped |= frozenset() if lab.redis_wrapper else {FaultKind.JUMP}
    return skipped if own_disk(lab.folder) else skipped | {FaultKind.FILL}


class _BackgroundLoad:
    """Keeps jobs waiting in a lab's queue, however fast its workers are.

    A fixed rate would flood a slow machine, and leave a fast one idle, so that faults hit no claimed job.
    """

    def __init__(self, lab: Lab, seed: int, outside: Path, *, hard: bool) -> None:
        self._lab, self._settings = lab, replace(lab.settings, folder=outside)
        self._rate, self._lines = (_HARD_RATE, _HARD_LINES) if hard else (_RATE, _LINES)
        self._loads: list[LoadThread] = []
        self._seeds = count(seed * _SEEDS)
        self._began, self._sent = time.monotonic(), 0

    def top_up(self) -> int:
        """Start to send what is missing in the queue, unless several bursts are unanswered.

        Return how many documents were sent so far, at most `rate` a second.
        """
        self._loads = [load for load in self._loads if load.poll() is None]
        due = int(self._rate * (time.monotonic() - self._began)) + 1
        missing = min(missing_jobs(self._lab), due - self._sent)
        if missing > 0 and len(self._loads) < _MAX_IN_FLIGHT:
            plan = burst(missing, seconds=0.25, seed=next(self._seeds))
            target = self._lab.target(Endpoint.QUEUED)
            load = LoadThread(replace(plan, lines=self._lines), target, self._settings)
            load.start()
            self._loads.append(load)
            self._sent += missing
        return self._sent

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
