"""Faults: their plan, drawn from a seed, and their injection.

Read next: pdflab/chaos/surroundings.py.
"""

import math
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, cycle, islice
from pathlib import Path
from threading import Lock

from pdflab.chaos.surroundings import A_JOB_OF, evict, full_disk, shifted_clock
from pdflab.child_process import freeze
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab

OnHit = Callable[[float, str], object]
WORKER = "worker"  # as a target: any worker with a claimed job
PARTS = ("recorder", "api", WORKER)
JUMPS = ("+300", "-7200", "+172800", "-300", "+7200", "-172800")  # seconds: minutes, hours and days
_TIMEOUT = 10.0  # seconds that a fault waits for a target, which may just have been killed
_PAUSE = 1.0  # leases without another fault, so that the target can restart
_POLL_INTERVAL = 0.1


class FaultKind(StrEnum):
    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    RESTART = "restart"
    OUTAGE = "outage"
    JUMP = "jump"
    FILL = "fill"
    EVICTION = "eviction"


NEED_A_SERVER = frozenset({FaultKind.CUT, FaultKind.RESTART, FaultKind.JUMP})

# Seconds between two faults of a kind. The hard plan has 200 kills in its ten minutes.
_EVERY = {"kill": 2.0, "freeze": 4.0, "cut": 4.0, "restart": 8.0}
_EVERY |= {"outage": 12.0, "jump": 10.0, "fill": 15.0, "eviction": 10.0}
_HARD = {"kill": 3.0, "freeze": 12.0, "cut": 30.0, "restart": 120.0}
_HARD |= {"outage": 60.0, "jump": 30.0, "fill": 120.0, "eviction": 40.0}
_FREEZE_LEASES = (2.5, 3.0)  # one to expire, a third until the next sweep, the rest for a slow machine
_LASTS = {"outage": 1.0, "jump": 3.0, "fill": 3.0}  # seconds: over before a job has used up its attempts
_KEYS = ("pdf_jobs_queue", "pdf_jobs_leases", "pdf_jobs_waiting", "pdf_jobs_clock")
_EVICTED = (f"{A_JOB_OF}pdf_jobs_waiting", f"{A_JOB_OF}pdf_jobs_leases", *_KEYS)
_IN_TURN = (*PARTS, *[WORKER] * 5)  # more of the workers, which own the jobs
_TARGETS = {"kill": _IN_TURN, "freeze": _IN_TURN, "jump": JUMPS, "eviction": _EVICTED}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a plan: its instant, in seconds from the start, its target, and its duration.

    The target is one of PARTS, of JUMPS, or a key; cuts, restarts and disks have none.
    """

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
    seed: int, *, seconds: float, lease: float, kinds: Iterable[FaultKind] = FaultKind, hard: bool = False
) -> list[Fault]:
    """Draw a plan in which each kind occurs, and each part is killed and frozen past its lease at least once.

    Each kind has its own random stream: the same seed kills the same parts at the same instants, with any
    other kinds.
    """
    every = _HARD if hard else _EVERY
    drawn = (_drawn(kind, every[kind], seed, seconds, lease) for kind in kinds)
    return sorted(chain.from_iterable(drawn), key=lambda fault: (fault.at, fault.kind))


def inject(
    lab: Lab, faults: Sequence[Fault], clock: Path, on_hit: OnHit, on_poll: Callable[[], object]
) -> list[FaultHit]:
    """Inject each fault at its instant, concurrently, and return those that hit.

    The file `clock` sets the clock of Redis. `on_hit` gets the instant and a description; `on_poll` is called
    several times per second.
    """
    began, aim = time.monotonic(), _Aim(lab)

    def hit(fault: Fault) -> FaultHit | None:
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            try:
                one = _inject_one(fault, lab, aim, clock)
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


def _drawn(kind: FaultKind, every: float, seed: int, seconds: float, lease: float) -> Iterator[Fault]:
    """Spread the faults of a kind over equal intervals, one at a random instant of each.

    Each kind occurs, and the first three targets of each.
    """
    rng, targets = random.Random(f"{seed} {kind}"), _TARGETS.get(kind, ("",))
    count = max(round(seconds / every), min(3, len(targets)))
    hit = list(islice(cycle(targets), count))
    rng.shuffle(hit)
    for number, part in enumerate(hit):
        frozen = lease * rng.uniform(*_FREEZE_LEASES)
        lasts = frozen if kind is FaultKind.FREEZE else _LASTS.get(kind, 0.0)
        yield Fault((number + rng.random()) / count * (seconds - lasts), kind, part, lasts)


def _inject_one(fault: Fault, lab: Lab, aim: _Aim, clock: Path) -> FaultHit:
    now, lasts, worker = time.time(), fault.lasts, None
    match fault.kind:
        case FaultKind.KILL | FaultKind.FREEZE:
            target = aim.at(fault)
            worker, did = (target if fault.part == WORKER else None), _hit_a_part(fault, target, lab)
        case FaultKind.CUT:
            did = f"cut {lab.cut()} connections to Redis"
        case FaultKind.RESTART:
            lab.kill_redis()
            did = "killed Redis"
        case FaultKind.OUTAGE:
            with lab.storage.unwritable():
                time.sleep(lasts)
            did = f"pdf_storage works again, after it took no file for {lasts:.1f} s"
        case FaultKind.JUMP:
            with shifted_clock(clock, fault.part):
                time.sleep(lasts)
            did = f"the clock of Redis is right again, after it was {fault.part} s off for {lasts:.1f} s"
        case FaultKind.FILL:
            with full_disk(lab.folder):
                time.sleep(lasts)
            did = f"the disk has room again, after it was full for {lasts:.1f} s"
        case FaultKind.EVICTION:
            with lab.broker.fault_client() as client:
                did = f"evicted {evict(client, fault.part)} from Redis"
    return FaultHit(fault.kind, now, did, worker)


def _hit_a_part(fault: Fault, target: str, lab: Lab) -> str:
    """Kill or freeze a worker, by its process as the registry shows it, or another part by its name."""
    pid = WorkerId.parse(target).pid if fault.part == WORKER else None
    named = f"worker {pid}" if pid else target
    if fault.kind is FaultKind.KILL:
        if pid:
            os.kill(pid, signal.SIGKILL)
        else:
            lab.kill(target)
        return f"killed {named}"
    if pid:
        freeze([pid], fault.lasts)
        os.kill(pid, 0)  # raises OSError, for a retry, if the worker died before it woke up
    else:
        lab.freeze(fault.lasts, target)
    return f"woke {named}, frozen {fault.lasts:.1f} s ago"
