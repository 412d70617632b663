"""Load plans: which document is requested when, drawn from a seed.

A plan is a stream of blocks of columns; the same plan drives both endpoints and the simulation. Each request
is made from its kind and seed only when it is due, so that a plan of ten million needs no memory.

Read next: pdflab/load/arrivals.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Self

import numpy as np

from pdflab.analysis.columns import Categorical, Floats, Integers, from_plain, to_plain
from pdflab.errors import require
from pdflab.load.arrivals import Arrival as Arrival  # the parts of a plan are imported from here
from pdflab.load.arrivals import Block as Block
from pdflab.load.arrivals import Phase as Phase

MOSTLY_INVOICES: Mapping[str, float] = MappingProxyType({"custom": 0.1, "invoice": 0.8, "report": 0.1})

_DAYS = 30  # a month that begins on a Monday, so that its last day is a working day
_LAST_DAY = 20  # times the usual rate


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: phases one after another, and the share of each kind. The same seed draws the same plan.

    The order of `mix` is the code of each kind in the blocks. A `batched` plan goes to the batch endpoint,
    if there is one; `lines` sets the size of every document. A `recorded` block is sent unchanged.
    """

    name: str
    phases: tuple[Phase, ...]
    mix: Mapping[str, float]
    seed: int = 0
    batched: bool = False
    lines: int | None = None
    recorded: Block | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the kinds; the codes of a block index them."""
        return tuple(self.mix)

    @property
    def seconds(self) -> float:
        """The duration of the plan, in seconds."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def count(self) -> int:
        """The number of documents, counted by drawing the plan."""
        return sum(len(block.at) for block in self.blocks())

    @property
    def peak(self) -> float | None:
        """The highest expected rate, in documents a second; None for a batch and for a recorded plan."""
        peaks = [peak for phase in self.phases if (peak := phase.peak) is not None]
        return max(peaks, default=None) if self.recorded is None else None

    def blocks(self) -> Iterator[Block]:
        """Yield the plan, drawn block by block.

        Times, kinds and seeds have a random stream each: the n-th document is the same whatever the rate,
        and the times are the same whatever the mix.
        """
        if self.recorded is not None:
            yield self.recorded
            return
        when, what, which = (np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(3))
        shares = np.cumsum([*self.mix.values()])[:-1]
        for at in self._times(when):
            kind = np.searchsorted(shares, what.random(len(at)), side="right").astype(np.uint8)
            yield Block(at, kind, which.integers(2**32, size=len(at), dtype=np.uint32))

    def arrivals(self) -> Iterator[Arrival]:
        """Yield the plan one arrival at a time, in the order of sending."""
        kinds = self.kinds
        for block in self.blocks():
            columns = (block.at.tolist(), block.kind.tolist(), block.seed.tolist())
            for at, kind, seed in zip(*columns, strict=True):
                yield Arrival(at, kinds[kind], seed)

    def describe(self) -> dict[str, Any]:
        """Return the plan as plain data, for a saved run and for the generator's process."""
        block = None if self.recorded is None else to_plain(self.recorded)
        return asdict(replace(self, recorded=None)) | {"seconds": self.seconds, "recorded": block}

    @classmethod
    def from_description(cls, data: Mapping[str, Any]) -> Self:
        """Return the plan of a description that `describe` made."""
        block = data.get("recorded")
        same = {name: data[name] for name in ("name", "mix", "seed", "batched", "lines")}
        phases = tuple(Phase(p["seconds"], tuple(p["rates"]), p["count"]) for p in data["phases"])
        return cls(**same, phases=phases, recorded=Block(**from_plain(block)) if block else None)

    def _times(self, rng: np.random.Generator) -> Iterator[Floats]:
        start = 0.0
        for phase in self.phases:
            for at in phase.times(rng):
                yield start + at
            start += phase.seconds


def single(kind: str = "invoice", *, seed: int = 0) -> Plan:
    """Plan one document, at once."""
    return Plan(f"one {kind}", (Phase(0.0, count=1),), _shares({kind: 1.0}), seed)


def batch(n: int = 50, *, seed: int = 0) -> Plan:
    """Plan n documents at the same instant, through the batch endpoint."""
    return Plan(f"a batch of {n:,}", (Phase(0.0, count=n),), _shares(MOSTLY_INVOICES), seed, batched=True)


def burst(
    n: int = 50,
    *,
    seconds: float = 1.0,
    baseline: float = 0.0,
    seed: int = 0,
    mix: Mapping[str, float] = MOSTLY_INVOICES,
) -> Plan:
    """Plan exactly n documents at independent uniform instants within `seconds`.

    With a `baseline`, Poisson arrivals at that rate precede and follow it, each for five times as long.
    """
    peak, around = Phase(seconds, count=n), Phase(5 * seconds, (baseline,))
    phases = (around, peak, around) if baseline else (peak,)
    return Plan(f"a burst of {n:,} in {seconds:g} s", phases, _shares(mix), seed)


def steady(
    rate: float = 5.0, *, seconds: float = 30.0, seed: int = 0, mix: Mapping[str, float] = MOSTLY_INVOICES
) -> Plan:
    """Plan a Poisson process: independent clients, `rate` a second together, exponential gaps."""
    return Plan(f"{rate:g} a second for {seconds:g} s", (Phase(seconds, (rate,)),), _shares(mix), seed)


def month_end(seconds: float = 30.0, *, rate: float = 5.0, seed: int = 0) -> Plan:
    """Plan a month of business within `seconds`: a Poisson process of the mean `rate`, which changes hourly.

    Nights are quiet, weekends quieter, and on the last working day the rate is twenty times the usual:
    that day brings about half of the documents.
    """
    hours = _hourly_rates()
    phases = (Phase(seconds, tuple((hours * (rate / hours.mean())).tolist())),)
    return Plan(f"a month in {seconds:g} s", phases, _shares(MOSTLY_INVOICES), seed)


def month_end_peak() -> float:
    """Return the peak rate of a month, as a multiple of its mean rate."""
    hours = _hourly_rates()
    return float(hours.max() / hours.mean())


def recorded(name: str, at: Floats, kind: Categorical, seed: Integers) -> Plan:
    """Plan observed arrivals, in any order, with the same gaps; the first is at 0."""
    order = np.argsort(at, kind="stable")
    kinds = tuple(sorted({str(word) for word in kind.categories}))
    codes = kind.codes_in(kinds)[order].astype(np.uint8)
    block = Block(at[order] - at.min(), codes, seed[order].astype(np.uint32))
    shares = np.bincount(codes, minlength=len(kinds)) / len(codes)
    phases = (Phase(float(block.at[-1]), (0.0,)),)
    return Plan(name, phases, dict(zip(kinds, shares.tolist(), strict=True)), recorded=block)


def _hourly_rates() -> Floats:
    return np.array([_hourly_rate(day, hour) for day in range(_DAYS) for hour in range(24)])


def _hourly_rate(day: int, hour: int) -> float:
    usual = 1.0 if 8 <= hour < 18 else 0.05
    if day % 7 >= 5:
        return 0.1 * usual
    return usual * (_LAST_DAY if day == _DAYS - 1 else 1)


def _shares(mix: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each kind, sorted by name: the order of `mix` changes no draw."""
    total = sum(mix.values())
    require(total > 0 and min(mix.values()) >= 0, "A mix needs weights of 0 or more, not all of them 0.")
    return {kind: weight / total for kind, weight in sorted(mix.items())}
