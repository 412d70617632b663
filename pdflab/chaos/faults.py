"""The attacks: a plan of them, drawn from a seed, and how they are carried out.

Read next: chaos/impact.py, what they hit; cli/chaos.py.
"""

import math
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from pdflab.child_process import freeze
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab
from pdflab.service.storage.folder import FolderStorage

WORKER = "worker"  # as a part to strike: whichever has a job in hand when it comes to it
_PATIENCE = 10.0  # seconds that an attack waits for something to strike: it may just have been killed
_RESPITE = 1.0  # leases in which what was struck is left alone: it begins anew, or meets what it missed
_OUTAGE = 1.0  # seconds: over before a job has used up its tries, so that none fails of it
_GLANCE = 0.1


class Kind(StrEnum):
    """What can be done to a system that has promised to lose nothing."""

    KILL = "kill"
    FREEZE = "freeze"
    CUT = "cut"
    RESTART = "restart"
    OUTAGE = "outage"


NEED_A_SERVER = frozenset({Kind.CUT, Kind.RESTART})

_EVERY = {Kind.KILL: 2.0, Kind.FREEZE: 4.0, Kind.CUT: 4.0, Kind.RESTART: 8.0, Kind.OUTAGE: 12.0}  # seconds
_FROZEN = (2.5, 3.0)  # leases: one to run out, a third until the next sweep, the rest for a slow machine


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: when, in seconds from the beginning, on which part, and how long it lasts."""

    at: float
    kind: Kind
    part: str = ""
    lasts: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultHit:
    """An attack that struck: when, since the epoch, what was done, and the worker's id if it hit one."""

    kind: Kind
    at: float
    did: str
    worker: str | None = None


def plan(
    seed: int, *, seconds: float, parts: Sequence[str], lease: float, kinds: frozenset[Kind] = frozenset(Kind)
) -> list[Attack]:
    """Draw a plan in which each kind occurs, and each part is killed and frozen past its lease once at least.

    Each kind has a stream of its own: the same seed kills the same parts at the same instants, whatever else
    is done to them.
    """
    attacks = [
        attack
        for kind in kinds
        for attack in _drawn(kind, random.Random(f"{seed} {kind}"), seconds, parts, lease)
    ]
    return sorted(attacks, key=lambda attack: (attack.at, attack.kind))


def inject(
    lab: Lab,
    attacks: Sequence[Attack],
    *,
    tell: Callable[[float, str], object],
    watch: Callable[[float], object],
) -> list[FaultHit]:
    """Carry out each attack at its instant, whatever the others still do, and return the blows that struck.

    `tell` hears the instant and what was done; `watch` is called several times a second.
    """
    began, aim = time.monotonic(), _Aim(lab)

    def struck(attack: Attack) -> FaultHit | None:
        blow = _insist(attack, lab, aim)
        if blow:
            tell(time.monotonic() - began, blow.did)
        return blow

    with ThreadPoolExecutor(len(attacks)) as hands:
        under_way = []
        for attack in attacks:
            while (now := time.monotonic() - began) < attack.at:
                watch(now)
                time.sleep(min(_GLANCE, attack.at - now))
            under_way.append(hands.submit(struck, attack))
    return [blow for result in under_way if (blow := result.result())]


class _Aim:
    """Chooses what is struck: nothing that is dead, just starting, frozen, or without a job in hand."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = Lock()
        self._spared_until: dict[str, float] = {}

    def at(self, attack: Attack) -> str:
        """Return a part's name, or a worker's id. Raises UsageError while there is nothing to strike."""
        with self._lock:
            now = time.monotonic()
            there = self._busy() if attack.part == WORKER else [attack.part]
            target = next((one for one in there if self._spared_until.get(one, 0.0) <= now), None)
            if target is None:
                raise UsageError(f"No {attack.part} can be struck just now; try again.")
            dead = attack.kind is Kind.KILL and attack.part == WORKER  # its successor has another id
            respite = attack.lasts + _RESPITE * self._lab.settings.lease
            self._spared_until[target] = math.inf if dead else now + respite
            return target

    def _busy(self) -> list[str]:
        """Name the workers in the registry that have a job in hand."""
        return [status.worker for status in self._lab.workers() if status.job_id]


def _insist(attack: Attack, lab: Lab, aim: _Aim) -> FaultHit | None:
    """Attack as soon as there is something to strike, and return the blow, or None if nothing could be
    done.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            return _strike(attack, lab, aim)
        except (UsageError, BrokerUnavailable, OSError):
            time.sleep(_GLANCE)
    return None


def _drawn(
    kind: Kind, rng: random.Random, seconds: float, parts: Sequence[str], lease: float
) -> list[Attack]:
    """Spread the attacks of a kind: one at a random instant of each of as many equal spans of time."""
    strikes_parts = kind in (Kind.KILL, Kind.FREEZE)
    count = max(len(parts) if strikes_parts else 1, round(seconds / _EVERY[kind]))
    struck = _struck(count, parts, rng) if strikes_parts else [""] * count
    attacks = []
    for number, part in enumerate(struck):
        lasts = {Kind.FREEZE: lease * rng.uniform(*_FROZEN), Kind.OUTAGE: _OUTAGE}.get(kind, 0.0)
        at = (number + rng.random()) / count * (seconds - lasts)
        attacks.append(Attack(at, kind, part, lasts))
    return attacks


def _struck(count: int, parts: Sequence[str], rng: random.Random) -> list[str]:
    """Choose every part once, and then workers: they hold the jobs."""
    struck = [*parts, *[WORKER] * (count - len(parts))]
    rng.shuffle(struck)
    return struck


def _strike(attack: Attack, lab: Lab, aim: _Aim) -> FaultHit:
    target = aim.at(attack) if attack.part else ""
    worker, now = target if attack.part == WORKER else None, time.time()
    pid = WorkerId.parse(worker).pid if worker else None
    named = f"worker {pid}" if pid else target
    match attack.kind:
        case Kind.KILL:
            _kill(lab, target, pid)
            did = f"killed {named}"
        case Kind.FREEZE:
            _freeze(lab, target, pid, attack.lasts)
            did = f"woke {named}, frozen {attack.lasts:.1f} s ago"
        case Kind.CUT:
            did = f"cut {lab.cut()} connections to Redis"
        case Kind.RESTART:
            lab.kill_redis()
            did = "killed Redis"
        case Kind.OUTAGE:
            with FolderStorage(lab.settings.storage_folder).unwritable():
                time.sleep(attack.lasts)
            did = f"gave pdf_storage back, which took no file for {attack.lasts:.1f} s"
    return FaultHit(attack.kind, now, did, worker)


def _kill(lab: Lab, target: str, pid: int | None) -> None:
    """Kill a part by its name, a worker by the process that the registry shows."""
    if pid:
        os.kill(pid, signal.SIGKILL)
    else:
        lab.kill(target)


def _freeze(lab: Lab, target: str, pid: int | None, seconds: float) -> None:
    """Freeze it, and raise OSError if a worker did not live to wake up: then it is tried again."""
    if pid:
        freeze([pid], seconds)
        os.kill(pid, 0)
    else:
        lab.freeze(seconds, target)
