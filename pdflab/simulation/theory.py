"""Queueing theory: what formulas say about a queue, without simulation.

    λ  lambda  arrival rate: jobs a second
    μ  mu      service rate: jobs that one worker does a second; 1/μ is the mean service time
    c          workers
    a          offered load, λ/μ: mean busy workers, if there are enough ("erlangs")
    ρ  rho     utilisation, λ/(cμ): the share of its time in which a worker is busy
    L          mean jobs in the system, waiting or in service; Lq those that wait
    W          mean seconds in the system; Wq those of waiting
    SCV        squared coefficient of variation, variance ÷ mean²: 0 for a clock, 1 for exponential times

Rates are per second and times in seconds. All formulas but those of the spike and of scalability describe the
long run, with constant rates. Published values are in tests/simulation/test_theory.py.

Read next: pdflab/simulation/knee.py.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil, inf, log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from pdflab.analysis.columns import Floats
from pdflab.errors import require

_NEGLIGIBLE = 1e-15  # the probability of a state that is left out
_FIT_STEPS, _FIT_HALVINGS = 200, 40  # at most, and of each step


@dataclass(frozen=True, slots=True)
class LongRun:
    """A queue in the long run. Figures that a formula does not provide are None."""

    utilisation: float  # ρ
    waiting: float  # Wq, seconds
    latency: float  # W, seconds
    queue_length: float  # Lq, jobs
    jobs: float  # L, jobs
    wait_probability: float | None = None  # that a job has to wait at all
    reneged_share: float = 0.0  # of clients that leave the queue


def little(arrival_rate: float, latency: float) -> float:
    """Return L = λW, if all jobs that arrive also leave. Source: Little, Operations Research 9 (1961)."""
    return arrival_rate * latency


def mm1(arrival_rate: float, service_rate: float) -> LongRun:
    """Describe M/M/1, which is M/M/c with one worker: W = 1/(μ − λ)."""
    return mmc(arrival_rate, service_rate, 1)


def erlang_b(load: float, workers: int) -> float:
    """Return the share of jobs that M/M/c/c refuses, without a queue: B(n) = aB(n−1)/(n + aB(n−1)).

    `load` is a = λ/μ. Assumes Poisson arrivals; the service times may have any distribution.
    Source: Erlang (1917); the recursion is in Cooper, Introduction to Queueing Theory (1981), section 3.3.
    """
    require(load > 0, "The offered load must be positive.")
    require(workers >= 0, "There cannot be fewer than 0 workers.")
    blocked = 1.0
    for n in range(1, workers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, workers: int) -> float:
    """Return the share of jobs that have to wait in M/M/c: C = B/(1 − ρ(1 − B)), B being Erlang's B.

    `load` is a = λ/μ. Assumes Poisson arrivals, exponential service times, first come, first served.
    Source: Cooper, Introduction to Queueing Theory (1981), section 3.4. Raises UsageError unless a < c.
    """
    ρ = _utilisation(load, 1.0, workers)
    blocked = erlang_b(load, workers)
    return blocked / (1 - ρ * (1 - blocked))


def mmc(arrival_rate: float, service_rate: float, workers: int) -> LongRun:
    """Describe M/M/c: Wq = C/(cμ − λ). Assumptions, source and error are those of erlang_c."""
    λ, μ, c = arrival_rate, service_rate, workers
    ρ = _utilisation(λ, μ, c)
    has_to_wait = erlang_c(λ / μ, c)
    return _long_run(λ, ρ, has_to_wait / (c * μ - λ), 1 / μ, has_to_wait)


def mmc_waiting_percentile(arrival_rate: float, service_rate: float, workers: int, *, share: float) -> float:
    """Return the wait that a `share` of jobs do not exceed in M/M/c, from P(wait > t) = C·exp(−(cμ − λ)t)."""
    require(0 <= share < 1, "A share must be at least 0 and below 1.")
    λ, μ, c = arrival_rate, service_rate, workers
    return max(0.0, log(erlang_c(λ / μ, c) / (1 - share)) / (c * μ - λ))


def mg1(arrival_rate: float, mean: float, scv: float) -> LongRun:
    """Describe M/G/1, of which M/D/1 is the case of SCV 0: Wq = ρ/(1 − ρ) · (1 + SCV)/2 · mean.

    `mean` and `scv` are those of the service times. Assumes Poisson arrivals, first come, first served.
    Source: Pollaczek (1930) and Khinchine (1932). Raises UsageError unless λ·mean < 1.
    """
    require(mean > 0, "The mean service time must be positive.")
    return allen_cunneen(arrival_rate, 1 / mean, 1, service_scv=scv)


def allen_cunneen(
    arrival_rate: float, service_rate: float, workers: int, *, arrival_scv: float = 1.0, service_scv: float
) -> LongRun:
    """Describe G/G/c, about: Wq is that of M/M/c times (SCV of the gaps + SCV of the service times)/2.

    An approximation: exact for M/M/c and M/G/1, within a few percent of M/G/c in heavy traffic.
    Source: Allen, Probability, Statistics, and Queueing Theory (1990), section 5.3.
    """
    require(min(arrival_scv, service_scv) >= 0, "A squared coefficient of variation cannot be negative.")
    exact = mmc(arrival_rate, service_rate, workers)
    waiting = exact.waiting * (arrival_scv + service_scv) / 2
    return _long_run(arrival_rate, exact.utilisation, waiting, 1 / service_rate, exact.wait_probability)


def erlang_a(arrival_rate: float, service_rate: float, workers: int, *, patience: float) -> LongRun:
    """Describe M/M/c+M, Erlang A: each client leaves the queue after an exponential time.

    `patience` is its mean, 1/θ. The probability of n clients follows from that of n − 1: they arrive with λ,
    and leave with min(n, c)μ + max(n − c, 0)θ. Waiting and latency are means of all clients, at any load.
    Source: Palm (1946); Mandelbaum and Zeltyn, Service engineering in action: the Palm/Erlang-A queue (2007).
    """
    require(arrival_rate > 0 and service_rate > 0 and patience > 0, "Rates and patience must be positive.")
    require(patience < inf, "Endless patience is Erlang C: see mmc.")
    λ, μ, θ, c = arrival_rate, service_rate, 1 / patience, workers
    logs = [0.0]
    while len(logs) <= c or logs[-1] - max(logs) > log(_NEGLIGIBLE):
        n = len(logs)
        logs.append(logs[-1] + log(λ / (min(n, c) * μ + max(n - c, 0) * θ)))
    chance = np.exp(np.array(logs) - max(logs))
    chance /= chance.sum()
    clients = np.arange(len(chance))
    waiting, busy = float(chance @ np.maximum(clients - c, 0)), float(chance @ np.minimum(clients, c))
    jobs, has_to_wait = waiting + busy, float(chance[c:].sum())
    return LongRun(busy / c, waiting / λ, jobs / λ, waiting, jobs, has_to_wait, θ * waiting / λ)


def square_root_staffing(load: float, *, wait_probability: float) -> int:
    """Return c = a + β√a, the workers with which about that share of jobs has to wait.

    β solves 1/(1 + β·Φ(β)/φ(β)) = wait probability. An approximation of erlang_c for many workers: it may
    be one worker short, and two for wait probabilities below 0.01.
    Source: Halfin and Whitt, Heavy-traffic limits for queues with many exponential servers, OR 29 (1981).
    """
    require(load > 0, "The offered load must be positive.")
    require(0 < wait_probability < 1, "A wait probability lies between 0 and 1.")
    grades = range(40_000_000)  # in millionths
    β = bisect_left(grades, -wait_probability, key=lambda grade: -halfin_whitt(grade / 1e6)) / 1e6
    return ceil(load + β * sqrt(load))


def halfin_whitt(beta: float) -> float:
    """Return the share of jobs that have to wait with a + β√a workers, as a grows. Source as above."""
    normal = NormalDist()
    return 1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta))


@dataclass(frozen=True, slots=True)
class Backlog:
    """The backlog of a spike."""

    peak: float  # jobs in the queue when the spike ends
    longest_wait: float  # seconds, of the last job of the spike
    cleared_after: float  # seconds from the start of the spike until the queue is empty; inf if never


def fluid_backlog(spike_rate: float, *, seconds: float, capacity: float, baseline_rate: float = 0) -> Backlog:
    """Describe a spike by the fluid model: it fills at spike rate − cμ, and drains at cμ − baseline rate.

    `capacity` is cμ, jobs a second. Assumes an empty queue before, and no chance.
    Source: Newell, Applications of Queueing Theory (1982), chapter 2.
    """
    require(capacity > 0, "Without capacity no spike ever ends.")
    require(min(spike_rate, seconds, baseline_rate) >= 0, "Rates and seconds cannot be negative.")
    peak, spare = (spike_rate - capacity) * seconds, capacity - baseline_rate
    if peak <= 0:
        return Backlog(0.0, 0.0, 0.0)
    return Backlog(peak, peak / capacity, seconds + peak / spare if spare > 0 else inf)


@dataclass(frozen=True, slots=True)
class Scalability:
    """The universal scalability law: throughput(N) = γN/(1 + α(N − 1) + βN(N − 1))."""

    alone: float  # γ, jobs a second of one worker
    contention: float  # α, the share of work that cannot be done in parallel
    crosstalk: float  # β, the loss for each pair of workers

    def throughput(self, workers: ArrayLike) -> ArrayLike:
        """Return the throughput of so many workers, in jobs a second."""
        n = np.asarray(workers, dtype=np.float64)
        γ, α, β = self.alone, self.contention, self.crosstalk
        return γ * n / (1 + α * (n - 1) + β * n * (n - 1))

    @property
    def peak(self) -> float:
        """The number of workers with the highest throughput: √((1 − α)/β)."""
        return sqrt((1 - self.contention) / self.crosstalk) if self.crosstalk > 0 else inf


def fit_scalability(workers: ArrayLike, throughput: ArrayLike) -> Scalability:
    """Fit the universal scalability law to four measurements or more, by least squares of the throughput.

    Source: Gunther, Guerrilla Capacity Planning (2007), chapter 5. Raises UsageError for too few of them.
    """
    n, x = np.asarray(workers, dtype=np.float64), np.asarray(throughput, dtype=np.float64)
    require(n.ndim == 1 and n.shape == x.shape, "A scalability fit needs a throughput for each measurement.")
    require(len(set(n.tolist())) >= 4, "A scalability fit needs 4 numbers of workers or more.")
    require(bool(np.all((n > 0) & (x > 0) & np.isfinite(n * x))), "Workers and throughput must be positive.")
    costs = _fit_costs(n, x / x.max())
    require(costs[0] > _NEGLIGIBLE, "Measure with 1 worker, too: this does not show its throughput.")
    γ, α, β = (np.array([x.max(), costs[1], costs[2]]) / costs[0]).tolist()
    return Scalability(γ, α, β)


def _fit_costs(n: Floats, x: Floats) -> Floats:
    """Return 1/γ, α/γ and β/γ, none below 0, by the Gauss–Newton method from a law without any loss."""
    terms, least = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1), np.array([_NEGLIGIBLE, 0, 0])
    costs: Floats = np.array([np.median(n / x), 0, 0])
    for _ in range(_FIT_STEPS):
        fitted, missing, step = n / (terms @ costs), x - n / (terms @ costs), np.zeros(3)
        slope = -terms * (fitted**2 / n)[:, None]
        free = (costs > least) | (slope.T @ missing > 0)
        step[free] = np.linalg.lstsq(slope[:, free], missing, rcond=None)[0]
        shorter = (np.maximum(costs + step / 2**halvings, least) for halvings in range(_FIT_HALVINGS))
        unfitted = np.square(missing).sum()
        better = (c for c in shorter if np.square(x - n / (terms @ c)).sum() < unfitted)
        costs, before = next(better, costs), costs
        if costs is before:
            break
    return costs


def _utilisation(arrival_rate: float, service_rate: float, workers: int) -> float:
    require(arrival_rate > 0 and service_rate > 0, "Rates must be positive.")
    require(workers >= 1, "There must be 1 worker or more.")
    ρ = arrival_rate / (workers * service_rate)
    work = f"Work for {ρ * workers:g} workers comes to {workers}"
    require(ρ < 1, f"{work}: the queue grows for ever; add workers.")
    return ρ


def _long_run(λ: float, ρ: float, waiting: float, service: float, chance: float | None = None) -> LongRun:
    latency = waiting + service
    return LongRun(ρ, waiting, latency, little(λ, waiting), little(λ, latency), chance)
