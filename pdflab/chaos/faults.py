"""Faults: their plan, drawn from a seed, and their injection.

Read next: pdflab/child_process.py.
"""

import math
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from pdflab.child_process import freeze
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab

WORKER = "worker"  # as a target: any worker with a claimed job
PARTS = ("recorder", "api", WORKER)
_TIMEOUT = 10.0  # seconds that a fault waits for a target, which may just have been killed
_PAUSE = 1.0  # leases without another fault, so that the target can restart
_OUTAGE = 1.0  # seconds: over before a job has used up its attempts
_POLL_INTERVAL = 0.1


class FaultKind(StrEnum):
    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    RESTART = "restart"
    OUTAGE = "outage"


NEED_A_SERVER = frozenset({FaultKind.CUT, FaultKind.RESTART})

_EVERY = {"kill": 2.0, "freeze": 4.0, "cut": 4.0, "restart": 8.0, "outage": 12.0}  # seconds
_FREEZE_LEASES = (2.5, 3.0)  # one to expire, a third until the next sweep, the rest for a slow machine


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a plan: its instant, in seconds from the start, its target, and its duration."""

    at: float
    kind: FaultKind
    part: str = ""
    lasts: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultHit:
    """A fault that hit: its instant, since the epoch, a description, and the worker's id if it hit one."""

    kind: FaultKind
    at: float
    did: str
    worker: str | None = None


def plan(
    seed: int, *, seconds: float, lease: float, kinds: frozenset[FaultKind] = frozenset(FaultKind)
) -> list[Fault]:
    """Draw a plan in which each kind occurs, and each part is killed and frozen past its lease at least once.

    Each kind has its own random stream: the same seed kills the same parts at the same instants, with any
    other kinds.
    """
    rngs = {kind: random.Random(f"{seed} {kind}") for kind in kinds}
    faults = [fault for kind, rng in rngs.items() for fault in _drawn(kind, rng, seconds, lease)]
    return sorted(faults, key=lambda fault: (fault.at, fault.kind))


def inject(
    lab: Lab,
    faults: Sequence[Fault],
    *,
    on_hit: Callable[[float, str], object],
    on_poll: Callable[[], object],
) -> list[FaultHit]:
    """Inject each fault at its instant, concurrently, and return those that hit.

    `on_hit` gets the instant and a description; `on_poll` is called several times per second.
    """
    began, aim = time.monotonic(), _Aim(lab)

    def hit(fault: Fault) -> FaultHit | None:
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            try:
                one = _inject_one(fault, lab, aim)
            except (UsageError, BrokerUnavailable, OSError):
                time.sleep(_POLL_INTERVAL)
            else:
                on_hit(time.monotonic() - began, one.did)
                return one
        return None  # there never was a target

    with ThreadPoolExecutor(len(faults)) as pool:
        running = []
        for fault in faults:
            while (now := time.monotonic() - began) < fault.at:
                on_poll()
                time.sleep(min(_POLL_INTERVAL, fault.at - now))
            running.append(pool.submit(hit, fault))
        while wait(running, _POLL_INTERVAL).not_done:
            on_poll()
    return [one for result in running if (one := result.result())]


class _Aim:
    """Chooses targets: none that is dead, starting, frozen, or without a claimed job."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = Lock()
        self._spared_until: dict[str, float] = {}

    def at(self, fault: Fault) -> str:
        """Return a part's name, or a worker's id. Raises UsageError while there is no target."""
        with self._lock:
            busy = (status.worker for status in self._lab.workers() if status.job_id)
            now, candidates = time.monotonic(), busy if fault.part == WORKER else [fault.part]
            target = next((one for one in candidates if self._spared_until.get(one, 0.0) <= now), None)
            if target is None:
                raise UsageError(f"No {fault.part} can be hit just now; try again.")
            dead = fault.kind is FaultKind.KILL and fault.part == WORKER  # its successor has another id
            pause = fault.lasts + _PAUSE * self._lab.settings.lease
            self._spared_until[target] = math.inf if dead else now + pause
            return target


def _drawn(kind: FaultKind, rng: random.Random, seconds: float, lease: float) -> Iterator[Fault]:
    """Spread the faults of a kind over equal intervals, one at a random instant of each.

    Kills and freezes hit every part once, then workers, which own the jobs.
    """
    hits_parts = kind in (FaultKind.KILL, FaultKind.FREEZE)
    count = max(len(PARTS) if hits_parts else 1, round(seconds / _EVERY[kind]))
    hit = [*PARTS, *[WORKER] * (count - len(PARTS))] if hits_parts else [""] * count
    if hits_parts:
        rng.shuffle(hit)
    for number, part in enumerate(hit):
        frozen = lease * rng.uniform(*_FREEZE_LEASES)
        lasts = {FaultKind.FREEZE: frozen, FaultKind.OUTAGE: _OUTAGE}.get(kind, 0.0)
        yield Fault((number + rng.random()) / count * (seconds - lasts), kind, part, lasts)


def _inject_one(fault: Fault, lab: Lab, aim: _Aim) -> FaultHit:
    target = aim.at(fault) if fault.part else ""
    worker, now = target if fault.part == WORKER else None, time.time()
    pid = WorkerId.parse(worker).pid if worker else None
    named = f"worker {pid}" if pid else target
    match fault.kind:
        case FaultKind.KILL:
            if pid:  # as the registry shows it
                os.kill(pid, signal.SIGKILL)
            else:
                lab.kill(target)
            did = f"killed {named}"
        case FaultKind.FREEZE:
            if pid:
                freeze([pid], fault.lasts)
                os.kill(pid, 0)  # raises OSError, for a retry, if the worker died before it woke up
            else:
                lab.freeze(fault.lasts, target)
            did = f"woke {named}, frozen {fault.lasts:.1f} s ago"
        case FaultKind.CUT:
            did = f"cut {lab.cut()} connections to Redis"
        case FaultKind.RESTART:
            lab.kill_redis()
            did = "killed Redis"
        case FaultKind.OUTAGE:
            with lab.storage.unwritable():
                time.sleep(fault.lasts)
            did = f"pdf_storage works again, after it took no file for {fault.lasts:.1f} s"
    return FaultHit(fault.kind, now, did, worker)
