"""Load plans: which document is asked for when, drawn from a seed.

A plan is a stream of blocks of columns; the same plan drives both doors and the simulation. A request
itself is made only when it is sent, from its kind and its seed: a plan of ten million needs no memory.

Read next: load/generator.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pdflab.documents.samples import KINDS
from pdflab.errors import UsageError

MOSTLY_INVOICES: Mapping[str, float] = MappingProxyType({"custom": 0.1, "invoice": 0.8, "report": 0.1})

_BLOCK = 16_384  # arrivals drawn at a time
_DAYS = 30  # a month that begins on a Monday, so that its last day is a working day
_LAST_DAY = 20  # times the usual rate

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One document to ask for, `at` seconds after the plan begins."""

    at: float
    kind: str
    seed: int


@dataclass(frozen=True, slots=True)
class Block:
    """Arrivals as columns, ascending in time: `kind` is an index into KINDS, `seed` makes the document."""

    at: _Floats
    kind: NDArray[np.uint8]
    seed: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a plan, cut into equal slices with a rate each (arrivals a second).

    With a `count` there are exactly that many, and the rates only say where they are dense.
    """

    seconds: float
    rates: tuple[float, ...] = (1.0,)
    count: int | None = None

    def __post_init__(self) -> None:
        _require(self.seconds >= 0, "A plan cannot last less than 0 seconds.")
        _require(min(self.rates) >= 0, "An arrival rate cannot be negative.")
        _require(self.count is None or self.count >= 1, "A plan needs 1 document or more.")

    def times(self, rng: np.random.Generator) -> Iterator[_Floats]:
        """Draw the instants, block by block, by inversion of the expected number of arrivals so far.

        That number grows linearly within a slice; a Poisson process of rate 1, read back through its
        curve, is the process with these rates (Çinlar, Introduction to Stochastic Processes, 1975, ch. 4).
        """
        knots = np.linspace(0.0, self.seconds, len(self.rates) + 1)
        expected = np.concatenate([[0.0], np.cumsum(np.array(self.rates) * np.diff(knots))])
        if self.count is None:
            drawn = _unit_poisson(float(expected[-1]), rng)
        else:
            drawn = iter([np.sort(rng.random(self.count)) * expected[-1]])
        for positions in drawn:
            yield np.interp(positions, expected, knots)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: phases one after another, and the share of each of KINDS. The same seed, the same plan.

    `batched` asks for the batch endpoint, where a door has one; `lines` sets the size of every document,
    as samples.sample does.
    """

    name: str
    phases: tuple[Phase, ...]
    mix: tuple[float, ...]
    seed: int = 0
    batched: bool = False
    lines: int | None = None

    @property
    def seconds(self) -> float:
        """How long the plan goes on sending."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def count(self) -> int:
        """How many documents this seed asks for; it draws the plan to know."""
        return sum(len(block.at) for block in self.blocks())

    def blocks(self) -> Iterator[Block]:
        """Draw the plan. Times, kinds and seeds come from streams of their own: the n-th document
        is the same whatever the rate, and the times are the same whatever the mix.
        """
        when, what, which = (np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(3))
        shares = np.cumsum(self.mix)[:-1]
        for at in self._times(when):
            kind = np.searchsorted(shares, what.random(len(at)), side="right").astype(np.uint8)
            yield Block(at, kind, which.integers(2**32, size=len(at), dtype=np.uint32))

    def arrivals(self) -> Iterator[Arrival]:
        """Give the plan one arrival at a time, in the order of sending."""
        for block in self.blocks():
            for at, kind, seed in zip(
                block.at.tolist(), block.kind.tolist(), block.seed.tolist(), strict=True
            ):
                yield Arrival(at, KINDS[kind], seed)

    def describe(self) -> dict[str, Any]:
        """Give the plan as plain data, for a saved run and for the generator's process."""
        return asdict(self) | {"seconds": self.seconds}

    @classmethod
    def from_description(cls, data: Mapping[str, Any]) -> Self:
        """Read a plan that `describe` gave."""
        phases = tuple(Phase(p["seconds"], tuple(p["rates"]), p["count"]) for p in data["phases"])
        return cls(data["name"], phases, tuple(data["mix"]), data["seed"], data["batched"], data["lines"])

    def _times(self, rng: np.random.Generator) -> Iterator[_Floats]:
        start = 0.0
        for phase in self.phases:
            for at in phase.times(rng):
                yield start + at
            start += phase.seconds


def single(kind: str = "invoice", *, seed: int = 0) -> Plan:
    """Plan one document, at once."""
    return Plan(f"one {kind}", (Phase(0.0, count=1),), _shares({kind: 1.0}), seed)


def batch(n: int, *, seed: int = 0, mix: Mapping[str, float] = MOSTLY_INVOICES) -> Plan:
    """Plan n documents at the same instant, through the batch endpoint."""
    return Plan(f"a batch of {n:,}", (Phase(0.0, count=n),), _shares(mix), seed, batched=True)


def burst(
    n: int,
    *,
    seconds: float = 1.0,
    calm: float = 0.0,
    seed: int = 0,
    mix: Mapping[str, float] = MOSTLY_INVOICES,
) -> Plan:
    """Plan exactly n documents at independent uniform instants within `seconds`.

    With `calm`, Poisson arrivals at that rate go before it and after it, each for five times as long.
    """
    peak = Phase(seconds, count=n)
    quiet = Phase(5 * seconds, (calm,))
    phases = (quiet, peak, quiet) if calm else (peak,)
    return Plan(f"a burst of {n:,} in {seconds:g} s", phases, _shares(mix), seed)


def steady(rate: float, *, seconds: float, seed: int = 0, mix: Mapping[str, float] = MOSTLY_INVOICES) -> Plan:
    """Plan a Poisson process: independent clients, `rate` a second together, gaps exponential."""
    return Plan(f"{rate:g} a second for {seconds:g} s", (Phase(seconds, (rate,)),), _shares(mix), seed)


def month_end(
    seconds: float = 60.0,
    *,
    mean_rate: float = 5.0,
    seed: int = 0,
    mix: Mapping[str, float] = MOSTLY_INVOICES,
) -> Plan:
    """Plan a month of business within `seconds`: a Poisson process whose rate changes every hour of it.

    Nights are quiet, weekends quieter, and on the last working day the rate is twenty times the usual:
    it alone brings about half of the documents.
    """
    hours = np.array([_hourly_rate(day, hour) for day in range(_DAYS) for hour in range(24)])
    rates = hours * (mean_rate / hours.mean())
    return Plan(f"a month in {seconds:g} s", (Phase(seconds, tuple(rates.tolist())),), _shares(mix), seed)


def _unit_poisson(end: float, rng: np.random.Generator) -> Iterator[_Floats]:
    reached = 0.0
    while reached < end:
        drawn = reached + np.cumsum(rng.exponential(size=_BLOCK))
        reached = float(drawn[-1])
        yield drawn[drawn < end]


def _hourly_rate(day: int, hour: int) -> float:
    usual = 1.0 if 8 <= hour < 18 else 0.05
    if day % 7 >= 5:
        return 0.1 * usual
    return usual * (_LAST_DAY if day == _DAYS - 1 else 1)


def _shares(mix: Mapping[str, float]) -> tuple[float, ...]:
    total = sum(mix.values())
    _require(set(mix) <= set(KINDS), f"A mix is made of {', '.join(KINDS)}; it names {', '.join(mix)}.")
    _require(total > 0 and min(mix.values()) >= 0, "A mix needs weights of 0 or more, not all of them 0.")
    return tuple(mix.get(kind, 0.0) / total for kind in KINDS)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
