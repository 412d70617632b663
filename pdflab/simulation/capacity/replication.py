"""Simulates one fleet once: in bundles of jobs, or with every single job.

A bundle of `jobs_per_bundle` consecutive jobs is one job for one worker, with the same total work and the
same variation. Bundles are conservative for deadlines: a bundle waits for its last job, and one worker does
all of it. They miss short waits, which come from the variation of single jobs. For a latency objective,
bundles must be much shorter than the latency, and smaller ones judge a fleet. A static fleet is also
simulated job by job, on a shorter time at the same rates, and finally on every single job (`every_job`).

Read next: pdflab/simulation/capacity/search.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, nan

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.errors import UsageError
from pdflab.simulation.autoscaling import Keda
from pdflab.simulation.capacity.requirement import Objective, Requirement
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, Served, collect, fastest_serve, simulate_fcfs
from pdflab.simulation.model import Model

STATIC_BUNDLES = 50_000  # at most, for a static fleet: some milliseconds
_EVENT_BUNDLES = 20_000  # at most, event by event
_MIN_BUNDLES = 2  # that a worker can do within the latency; if fewer, bundles are too coarse
_SHORT = 200_000  # jobs of the shorter time
_LATE = 3  # times the due time: the end of simulated crashes
_INSTANTS = 500  # of the curve of queue depth
_LATENCIES = 1_000_000  # of which a percentile is computed, at most about: of every n-th job


@dataclass(frozen=True, slots=True)
class Replication:
    """One simulated run of a fleet; seconds.

    `latency` is that of the objective's share, nan if it is too short for bundles. `in_time` is the share of
    jobs within the objective's latency, `billed` the worker seconds. `waiting` has instants and the queue
    depth at each.
    """

    finished: float
    latency: float
    in_time: float
    billed: float
    staffing: Sequence[tuple[float, int]]
    waiting: tuple[Floats, Floats]
    jobs_per_bundle: int = 1

    def meets(self, objective: Objective) -> bool:
        """Return whether the run met the objective."""
        return self.finished <= (objective.deadline or inf) and self.in_time >= objective.share


def is_static(requirement: Requirement, model: Model) -> bool:
    """Return whether the number of workers is constant: then the FCFS recursion is enough."""
    return model.scaling is None and requirement.crash_every == inf


def jobs_per_bundle(requirement: Requirement, model: Model) -> int:
    """Return how many jobs are simulated as one."""
    bundles = STATIC_BUNDLES if is_static(requirement, model) else _EVENT_BUNDLES
    return ceil(requirement.demand.jobs / bundles)


def check_bundles(requirement: Requirement, model: Model) -> None:
    """Raise UsageError if only bundles can be simulated, and they are too coarse for the objective."""
    size, objective = jobs_per_bundle(requirement, model), requirement.objective
    last, work = requirement.demand.phase.seconds, size * requirement.demand.mean
    fine = requirement.due - last if objective.latency is None else objective.latency / _MIN_BUNDLES
    job_by_job = is_static(requirement, model) and last and objective.latency
    if size == 1 or work <= fine or job_by_job:
        return
    if not last:
        advice = f"plan for 1/{size} of the documents, and take {size} times as many workers"
    elif objective.latency:
        advice = f"allow {_MIN_BUNDLES * work:.3g} s or more"
        if requirement.crash_every == inf:
            advice += ", or keep a fixed fleet, which is tried on every document"
    else:
        advice = "set a later deadline"
    raise UsageError(
        f"to be tried in bundles of {size:,} documents, {work:.3g} s of work each, is too coarse for "
        f"{objective}; {advice}."
    )


def in_bundles(requirement: Requirement, model: Model, number: int, *, finer: int = 1) -> Replication:
    """Simulate a fleet on all jobs in bundles; the same number draws the same. `finer` divides bundles.

    A job waits like its bundle, and has its own service time.
    """
    rng, demand = np.random.default_rng([requirement.seed, number]), requirement.demand
    objective, size = requirement.objective, ceil(jobs_per_bundle(requirement, model) / finer)
    served, billed, staffing = _serve(requirement, model, demand.bundles(size, rng), size, number)
    latencies = served.waiting + demand.times(len(served.at), rng) if size > 1 else served.latency
    latency, in_time = _judge_latencies(latencies, objective)
    if size > 1 and latency < size * demand.mean:
        latency = nan  # bundles show no shorter wait
    if is_static(requirement, model) and size > 1 and objective.latency and demand.phase.seconds:
        blocks = demand.shortened(_SHORT).one_by_one(rng)  # bundles show backlogs, these short waits
        short = collect(simulate_fcfs(blocks, model.workers, serve=fastest_serve())).latency
        short_latency, short_in_time = _judge_latencies(short, objective)
        latency, in_time = float(np.fmax(latency, short_latency)), min(in_time, short_in_time)
    finished = float(served.ended_at.max())
    instants = np.linspace(0.0, finished, _INSTANTS)
    waiting = size * _depth(served.at, np.sort(served.started_at), instants)
    return Replication(finished, latency, in_time, billed, staffing, (instants, waiting), size)


def every_job(requirement: Requirement, workers: int, number: int) -> Replication:
    """Simulate a static fleet on every single job, in blocks; the queue depth is read until the due time."""
    rng, objective = np.random.default_rng([requirement.seed, number]), requirement.objective
    instants, stride = (
        np.linspace(0.0, requirement.due, _INSTANTS),
        ceil(requirement.demand.jobs / _LATENCIES),
    )
    finished, waiting, in_time, latencies = 0.0, np.zeros(_INSTANTS), 0, []
    for block in simulate_fcfs(requirement.demand.one_by_one(rng), workers, serve=fastest_serve()):
        finished = max(finished, float(block.ended_at.max()))
        waiting += _depth(block.at, block.started_at, instants)
        in_time += int(np.count_nonzero(block.latency <= (objective.latency or inf)))
        latencies.append(block.latency[::stride].copy())
    latency = float(np.quantile(np.concatenate(latencies), objective.share))
    share = in_time / requirement.demand.jobs
    return Replication(finished, latency, share, workers * finished, [(0.0, workers)], (instants, waiting))


def _serve(
    requirement: Requirement, model: Model, jobs: Jobs, size: int, number: int
) -> tuple[Served, float, Sequence[tuple[float, int]]]:
    """Return the bundles, the worker seconds and the staffing of a fleet, static or event by event."""
    if is_static(requirement, model):
        served = collect(simulate_fcfs([jobs], model.workers, serve=fastest_serve()))
        return served, model.workers * float(served.ended_at.max()), [(0.0, model.workers)]
    crashes = _crashes(requirement, number) if requirement.crash_every < inf else ()
    simulation = Simulation(_bundled(requirement, model, size), seed=number, crashes=crashes)
    requests = simulation.run([jobs])
    served = Served(requests.at, requests.started_at, requests.ended_at)
    return served, simulation.pool.billed, simulation.pool.staffing


def _bundled(requirement: Requirement, model: Model, size: int) -> Model:
    """Return the model for bundles: a crash undoes one document of a bundle, and KEDA counts documents."""
    if size == 1:
        return model
    if isinstance(model.scaling, Keda):
        rule = replace(model.scaling, jobs_per_worker=model.scaling.jobs_per_worker / size)
        model = replace(model, scaling=rule)
    return replace(model, max_rework=requirement.demand.mean_elapsed)


def _judge_latencies(latencies: Floats, objective: Objective) -> tuple[float, float]:
    """Return the latency of the objective's share, and the share within the objective's latency."""
    in_time = float(np.mean(latencies <= (objective.latency or inf)))
    return float(np.quantile(latencies, objective.share)), in_time


def _depth(arrived_at: Floats, started_at: Floats, instants: Floats) -> Floats:
    """Return how many jobs have arrived and not started; both columns ascend."""
    arrived, started = (np.searchsorted(when, instants, side="right") for when in (arrived_at, started_at))
    return (arrived - started).astype(np.float64)


def _crashes(requirement: Requirement, number: int) -> Iterator[float]:
    """Yield the instants of crashes, a Poisson process, until long after the due time.

    Then even a crashing fleet finishes.
    """
    rng, at = np.random.default_rng(number), 0.0
    while (at := at + rng.exponential(requirement.crash_every)) < _LATE * requirement.due:
        yield at
