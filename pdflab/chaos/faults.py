"""Faults, and their plan, drawn from a seed.

Read next: pdflab/chaos/injection.py.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, cycle, islice

from pdflab.chaos.surroundings import A_JOB_OF

WORKER = "worker"  # as a target: any worker with a claimed job
PARTS = ("recorder", "api", WORKER)
JUMPS = ("+300", "-7200", "+172800", "-300", "+7200", "-172800")  # seconds: minutes, hours and days


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
_OUTAGE = 1.0  # seconds: over before a job has used up its attempts
_LASTS = {FaultKind.OUTAGE: _OUTAGE, FaultKind.JUMP: 3.0, FaultKind.FILL: 3.0}
_EVICTED = tuple(A_JOB_OF + index for index in ("pdf_jobs_waiting", "pdf_jobs_leases"))
_EVICTED += ("pdf_jobs_queue", "pdf_jobs_leases", "pdf_jobs_waiting", "pdf_jobs_clock")
_TARGETS = {  # in turn
    FaultKind.KILL: (*PARTS, WORKER, WORKER),  # more of the workers, which own the jobs
    FaultKind.FREEZE: (*PARTS, WORKER, WORKER),
    FaultKind.JUMP: JUMPS,
    FaultKind.EVICTION: _EVICTED,
}


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
