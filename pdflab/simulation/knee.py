"""The knee: how the wait grows with the utilisation of the workers, by simulation of many queues at once.

Each step serves one job of every queue, by the recursion of simulation/fcfs.py on columns. So 400 queues of
10,000 jobs need 10,000 steps of a few array operations, and no compiler.

Read next: pdflab/simulation/goodput.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.errors import require
from pdflab.simulation.theory import allen_cunneen

_WARM_UP = 0.2  # the share of jobs that is left out: they find a queue that began empty
_UTILISATIONS = tuple(
    percent / 100
    for percent in (10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 80, 82, 84, 86, 88, 90, 92, 94, 95, 96)
)


@dataclass(frozen=True, slots=True, eq=False)
class Knee:
    """Waits in service times: a row for each utilisation, a column for each seed."""

    workers: int
    cv: float  # coefficient of variation of the service times
    utilisation: Floats
    mean: Floats
    p95: Floats  # the smallest wait that 95 % of jobs do not exceed

    @property
    def theory(self) -> Floats:
        """The mean waits of Allen and Cunneen: exact for a cv of 1 (Erlang C) and for one worker."""
        rates = (self.utilisation * self.workers).tolist()
        waits = [allen_cunneen(rate, 1.0, self.workers, service_scv=self.cv**2).waiting for rate in rates]
        return np.array(waits)


def simulate_knee(
    utilisation: Iterable[float] = _UTILISATIONS,
    *,
    workers: int = 2,
    cv: float = 1.0,
    jobs: int = 10_000,
    seeds: int = 20,
) -> Knee:
    """Simulate M/G/c at each utilisation with each seed, and return the waits.

    Service times are gamma distributed with a mean of 1: constant for a cv of 0, exponential for 1. A seed
    has the same jobs at each utilisation, only closer together: its waits grow from each one to the next.
    """
    loads = np.array(list(utilisation), dtype=np.float64)
    require(len(loads) > 0 and bool(np.all((loads > 0) & (loads < 1))), "A utilisation lies between 0 and 1.")
    require(cv >= 0, "A coefficient of variation cannot be negative.")
    require(min(workers, jobs, seeds) >= 1, "A knee needs 1 worker, 1 job and 1 seed or more.")
    at, service = _draw(loads * workers, cv, jobs, seeds)
    waits = (serve_side_by_side(at, service, workers) - at)[int(_WARM_UP * jobs) :]
    p95 = np.percentile(waits, 95, axis=0, method="inverted_cdf")
    return Knee(workers, cv, loads, waits.mean(axis=0), p95)


def serve_side_by_side(at: Floats, service: Floats, workers: int) -> Floats:
    """Return the instant at which each job starts in independent queues.

    A row has the n-th job of each queue; those of `service` are broadcast. The result equals that of
    `fcfs.serve` for each queue, to the last bit. `free` has a row for each worker, in the order in which they
    are free: the one that starts a job moves back to its place.
    """
    started, end = np.empty_like(at), np.empty_like(at[0])
    free = np.zeros((workers, *end.shape))
    for arrives, seconds, starts in zip(at, service, started, strict=True):
        np.maximum(arrives, free[0], out=starts)
        np.add(starts, seconds, out=end)
        for place in range(1, workers):
            np.minimum(end, free[place], out=free[place - 1])
            np.maximum(end, free[place], out=end)
        free[-1] = end
    return started


def _draw(rates: Floats, cv: float, jobs: int, seeds: int) -> tuple[Floats, Floats]:
    """Return arrivals, by job, rate and seed; and service times, by job and seed, the same at each rate."""
    streams = [np.random.default_rng(seed) for seed in range(seeds)]
    at = np.stack([np.cumsum(rng.standard_exponential(jobs)) for rng in streams], axis=1)
    service = [rng.gamma(1 / cv**2, cv**2, jobs) if cv else np.ones(jobs) for rng in streams]
    return at[:, None, :] / rates[:, None], np.stack(service, axis=1)[:, None, :]
