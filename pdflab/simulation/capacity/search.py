"""How many workers so much work needs in time, what they cost, and how sure that is.

A size is searched for with one seed, in bundles of jobs (simulation/capacity/replication.py): ten million
are too many to try one
fleet after another on. What is found is then judged on seeds that had no part in the search, a fixed fleet on
every single job, too. While one of them misses the target, workers are added, and new seeds judge.

Read next: simulation/capacity/replication.py and simulation/capacity/requirement.py, which are asked;
../planning.py, which shows the answers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, takewhile
from math import ceil
from statistics import median

import numpy as np

from pdflab.simulation.autoscaling import Keda, Scaling, Schedule
from pdflab.simulation.capacity.confidence import chance_at_least
from pdflab.simulation.capacity.replication import (
    LINE_BUNDLES,
    Trial,
    check_grain,
    every_job,
    grain_of,
    in_bundles,
    is_static,
)
from pdflab.simulation.capacity.requirement import (
    Question as Question,  # a plan is asked for through this file
)
from pdflab.simulation.capacity.requirement import Target as Target
from pdflab.simulation.fcfs import Floats
from pdflab.simulation.model import Model

FIXED, SCHEDULED, AUTOSCALED = "fixed", "scheduled", "autoscaled"

_EVENT_REPLICATIONS = 20  # at most: event by event, each takes a tenth of a second
_FINER, _FINER_REPLICATIONS = 10, 2  # times as many bundles, where latency counts: a second or two each
_EVERY_JOB = 20_000_000  # jobs, in all replications that try each of them: some seconds
_LOOK = 15.0  # seconds between two looks of the autoscaler
_NEVER = 1_000_000
_ROUNDS = 8  # of adding workers until every replication meets the target


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fleet, and in how many of its `replications` it `met` the target. It was chosen by none of them.

    The figures are medians, of those replications that tried every single job where some did.
    """

    policy: str
    model: Model
    workers: int  # at most, at a time
    finished: float  # seconds
    latency: float  # of the share that counts; nan where bundles are too coarse to tell
    cost: float
    met: int
    replications: int
    staffing: Sequence[tuple[float, int]]  # of one replication: from each instant on, so many workers
    line: tuple[Floats, Floats]  # of the same one: instants, and the jobs that waited then

    @property
    def confidence(self) -> float:
        """The share of the replications that met the target, from 0 to 1."""
        return self.met / self.replications

    @property
    def at_least(self) -> float:
        """The chance to meet the target, at least: with a confidence of 95 %, by Clopper and Pearson."""
        return chance_at_least(self.met, self.replications)

    @property
    def is_sure(self) -> bool:
        """Return whether no replication missed the target."""
        return self.met == self.replications


def fixed(question: Question) -> Proposal:
    """Find the least number of workers who are there from beginning to end."""
    return _smallest(question, FIXED, partial(_model, question))


def scheduled(question: Question) -> Proposal:
    """Find the least timetable that follows the demand slice by slice, and goes on with the most of it."""
    busy, seconds = question.demand.busy, question.demand.phase.seconds

    def model(percent: int) -> Model:
        workers = np.maximum(np.ceil(percent / 100 * busy), 1).astype(int).tolist()
        starts = np.linspace(0.0, seconds, len(workers) + 1).tolist()
        steps = tuple(zip(starts, [*workers, max(workers)], strict=True))
        timetable = Schedule(steps if seconds else steps[-1:], start_up=question.start_up)
        return _model(question, workers[0], timetable)

    return _smallest(question, SCHEDULED, model)


def autoscaled(question: Question) -> Proposal:
    """Find the least limit for KEDA's rule, with a worker for as many jobs as it does between two looks."""

    def model(most: int) -> Model:
        jobs, start_up = jobs_a_worker(question), question.start_up
        return _model(question, 1, Keda(jobs, least=1, most=most, start_up=start_up, look=_LOOK))

    return _smallest(question, AUTOSCALED, model)


def jobs_a_worker(question: Question) -> float:
    """Return the jobs in the line for which KEDA's rule calls one more worker."""
    return max(1.0, _LOOK / question.demand.mean)


def try_fleet(question: Question, policy: str, model: Model) -> Proposal:
    """Try a fleet in all replications, in bundles. Raises UsageError where they are too coarse."""
    check_grain(question, model)
    trials = [in_bundles(question, model, 1 + number) for number in range(_replications(question, model))]
    return _propose(question, policy, model, trials)


def _smallest(question: Question, policy: str, model: Callable[[int], Model]) -> Proposal:
    """Find the smallest size that meets the target: double, halve, then add until fresh replications do.

    Raises UsageError where bundles are too coarse for the target, and every job cannot be tried.
    """
    check_grain(question, model(1))
    most = min(question.demand.jobs, 100 * ceil(float(question.demand.busy.max()) + 1), LINE_BUNDLES)
    sizes = takewhile(lambda size: size < most, (2**power for power in range(64)))
    large = next((size for size in sizes if _meets(question, model(size))), most)
    small = large // 2
    while large - small > max(1, small // 200):
        middle = (small + large) // 2
        small, large = (small, middle) if _meets(question, model(middle)) else (middle, large)
    if large == most and not _meets(question, model(most)):
        return try_fleet(question, policy, model(most))
    less = max(1, large // 50) if grain_of(question, model(large)) == 1 else 0  # the one seed may be unlucky
    return _judged(question, policy, model, max(1, large - less))


def _judged(question: Question, policy: str, model: Callable[[int], Model], size: int) -> Proposal:
    """Add workers until all of so many replications meet the target; each of them has a seed of its own."""
    fresh = count(1)
    for round_ in range(_ROUNDS):
        trials = list(_until_missed(question, _judge(question, model(size), fresh)))
        if trials[-1].meets(question.target):
            return _propose(question, policy, model(size), trials)
        size += max(1, size * 2**round_ // 400)
    return _propose(question, policy, model(size), list(_judge(question, model(size), fresh)))


def _judge(question: Question, model: Model, fresh: Iterator[int]) -> Iterator[Trial]:
    """Try a fleet in all replications: in bundles, some of them finer, or on every job, where that can be."""
    replications, fine = _replications(question, model), 0
    line, bundled = is_static(question, model), grain_of(question, model) > 1
    if bundled and line:
        fine = min(max(1, _EVERY_JOB // question.demand.jobs), replications)
    elif bundled and question.target.latency is not None:
        fine = min(_FINER_REPLICATIONS, replications)
    for _ in range(replications - fine):
        yield in_bundles(question, model, next(fresh))
    for _ in range(fine):
        if line:
            yield every_job(question, model.workers, next(fresh), until=question.due)
        else:
            yield in_bundles(question, model, next(fresh), finer=_FINER)


def _until_missed(question: Question, trials: Iterator[Trial]) -> Iterator[Trial]:
    for trial in trials:
        yield trial
        if not trial.meets(question.target):
            return


def _propose(question: Question, policy: str, model: Model, trials: Sequence[Trial]) -> Proposal:
    jobs_per_bundle = min(trial.jobs_per_bundle for trial in trials)
    finest = [trial for trial in trials if trial.jobs_per_bundle == jobs_per_bundle]
    return Proposal(
        policy,
        model,
        workers=max(workers for trial in trials for _, workers in trial.staffing),
        finished=median(trial.finished for trial in finest),
        latency=float(np.median([trial.latency for trial in finest])),
        cost=median(trial.billed for trial in finest) / 3600 * question.price,
        met=sum(trial.meets(question.target) for trial in trials),
        replications=len(trials),
        staffing=finest[0].staffing,
        line=finest[0].line,
    )


def _replications(question: Question, model: Model) -> int:
    most = question.replications if is_static(question, model) else _EVENT_REPLICATIONS
    return min(most, question.replications)


def _model(question: Question, workers: int, scaling: Scaling | None = None) -> Model:
    """Describe a fleet. A bundle is many jobs: crashes may undo it ever so often, and it has not failed."""
    return Model(workers=workers, restart=question.start_up, scaling=scaling, max_crashes=_NEVER)


def _meets(question: Question, model: Model) -> bool:
    return in_bundles(question, model, 0).meets(question.target)
