"""What a plan is asked for: so many documents, spread over some hours, each taking its time.

Read next: simulation/capacity/replication.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

from pdflab.analysis.columns import Categorical
from pdflab.errors import UsageError
from pdflab.load.plan import Phase
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.fcfs import Floats, Jobs

_DRAWN = 65_536  # jobs at a time, when they are drawn one by one


@dataclass(frozen=True, slots=True)
class Demand:
    """A phase with its count, how long each kind takes, and the share of each kind."""

    phase: Phase
    service: ServiceTimes
    mix: Mapping[str, float]

    def __post_init__(self) -> None:
        if self.phase.count is None or not sum(self.phase.rates):
            raise UsageError("A demand needs a number of documents, and a time at which they are asked for.")
        if self.mean <= 0:
            raise UsageError("Documents that take no time need no plan; return a service time above 0.")

    @property
    def jobs(self) -> int:
        """How many documents."""
        return self.phase.count or 0

    @property
    def mean(self) -> float:
        """Seconds of work that a document takes, on average."""
        return self.service.moments(self.mix)[0]

    @property
    def in_hand(self) -> float:
        """Seconds that have gone into a document in hand, on average: E[S²]/2E[S], by renewal theory."""
        mean, scv = self.service.moments(self.mix)
        return mean * (1 + scv) / 2

    @property
    def busy(self) -> Floats:
        """How many workers the documents of each slice keep busy, if they are done as they come."""
        rates = np.array(self.phase.rates)
        work = rates / rates.sum() * self.jobs * self.mean
        busy: Floats = work * len(rates) / max(self.phase.seconds, self.mean)
        return busy

    def spiked(self, times: float) -> "Demand":
        """Return the same with so many times as many documents in its densest slice."""
        if not 1 <= times < inf:
            raise UsageError("A spike must be 1 or more, and finite: so many times the densest hour.")
        rates = np.array(self.phase.rates)
        more = (times - 1) * rates.max() / rates.sum()
        rates[rates.argmax()] *= times
        count = round(self.jobs * (1 + more))
        return replace(self, phase=Phase(self.phase.seconds, tuple(rates.tolist()), count))

    def shortened(self, jobs: int) -> "Demand":
        """Return the same rates for a shorter time, so that no more than so many documents come."""
        part = min(1.0, jobs / self.jobs)
        phase = Phase(part * self.phase.seconds, self.phase.rates, round(part * self.jobs))
        return replace(self, phase=phase)

    def bundles(self, jobs_per_bundle: int, rng: np.random.Generator) -> Jobs:
        """Draw it all, `jobs_per_bundle` jobs a bundle: it comes with the last of them, and takes as long
        as all.

        The sum of many times has a gamma distribution, nearly; its mean and variance are right.
        """
        if jobs_per_bundle == 1:
            return _join(self.one_by_one(rng))
        count = ceil(self.jobs / jobs_per_bundle)
        mean, scv = self.service.moments(self.mix)
        gaps = np.cumsum(rng.gamma(jobs_per_bundle, size=count + 1))
        work = (
            rng.gamma(jobs_per_bundle / scv, mean * scv, count)
            if scv
            else np.full(count, jobs_per_bundle * mean)
        )
        return Jobs(self._instants(gaps[:-1] / gaps[-1]), work)

    def times(self, count: int, rng: np.random.Generator) -> Floats:
        """Draw how long so many documents of the mix take."""
        codes = rng.choice(len(self.mix), size=count, p=list(self.mix.values()))
        return self.service.draw(Categorical(codes, tuple(self.mix)), rng)

    def one_by_one(self, rng: np.random.Generator) -> Iterator[Jobs]:
        """Draw it job by job, in blocks: the instants are independent, and sorted.

        Of so many shares that are left, the n-th smallest has a beta distribution; those below it are again
        independent. (Devroye, Non-Uniform Random Variate Generation, 1986, ch. 5)
        """
        left, reached = self.jobs, 0.0
        while left:
            count = min(left, _DRAWN)
            ahead = (1 - reached) * float(rng.beta(count, left - count + 1))
            steps = np.cumsum(rng.exponential(size=count))
            at = self._instants(reached + ahead * steps / steps[-1])
            yield Jobs(at, self.times(count, rng))
            left, reached = left - count, reached + ahead

    def _instants(self, shares: Floats) -> Floats:
        """Return when these shares of all documents have been asked for."""
        knots = np.linspace(0.0, self.phase.seconds, len(self.phase.rates) + 1)
        come = np.concatenate([[0.0], np.cumsum(self.phase.rates)])
        instants: Floats = np.interp(shares, come / come[-1], knots)
        return instants


def _join(blocks: Iterator[Jobs]) -> Jobs:
    parts = list(blocks)
    return Jobs(np.concatenate([part.at for part in parts]), np.concatenate([part.service for part in parts]))
