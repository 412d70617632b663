"""The parts of a plan: phases draw the instants of arrivals, blocks hold arrivals as columns.

Read next: pdflab/load/generator.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats
from pdflab.errors import require

_BLOCK = 16_384  # arrivals drawn at once


@dataclass(frozen=True, slots=True)
class Arrival:
    """One document to request, `at` seconds after the plan begins."""

    at: float
    kind: str
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Arrivals as columns, ascending in time. `kind` indexes the plan's kinds; `seed` makes the document."""

    at: Floats
    kind: NDArray[np.uint8]
    seed: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a plan, cut into equal slices with a rate each, in arrivals a second.

    With a `count` there are exactly that many arrivals, and the rates are only relative.
    """

    seconds: float
    rates: tuple[float, ...] = (1.0,)
    count: int | None = None

    def __post_init__(self) -> None:
        require(self.seconds >= 0, "A plan cannot last less than 0 seconds.")
        require(min(self.rates) >= 0, "An arrival rate cannot be negative.")
        require(self.count is None or self.count >= 1, "A plan needs 1 document or more.")

    @property
    def peak(self) -> float | None:
        """The highest expected rate, in arrivals a second; None if all come at one instant."""
        if not self.seconds:
            return None
        mean = sum(self.rates) / len(self.rates)
        return max(self.rates) * (1.0 if self.count is None else self.count / self.seconds / mean)

    def times(self, rng: np.random.Generator) -> Iterator[Floats]:
        """Yield the instants, block by block, drawn by inversion of the expected number of arrivals so far.

        That number grows linearly within a slice. A Poisson process of rate 1, read back through its
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


def _unit_poisson(end: float, rng: np.random.Generator) -> Iterator[Floats]:
    reached = 0.0
    while reached < end:
        drawn = reached + np.cumsum(rng.exponential(size=_BLOCK))
        reached = float(drawn[-1])
        yield drawn[drawn < end]
