"""What a plan is asked: a demand, a target, a price, and what may go wrong.

Read next: simulation/capacity/workload.py; then simulation/capacity/replication.py.
"""

from dataclasses import dataclass
from math import ceil, inf

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.capacity.workload import Demand

_MOST_CRASHES = 600_000  # until the target is due, in all replications: more would take minutes to simulate


@dataclass(frozen=True, slots=True)
class Target:
    """When it is good enough: all is done by `deadline`, or a share of all within `latency`; in seconds."""

    deadline: float | None = None
    latency: float | None = None
    share: float = 0.95

    def __post_init__(self) -> None:
        if (self.deadline is None) == (self.latency is None):
            raise UsageError("Give a deadline, or a latency and no deadline.")
        if not 0 < (self.deadline or self.latency or 0.0) < inf or not 0 < self.share < 1:
            raise UsageError("A target needs seconds above 0, and a share between 0 and 1.")

    def __str__(self) -> str:
        if self.deadline is not None:
            return f"all done after {self.deadline / 3600:,.4g} h"
        return f"{self.share:.0%} within {self.latency:g} s"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a demand, a target, the price of a worker's hour, and what may go wrong.

    `start_up` is how long a new worker needs until it can work, `crash_every` how far apart crashes are.
    A fleet is judged by `replications` at most, none of which it was chosen by: 59 without a miss are the
    fewest that prove a chance of 95 %, with a confidence of 95 %.
    """

    demand: Demand
    target: Target
    price: float
    start_up: float = 60.0
    crash_every: float = inf
    replications: int = 59
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.price < inf or not 0 <= self.start_up < inf:
            raise UsageError("A price and a start-up time must be 0 or more, and finite.")
        if self.seed < 0 or self.replications < 1:
            raise UsageError("A seed must be 0 or more, and there must be 1 replication or more.")
        self._check_crashes()
        self._check_target()

    @property
    def due(self) -> float:
        """Seconds until the last document has to be there."""
        return self.target.deadline or self.demand.phase.seconds + (self.target.latency or 0.0)

    def jobs_per_bundle(self, bundles: int) -> int:
        """Return how many jobs are tried as one, if there shall be no more than so many bundles."""
        return ceil(self.demand.jobs / bundles)

    def alone(self) -> float:
        """Return the seconds that the share of documents takes which counts, were there no line."""
        some = next(self.demand.one_by_one(np.random.default_rng(0))).service
        return float(np.quantile(some, self.target.share))

    def _check_crashes(self) -> None:
        if not self.crash_every > 0:
            raise UsageError("Crashes must be more than 0 seconds apart.")
        seldom = self.due * self.replications / _MOST_CRASHES
        if self.crash_every < seldom:
            raise UsageError(
                f"Crashes {self.crash_every:g} s apart are too many to simulate; "
                f"let there be {seldom:.3g} s or more between two."
            )

    def _check_target(self) -> None:
        last, target, alone = self.demand.phase.seconds, self.target, self.alone()
        if target.deadline is not None and target.deadline < last + alone:
            raise UsageError(
                f"No fleet can meet this: the last documents are asked for at {last:,.0f} s and take "
                f"{alone:.3g} s by themselves; set the deadline later than {last + alone:,.1f} s."
            )
        if target.latency is not None and target.latency < alone:
            raise UsageError(
                f"No fleet can meet this: {target.share:.0%} of the documents take up to {alone:.3g} s by "
                f"themselves; allow more than that, or make rendering faster."
            )
