"""The attacks: a plan of them, drawn from a seed, and how they are carried out.

Read next: chaos.py.
"""

import random
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab

_PATIENCE = 10.0  # seconds that an attack waits for what it strikes to be there: it may just have been killed
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

_EVERY = {Kind.KILL: 2.0, Kind.FREEZE: 3.0, Kind.CUT: 4.0, Kind.RESTART: 8.0, Kind.OUTAGE: 12.0}  # seconds


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: when, in seconds from the beginning, on which part, and how long it lasts."""

    at: float
    kind: Kind
    part: str = ""
    lasts: float = 0.0


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


def assault(
    lab: Lab,
    attacks: Sequence[Attack],
    *,
    tell: Callable[[float, str], object],
    watch: Callable[[float], object],
) -> list[Attack]:
    """Carry out each attack at its instant, whatever the others still do, and give those that struck.

    `tell` hears the instant and what was done; `watch` is called several times a second.
    """
    began = time.monotonic()

    def struck(attack: Attack) -> bool:
        did = _insist(attack, lab)
        if did:
            tell(time.monotonic() - began, did)
        return did is not None

    with ThreadPoolExecutor(len(attacks)) as hands:
        under_way = []
        for attack in attacks:
            while (now := time.monotonic() - began) < attack.at:
                watch(now)
                time.sleep(min(_GLANCE, attack.at - now))
            under_way.append(hands.submit(struck, attack))
    return [attack for attack, result in zip(attacks, under_way, strict=True) if result.result()]


def _insist(attack: Attack, lab: Lab) -> str | None:
    """Attack as soon as there is something to strike, and say what was done, or None if nothing could be."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            return _strike(attack, lab)
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
        lasts = {Kind.FREEZE: lease * rng.uniform(1.2, 2.0), Kind.OUTAGE: _OUTAGE}.get(kind, 0.0)
        at = (number + rng.random()) / count * (seconds - lasts)
        attacks.append(Attack(at, kind, part, lasts))
    return attacks


def _struck(count: int, parts: Sequence[str], rng: random.Random) -> list[str]:
    """Choose every part once, and then workers: they hold the jobs."""
    workers = [part for part in parts if part.startswith("worker-")]
    struck = [*parts, *rng.choices(workers, k=count - len(parts))]
    rng.shuffle(struck)
    return struck


def _strike(attack: Attack, lab: Lab) -> str:
    match attack.kind:
        case Kind.KILL:
            lab.kill(attack.part)
            return f"killed {attack.part}"
        case Kind.FREEZE:
            lab.freeze(attack.lasts, attack.part)
            return f"woke {attack.part}, frozen {attack.lasts:.1f} s ago"
        case Kind.CUT:
            return f"cut {lab.cut()} connections to Redis"
        case Kind.RESTART:
            lab.kill_redis()
            return "killed Redis"
        case Kind.OUTAGE:
            _take_room_away(lab.settings.storage_folder, attack.lasts)
            return f"gave pdf_storage back, which took no file for {attack.lasts:.1f} s"


def _take_room_away(storage: Path, seconds: float) -> None:
    """Let the storage take no file for a while, as a disk does that is full, read-only or away.

    A file lies in the place of the folder in which PDFs are written before they are renamed: every write
    fails, for root as well, whom read-only permissions would not bind. What is stored stays readable; what
    was half-written is gone.
    """
    aside = storage / ".aside"
    shutil.rmtree(aside.rename(storage / ".aside-away"), ignore_errors=True)
    aside.touch(exist_ok=False)  # a worker that starts just now may have made it again
    try:
        time.sleep(seconds)
    finally:
        aside.unlink()
        aside.mkdir(exist_ok=True)
