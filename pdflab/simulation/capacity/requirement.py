"""The requirement of a fleet: the demand on it, its objective, the price of a worker, and faults.

Read next: pdflab/simulation/capacity/replication.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from pdflab.analysis.columns import Categorical, Floats, concatenate
from pdflab.errors import require
from pdflab.load.plan import Phase
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.fcfs import Jobs

_BLOCK = 65_536  # jobs that are drawn at a time, one by one
_MAX_CRASHES = 600_000  # until the due time, in all replications: more would take minutes to simulate


@dataclass(frozen=True, slots=True)
class Demand:
    """A phase with its count, the service times of each kind, and the share of each kind."""

    phase: Phase
    service: ServiceTimes
    mix: Mapping[str, float]

    def __post_init__(self) -> None:
        is_counted = self.phase.count is not None and sum(self.phase.rates) > 0
        require(is_counted, "A demand needs a number of documents, and a time at which they are asked for.")
        require(self.mean > 0, "Documents that take no time need no workers; set a service time above 0.")

    @property
    def jobs(self) -> int:
        """The number of documents."""
        return self.phase.count or 0

    @property
    def mean(self) -> float:
        """Mean seconds of work for a document."""
        return self.service.moments(self.mix)[0]

    @property
    def mean_elapsed(self) -> float:
        """Mean seconds of work done on a claimed document: E[S²]/2E[S], by renewal theory."""
        mean, scv = self.service.moments(self.mix)
        return mean * (1 + scv) / 2

    @property
    def busy(self) -> Floats:
        """Mean busy workers in each slice of the phase, if no document waits."""
        rates = np.array(self.phase.rates)
        work = rates / rates.sum() * self.jobs * self.mean
        return np.asarray(work * len(rates) / max(self.phase.seconds, self.mean))

    def spiked(self, times: float) -> "Demand":
        """Return the demand with so many times the documents in its densest slice."""
        require(1 <= times < inf, "A spike must be 1 or more, and finite: so many times the densest hour.")
        rates = np.array(self.phase.rates)
        more = (times - 1) * rates.max() / rates.sum()
        rates[rates.argmax()] *= times
        count = round(self.jobs * (1 + more))
        return replace(self, phase=Phase(self.phase.seconds, tuple(rates.tolist()), count))

    def shortened(self, jobs: int) -> "Demand":
        """Return the same rates for a shorter time, with so many documents at most."""
        part = min(1.0, jobs / self.jobs)
        phase = Phase(part * self.phase.seconds, self.phase.rates, round(part * self.jobs))
        return replace(self, phase=phase)

    def bundles(self, jobs_per_bundle: int, rng: np.random.Generator) -> Jobs:
        """Draw all jobs in bundles; each arrives with its last job, and contains the work of all.

        The sum of many service times is nearly gamma distributed; its mean and variance are exact.
        """
        if jobs_per_bundle == 1:
            return concatenate(Jobs, self.one_by_one(rng))
        count = ceil(self.jobs / jobs_per_bundle)
        mean, scv = self.service.moments(self.mix)
        gaps = np.cumsum(rng.gamma(jobs_per_bundle, size=count + 1))
        work = np.full(count, jobs_per_bundle * mean)
        if scv:
            work = rng.gamma(jobs_per_bundle / scv, mean * scv, count)
        return Jobs(self._instants(gaps[:-1] / gaps[-1]), work)

    def times(self, count: int, rng: np.random.Generator) -> Floats:
        """Draw service times for so many documents of the mix."""
        codes = rng.choice(len(self.mix), size=count, p=list(self.mix.values()))
        return self.service.draw(Categorical(codes, tuple(self.mix)), rng)

    def one_by_one(self, rng: np.random.Generator) -> Iterator[Jobs]:
        """Draw all jobs in blocks, one by one: the instants are independent, and sorted.

        The n-th smallest of the uniform shares that are left has a beta distribution; those below it are
        again independent. Source: Devroye, Non-Uniform Random Variate Generation (1986), chapter 5.
        """
        left, reached = self.jobs, 0.0
        while left:
            count = min(left, _BLOCK)
            ahead = (1 - reached) * float(rng.beta(count, left - count + 1))
            steps = np.cumsum(rng.exponential(size=count))
            at = self._instants(reached + ahead * steps / steps[-1])
            yield Jobs(at, self.times(count, rng))
            left, reached = left - count, reached + ahead

    def _instants(self, shares: Floats) -> Floats:
        """Return the instants at which these shares of all documents have arrived."""
        knots = np.linspace(0.0, self.phase.seconds, len(self.phase.rates) + 1)
        arrived = np.concatenate([[0.0], np.cumsum(self.phase.rates)])
        return np.asarray(np.interp(shares, arrived / arrived[-1], knots))


@dataclass(frozen=True, slots=True)
class Objective:
    """All is done by `deadline`, or a `share` of all documents within `latency`; in seconds."""

    deadline: float | None = None
    latency: float | None = None
    share: float = 0.95

    def __post_init__(self) -> None:
        is_one = (self.deadline is None) != (self.latency is None)
        require(is_one, "Give a deadline, or a latency and no deadline.")
        is_possible = 0 < (self.deadline or self.latency or 0.0) < inf and 0 < self.share < 1
        require(is_possible, "A target needs seconds above 0, and a share between 0 and 1.")

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
        is_finite = 0 <= self.price < inf and 0 <= self.start_up < inf
        require(is_finite, "A price and a start-up time must be 0 or more, and finite.")
        is_counted = self.seed >= 0 and self.replications >= 1
        require(is_counted, "A seed must be 0 or more, and there must be 1 replication or more.")
        require(self.crash_every > 0, "Crashes must be more than 0 seconds apart.")
        shortest = self.due * self.replications / _MAX_CRASHES
        advice = f"let there be {shortest:.3g} s or more between two."
        too_many = f"Crashes {self.crash_every:g} s apart are too many to simulate; {advice}"
        require(self.crash_every >= shortest, too_many)
        self._check_objective()

    @property
    def due(self) -> float:
        """Seconds until the last document must be done."""
        return self.objective.deadline or self.demand.phase.seconds + (self.objective.latency or 0.0)

    def service_quantile(self) -> float:
        """Return the service time that the objective's share of documents do not exceed."""
        some = next(self.demand.one_by_one(np.random.default_rng(0))).service
        return float(np.quantile(some, self.objective.share))

    def _check_objective(self) -> None:
        last, objective, service = self.demand.phase.seconds, self.objective, self.service_quantile()
        require(
            (objective.deadline or inf) >= last + service,
            f"No fleet can meet this: the last documents are asked for at {last:,.0f} s and take "
            f"{service:.3g} s by themselves; set the deadline later than {last + service:,.1f} s.",
        )
        require(
            (objective.latency or inf) >= service,
            f"No fleet can meet this: {objective.share:.0%} of the documents take up to {service:.3g} s "
            f"by themselves; allow more than that, or make rendering faster.",
        )
