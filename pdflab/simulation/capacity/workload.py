"""The demand on a fleet: a number of documents over some hours, and their service times.

Read next: pdflab/simulation/capacity/requirement.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from pdflab.analysis.columns import Categorical, Floats
from pdflab.errors import UsageError
from pdflab.load.plan import Phase
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.fcfs import Jobs

_BLOCK = 65_536  # jobs that are drawn at a time, one by one


@dataclass(frozen=True, slots=True)
class Demand:
    """A phase with its count, the service times of each kind, and the share of each kind."""

    phase: Phase
    service: ServiceTimes
    mix: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.phase.count is None or not sum(self.phase.rates):
            raise UsageError("A demand needs a number of documents, and a time at which they are asked for.")
        if self.mean <= 0:
            raise UsageError("Documents that take no time need no workers; set a service time above 0.")

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
        busy: Floats = work * len(rates) / max(self.phase.seconds, self.mean)
        return busy

    def spiked(self, times: float) -> "Demand":
        """Return the demand with so many times the documents in its densest slice."""
        if not 1 <= times < inf:
            raise UsageError("A spike must be 1 or more, and finite: so many times the densest hour.")
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
            parts = list(self.one_by_one(rng))
            return Jobs(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("at", "service")))
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
        instants: Floats = np.interp(shares, arrived / arrived[-1], knots)
        return instants
