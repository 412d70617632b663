"""Means over independent replications, with intervals of confidence: what engines are held to theory by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, pi, sqrt, tan

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over replications, with how far off it may be at its level of confidence."""

    mean: float
    margin: float
    level: float
    replications: int
    warm_up: float

    def holds(self, value: float) -> bool:
        """Return whether a value lies within the interval."""
        return abs(value - self.mean) <= self.margin

    def __str__(self) -> str:
        left_out = f", the first {self.warm_up:.0%} of each left out" if self.warm_up else ""
        sure = f"{self.level:.0%}, {self.replications} replications{left_out}"
        return f"{self.mean:.4g} ± {self.margin:.2g} ({sure})"


def replicate(
    measure: Callable[[np.random.Generator], Floats],
    *,
    replications: int = 20,
    warm_up: float = 0.0,
    level: float = 0.99,
    seed: int = 0,
) -> Estimate:
    """Run a measurement with so many generators, and estimate the mean of what it gives, job by job.

    A system that begins empty is not yet what it will be: the first `warm_up` share of a column is left out.
    """
    if not 0 <= warm_up < 1:
        raise UsageError("The warm-up is a share of each run: at least 0 and below 1.")
    streams = (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(replications))
    columns = (measure(rng) for rng in streams)
    means = [float(column[int(warm_up * len(column)) :].mean()) for column in columns]
    return estimate(means, level=level, warm_up=warm_up)


def estimate(means: Sequence[float], *, level: float = 0.99, warm_up: float = 0.0) -> Estimate:
    """Estimate the mean of independent, roughly normal values by Student's interval."""
    n = len(means)
    if n < 2 or not 0 < level < 1:
        raise UsageError("An interval needs 2 replications or more, and a level between 0 and 1.")
    margin = student_t((1 + level) / 2, n - 1) * float(np.std(means, ddof=1)) / sqrt(n)
    return Estimate(float(np.mean(means)), margin, level, n, warm_up)


@cache
def student_t(share: float, freedom: int) -> float:
    """Return the value that Student's t does not exceed with a chance of `share`, at least a half.

    By bisection of the integral of its density. Source: Student, The probable error of a mean (1908).
    """
    if not 0.5 <= share < 1 or freedom < 1:
        raise UsageError("Student's t needs a share from a half to below 1, and 1 degree of freedom or more.")
    scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(pi)
    low, high = 0.0, pi / 2  # t is √freedom times the tangent of an angle: this tames the tail
    while high - low > 1e-12:
        middle = (low + high) / 2
        angle = np.linspace(0.0, middle, 2001)
        below = 0.5 + scale * float(np.trapezoid(np.cos(angle) ** (freedom - 1), angle))
        low, high = (middle, high) if below < share else (low, middle)
    return sqrt(freedom) * tan(low)
