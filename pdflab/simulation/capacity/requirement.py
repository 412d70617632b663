"""The requirement of a fleet: demand, objective, price, and faults.

Read next: pdflab/simulation/capacity/replication.py.
"""

from dataclasses import dataclass
from math import inf

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.capacity.workload import Demand

_MAX_CRASHES = 600_000  # until the due time, in all replications: more would take minutes to simulate


@dataclass(frozen=True, slots=True)
class Objective:
    """All is done by `deadline`, or a `share` of all documents within `latency`; in seconds."""

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
class Requirement:
    """A demand, an objective, the price of a worker's hour, and faults.

    `start_up` is the time until a new worker is ready, `crash_every` the mean time between crashes. A fleet
    is judged by `replications` at most, on seeds that did not select it. 59 successes of 59 are the fewest
    that prove a chance of 95 % with a confidence of 95 %.
    """

    demand: Demand
    objective: Objective
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
        self._check_objective()

    @property
    def due(self) -> float:
        """Seconds until the last document must be done."""
        return self.objective.deadline or self.demand.phase.seconds + (self.objective.latency or 0.0)

    def service_quantile(self) -> float:
        """Return the service time that the objective's share of documents do not exceed."""
        some = next(self.demand.one_by_one(np.random.default_rng(0))).service
        return float(np.quantile(some, self.objective.share))

    def _check_crashes(self) -> None:
        if not self.crash_every > 0:
            raise UsageError("Crashes must be more than 0 seconds apart.")
        shortest = self.due * self.replications / _MAX_CRASHES
        if self.crash_every < shortest:
            raise UsageError(
                f"Crashes {self.crash_every:g} s apart are too many to simulate; "
                f"let there be {shortest:.3g} s or more between two."
            )

    def _check_objective(self) -> None:
        last, objective, service = self.demand.phase.seconds, self.objective, self.service_quantile()
        if objective.deadline is not None and objective.deadline < last + service:
            raise UsageError(
                f"No fleet can meet this: the last documents are asked for at {last:,.0f} s and take "
                f"{service:.3g} s by themselves; set the deadline later than {last + service:,.1f} s."
            )
        if objective.latency is not None and objective.latency < service:
            raise UsageError(
                f"No fleet can meet this: {objective.share:.0%} of the documents take up to {service:.3g} s "
                f"by themselves; allow more than that, or make rendering faster."
            )
