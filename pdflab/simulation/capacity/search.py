"""Finds the smallest fleet that meets a requirement, its cost, and its confidence.

The search uses one seed and bundles of jobs (replication.py): ten million jobs are too many to simulate for
each candidate. Other seeds then judge the result, for a static fleet also on every single job. While one of
them misses the objective, workers are added, and new seeds judge again.

Read next: pdflab/experiments/capacity.py.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from math import ceil, comb
from statistics import median

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.simulation.autoscaling import Keda, Scaling, Schedule
from pdflab.simulation.capacity.replication import (
    STATIC_BUNDLES,
    Replication,
    check_bundles,
    every_job,
    in_bundles,
    is_static,
    jobs_per_bundle,
)
from pdflab.simulation.capacity.requirement import Requirement
from pdflab.simulation.model import Model

FIXED, SCHEDULED, AUTOSCALED = "fixed", "scheduled", "autoscaled"

_EVENT_REPLICATIONS = 20  # at most: event by event, each takes a tenth of a second
_FINER, _FINER_REPLICATIONS = 10, 2  # times as many bundles, for a latency objective: a second or two each
_EVERY_JOB = 20_000_000  # jobs, in all replications with every job: some seconds
_POLL = 15.0  # seconds between two polls of the autoscaler
_ROUNDS = 8  # of adding workers until every replication meets the objective


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """A fleet, and in how many of its `replications` it `met` the objective; none of them selected it.

    The figures are medians, of the replications with every single job if there are any.
    """

    policy: str
    model: Model
    workers: int  # at most, at a time
    finished: float  # seconds
    latency: float  # of the objective's share; nan if bundles are too coarse
    cost: float
    met: int
    replications: int
    staffing: Sequence[tuple[float, int]]  # of one replication: the workers from each instant on
    waiting: tuple[Floats, Floats]  # of the same one: instants, and the queue depth at each

    @property
    def confidence(self) -> float:
        """The share of replications that met the objective, from 0 to 1."""
        return self.met / self.replications

    @property
    def at_least(self) -> float:
        """The proven chance of meeting the objective, with a confidence of 95 %."""
        return chance_at_least(self.met, self.replications)

    @property
    def is_sure(self) -> bool:
        """Whether every replication met the objective."""
        return self.met == self.replications


def fixed(requirement: Requirement) -> FleetPlan:
    """Return the smallest fleet with a constant number of workers."""
    return _smallest(requirement, FIXED, partial(_model, requirement))


def scheduled(requirement: Requirement) -> FleetPlan:
    """Return the smallest schedule that follows the demand slice by slice, and ends with its maximum."""
    busy, seconds = requirement.demand.busy, requirement.demand.phase.seconds

    def model(percent: int) -> Model:
        workers = np.maximum(np.ceil(percent / 100 * busy), 1).astype(int).tolist()
        starts = np.linspace(0.0, seconds, len(workers) + 1).tolist()
        steps = tuple(zip(starts, [*workers, max(workers)], strict=True))
        return _model(requirement, workers[0], Schedule(steps if seconds else steps[-1:]))

    return _smallest(requirement, SCHEDULED, model)


def autoscaled(requirement: Requirement) -> FleetPlan:
    """Return the smallest limit for KEDA's rule, with one worker for its jobs between two polls."""

    def model(most: int) -> Model:
        return _model(requirement, 1, Keda(jobs_a_worker(requirement), least=1, most=most, poll=_POLL))

    return _smallest(requirement, AUTOSCALED, model)


def jobs_a_worker(requirement: Requirement) -> float:
    """Return the queue depth for which KEDA's rule starts one more worker."""
    return max(1.0, _POLL / requirement.demand.mean)


def try_fleet(requirement: Requirement, policy: str, model: Model) -> FleetPlan:
    """Simulate a fleet in all replications, in bundles. Raises UsageError if they are too coarse."""
    check_bundles(requirement, model)
    numbers = range(1, 1 + _replication_count(requirement, model))
    results = [in_bundles(requirement, model, number) for number in numbers]
    return _fleet_plan(requirement, policy, model, results)


@cache
def chance_at_least(met: int, tried: int) -> float:
    """Return the chance of success that so many successes prove with a confidence of 95 %.

    With this chance, as many successes or more come about in one of twenty cases.
    Source: Clopper and Pearson, The use of confidence or fiducial limits, Biometrika 26 (1934), one-sided.
    """

    def as_many(billionths: int) -> float:
        p = billionths / 1e9
        return sum(comb(tried, n) * p**n * (1 - p) ** (tried - n) for n in range(met, tried + 1))

    return bisect_left(range(10**9), 0.05, key=as_many) / 1e9


def _smallest(requirement: Requirement, policy: str, model: Callable[[int], Model]) -> FleetPlan:
    """Find the smallest size by bisection, then add workers until fresh replications meet the objective.

    Raises UsageError if bundles are too coarse for the objective, and every job cannot be simulated.
    """
    check_bundles(requirement, model(1))
    demand = requirement.demand
    most = min(demand.jobs, 100 * ceil(float(demand.busy.max()) + 1), STATIC_BUNDLES)

    def meets(size: int) -> bool:
        return in_bundles(requirement, model(size), 0).meets(requirement.objective)

    size = bisect_left(range(most), True, 1, key=meets)
    if size == most and not meets(most):
        return try_fleet(requirement, policy, model(most))
    # the one seed of the search may be unlucky
    less = max(1, size // 50) if jobs_per_bundle(requirement, model(size)) == 1 else 0
    return _judged(requirement, policy, model, max(1, size - less))


def _judged(requirement: Requirement, policy: str, model: Callable[[int], Model], size: int) -> FleetPlan:
    """Add workers until all replications meet the objective; each replication has its own seed."""
    fresh = count(1)
    for round_ in range(_ROUNDS):
        results = []
        for result in _judge(requirement, model(size), fresh):
            results.append(result)
            if not result.meets(requirement.objective):
                break
        else:
            return _fleet_plan(requirement, policy, model(size), results)
        size += max(1, size * 2**round_ // 400)
    return _fleet_plan(requirement, policy, model(size), list(_judge(requirement, model(size), fresh)))


def _judge(requirement: Requirement, model: Model, fresh: Iterator[int]) -> Iterator[Replication]:
    """Simulate all replications: with every job if possible, else in bundles, some of them finer."""
    replications, static = _replication_count(requirement, model), is_static(requirement, model)
    fine = max(1, _EVERY_JOB // requirement.demand.jobs) if static else _FINER_REPLICATIONS
    if jobs_per_bundle(requirement, model) == 1 or not (static or requirement.objective.latency):
        fine = 0
    for left in range(replications, 0, -1):
        if left > fine:
            yield in_bundles(requirement, model, next(fresh))
        elif static:
            yield every_job(requirement, model.workers, next(fresh))
        else:
            yield in_bundles(requirement, model, next(fresh), finer=_FINER)


def _fleet_plan(
    requirement: Requirement, policy: str, model: Model, results: Sequence[Replication]
) -> FleetPlan:
    size = min(result.jobs_per_bundle for result in results)
    finest = [result for result in results if result.jobs_per_bundle == size]
    return FleetPlan(
        policy,
        model,
        workers=max(workers for result in results for _, workers in result.staffing),
        finished=median(result.finished for result in finest),
        latency=float(np.median([result.latency for result in finest])),
        cost=median(result.billed for result in finest) / 3600 * requirement.price,
        met=sum(result.meets(requirement.objective) for result in results),
        replications=len(results),
        staffing=finest[0].staffing,
        waiting=finest[0].waiting,
    )


def _replication_count(requirement: Requirement, model: Model) -> int:
    asked = requirement.replications
    return asked if is_static(requirement, model) else min(asked, _EVENT_REPLICATIONS)


def _model(requirement: Requirement, workers: int, scaling: Scaling | None = None) -> Model:
    return Model(workers=workers, start_up=requirement.start_up, scaling=scaling)
