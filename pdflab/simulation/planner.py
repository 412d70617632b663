"""How many workers so much work needs in time, what they cost, and how sure that is.

Ten million jobs are too many to try one fleet after another on. So we try on bundles: `grain` jobs that
come one after another are one job for one worker, with the same work and the same variation altogether. What
is quicker than a bundle is lost, on the careful side: a bundle waits for its last job, one worker does all of
it, and a crash undoes it all. The fleet that is found can then be tried on every job (`job_by_job`).

Read next: demand.py and events.py, which are asked; ../planning.py, which shows the answers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from math import ceil, inf
from statistics import median

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.demand import Demand
from pdflab.simulation.engine import Floats, Served, collect, simulate_line
from pdflab.simulation.events import Simulation, crash_instants
from pdflab.simulation.fast import fastest_serve
from pdflab.simulation.model import Model, join
from pdflab.simulation.scaling import Keda, Scaling, Schedule

FIXED, SCHEDULED, AUTOSCALED = "fixed", "scheduled", "autoscaled"
CONFIDENCE = 0.95  # the share of replications that must meet the target

_LINE_BUNDLES, _EVENT_BUNDLES = 50_000, 20_000  # at most, by engine: in all replications, some seconds
_LOOK = 15.0  # seconds between two looks of the autoscaler
_NEVER = 1_000_000
_LATE = 3  # times as long as it may take
_INSTANTS = 500  # of the curve of the line
_ROUNDS = 8  # of adding workers until enough replications meet the target


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
    """

    demand: Demand
    target: Target
    price: float
    start_up: float = 60.0
    crash_every: float = inf
    replications: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.price < inf or not 0 <= self.start_up < inf:
            raise UsageError("A price and a start-up time must be 0 or more, and finite.")
        if self.crash_every <= 0:
            raise UsageError("Crashes must be more than 0 seconds apart.")
        self._check_target()

    def grain(self, bundles: int) -> int:
        """Give how many jobs are tried as one, if there shall be no more than so many bundles."""
        return ceil(self.demand.jobs / bundles)

    def alone(self) -> float:
        """Give the seconds that the share of documents takes which counts, were there no line."""
        some = next(self.demand.one_by_one(np.random.default_rng(0))).service
        return float(np.quantile(some, self.target.share))

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


@dataclass(frozen=True, slots=True)
class Trial:
    """One replication: when all was done, the latency of the share that counts, seconds of workers paid."""

    finished: float
    latency: float
    billed: float
    staffing: Sequence[tuple[float, int]]
    line: tuple[Floats, Floats]  # instants, and the jobs that waited then

    def meets(self, target: Target) -> bool:
        """Tell whether it was good enough."""
        return self.finished <= (target.deadline or inf) and self.latency <= (target.latency or inf)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fleet, and how it did. One that cannot meet the target says so by its confidence."""

    policy: str
    model: Model
    workers: int  # at most, at a time
    finished: float  # seconds, the median of the replications
    latency: float
    cost: float
    confidence: float  # the share of replications that met the target
    staffing: Sequence[tuple[float, int]]  # of the first replication: from each instant on, so many workers
    line: tuple[Floats, Floats]  # of the first replication: instants, and the jobs that waited then

    @property
    def is_sure(self) -> bool:
        """Tell whether so many replications met the target that one can rely on it."""
        return self.confidence >= CONFIDENCE


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
    jobs_each = max(1.0, _LOOK / question.demand.mean) / question.grain(_EVENT_BUNDLES)

    def model(most: int) -> Model:
        rule = Keda(jobs_each, least=1, most=most, start_up=question.start_up, look=_LOOK)
        return _model(question, 1, rule)

    return _smallest(question, AUTOSCALED, model)


def try_fleet(question: Question, policy: str, model: Model) -> Proposal:
    """Try a fleet in all replications."""
    trials = [_trial(question, model, number) for number in range(question.replications)]
    return Proposal(
        policy,
        model,
        workers=max(workers for trial in trials for _, workers in trial.staffing),
        finished=median(trial.finished for trial in trials),
        latency=median(trial.latency for trial in trials),
        cost=median(trial.billed for trial in trials) / 3600 * question.price,
        confidence=sum(trial.meets(question.target) for trial in trials) / len(trials),
        staffing=trials[0].staffing,
        line=trials[0].line,
    )


def job_by_job(question: Question, workers: int) -> float:
    """Try a fixed fleet on every single job, and give the seconds until all are done."""
    blocks = question.demand.one_by_one(np.random.default_rng([question.seed, question.replications]))
    served = simulate_line(blocks, workers, serve=fastest_serve())
    return max(float(block.ended_at.max()) for block in served)


def _smallest(question: Question, policy: str, model: Callable[[int], Model]) -> Proposal:
    """Find the smallest size that meets the target: double, halve, then add until enough replications do."""
    most = min(question.demand.jobs, 100 * ceil(float(question.demand.busy.max()) + 1), _LINE_BUNDLES)
    sizes = takewhile(lambda size: size < most, (2**power for power in range(64)))
    large = next((size for size in sizes if _meets(question, model(size))), most)
    small = large // 2
    while large - small > max(1, small // 200):
        middle = (small + large) // 2
        small, large = (small, middle) if _meets(question, model(middle)) else (middle, large)
    proposal = try_fleet(question, policy, model(large))
    for round_ in range(_ROUNDS):
        if proposal.is_sure or not proposal.confidence or large >= most:
            break  # there is nothing to add, or a few more would not help
        large += max(1, large * 2**round_ // 400)
        proposal = try_fleet(question, policy, model(large))
    return proposal


def _model(question: Question, workers: int, scaling: Scaling | None = None) -> Model:
    """Describe a fleet. A bundle is many jobs: crashes may undo it ever so often, and it has not failed."""
    return Model(workers=workers, restart=question.start_up, scaling=scaling, max_crashes=_NEVER)


def _meets(question: Question, model: Model) -> bool:
    return _trial(question, model, 0).meets(question.target)


def _trial(question: Question, model: Model, number: int) -> Trial:
    rng = np.random.default_rng([question.seed, number])
    if model.scaling is None and question.crash_every == inf:
        grain = question.grain(_LINE_BUNDLES)
        blocks = [question.demand.bundles(grain, rng)]
        served = collect(simulate_line(blocks, model.workers, serve=fastest_serve()))
        billed = model.workers * float(served.ended_at.max())
        return _judge(question, grain, served, billed, [(0.0, model.workers)])
    grain = question.grain(_EVENT_BUNDLES)
    crashes = _crashes(question, number) if question.crash_every < inf else ()
    simulation = Simulation(model, seed=number, crashes=crashes)
    requests = join(simulation.run([question.demand.bundles(grain, rng)]))
    served = Served(requests.at, requests.started_at, requests.ended_at)
    return _judge(question, grain, served, simulation.fleet.billed, simulation.fleet.staffing)


def _crashes(question: Question, number: int) -> Iterator[float]:
    """Give when workers die; it ends long after the target: a fleet that only dies is then done, too late."""
    after = question.demand.phase.seconds + (question.target.deadline or question.target.latency or 0.0)
    crashes = crash_instants(question.crash_every, seed=number)
    return takewhile(lambda at: at < _LATE * after, crashes)


def _judge(
    question: Question, grain: int, served: Served, billed: float, staffing: Sequence[tuple[float, int]]
) -> Trial:
    """Read a trial. The latency of a bundle's job is the wait of the bundle, and the job's own time."""
    share, finished = question.target.share, float(served.ended_at.max())
    if grain == 1:
        latency = float(np.quantile(served.latency, share))
    else:
        latency = float(np.quantile(served.waiting, share)) + question.alone()
    instants = np.linspace(0.0, finished, _INSTANTS)
    came, taken = (
        np.searchsorted(np.sort(when), instants, side="right") for when in (served.at, served.started_at)
    )
    return Trial(finished, latency, billed, staffing, (instants, grain * (came - taken).astype(np.float64)))
