"""One fleet, tried once: in bundles, as many as a moment allows, or on every single job.

In bundles `jobs_per_bundle` jobs that come one after another are one job for one worker, with the same work
and the
same variation altogether. That is careful about when all is done: a bundle waits for its last job, and one
worker does all of it. It is careless about short waits: they come from the ups and downs of single jobs,
which a bundle evens out, so that waits of less than a bundle's work vanish. Where latency counts, bundles
have to be small beside it, and are made finer when a fleet is judged. A fixed fleet is tried on a shorter
time of the same rates too, job by job; and when it is judged, on every single job (`every_job`).

Read next: simulation/capacity/search.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from math import ceil, inf, nan

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.autoscaling import Keda
from pdflab.simulation.capacity.requirement import Question, Target
from pdflab.simulation.discrete_event import Simulation, crash_instants
from pdflab.simulation.fcfs import Floats, Served, collect, simulate_line
from pdflab.simulation.fcfs_numba import fastest_serve
from pdflab.simulation.model import Model, join

LINE_BUNDLES = 50_000  # at most, in the line of a fixed fleet: some milliseconds
_EVENT_BUNDLES = 20_000  # at most, event by event
_IN_A_LATENCY = 2  # bundles that a worker can do within it, at least; else they are too coarse
_SHORT = 200_000  # jobs of the shorter time
_LATE = 3  # times as long as it may take
_INSTANTS = 500  # of the curve of the line
_SLOTS, _SHORTEST, _STEPS = 40_000, 1e-9, 1_000  # of latencies: from a nanosecond on, a thousandth each


@dataclass(frozen=True, slots=True)
class Trial:
    """One replication: when all was done, the latency of the share that counts, seconds of workers paid.

    `in_time` is the share of jobs within the target's latency, if it has one; `jobs_per_bundle` how many jobs
    were one. A latency that is shorter than bundles can tell is nan.
    """

    finished: float
    latency: float
    in_time: float
    billed: float
    staffing: Sequence[tuple[float, int]]
    line: tuple[Floats, Floats]  # instants, and the jobs that waited then
    jobs_per_bundle: int = 1

    def meets(self, target: Target) -> bool:
        """Return whether it was good enough."""
        return self.finished <= (target.deadline or inf) and self.in_time >= target.share


def is_static(question: Question, model: Model) -> bool:
    """Return whether a fleet is there from beginning to end: then simulation/fcfs.py will do, and can do
    every job."""
    return model.scaling is None and question.crash_every == inf


def grain_of(question: Question, model: Model) -> int:
    """Return how many jobs are tried as one."""
    return question.jobs_per_bundle(LINE_BUNDLES if is_static(question, model) else _EVENT_BUNDLES)


def check_grain(question: Question, model: Model) -> None:
    """Raise UsageError where only bundles can be tried, and they are too coarse for the target."""
    jobs_per_bundle, target, last = grain_of(question, model), question.target, question.demand.phase.seconds
    work = jobs_per_bundle * question.demand.mean
    fine = question.due - last if target.latency is None else target.latency / _IN_A_LATENCY
    job_by_job = is_static(question, model) and last and target.latency
    if jobs_per_bundle == 1 or work <= fine or job_by_job:
        return
    if not last:
        advice = (
            f"plan for 1/{jobs_per_bundle} of the documents, and take {jobs_per_bundle} times as many workers"
        )
    elif target.latency:
        advice = f"allow {_IN_A_LATENCY * work:.3g} s or more"
        if question.crash_every == inf:
            advice += ", or keep a fixed fleet, which is tried on every document"
    else:
        advice = "set a later deadline"
    raise UsageError(
        f"to be tried in bundles of {jobs_per_bundle:,} documents, {work:.3g} s of work each, is too coarse "
        f"for "
        f"{target}; {advice}."
    )


def in_bundles(question: Question, model: Model, number: int, *, finer: int = 1) -> Trial:
    """Try a fleet on all the work; the same number, the same chance. `finer` makes so many bundles of one."""
    rng = np.random.default_rng([question.seed, number])
    jobs_per_bundle = ceil(grain_of(question, model) / finer)
    jobs = question.demand.bundles(jobs_per_bundle, rng)
    if is_static(question, model):
        served = collect(simulate_line([jobs], model.workers, serve=fastest_serve()))
        billed = model.workers * float(served.ended_at.max())
        trial = _read(question, jobs_per_bundle, served, billed, [(0.0, model.workers)], rng)
        return _with_short_waits(question, model, trial, rng)
    crashes = _crashes(question, number) if question.crash_every < inf else ()
    simulation = Simulation(_bundled(question, model, jobs_per_bundle), seed=number, crashes=crashes)
    requests = join(simulation.run([jobs]))
    served = Served(requests.at, requests.started_at, requests.ended_at)
    return _read(question, jobs_per_bundle, served, simulation.fleet.billed, simulation.fleet.staffing, rng)


def _bundled(question: Question, model: Model, jobs_per_bundle: int) -> Model:
    """Let a model work on bundles: a crash undoes a document of one, and KEDA counts documents."""
    if jobs_per_bundle == 1:
        return model
    if isinstance(model.scaling, Keda):
        rule = replace(model.scaling, jobs_per_worker=model.scaling.jobs_per_worker / jobs_per_bundle)
        model = replace(model, scaling=rule)
    return replace(model, redo=question.demand.in_hand)


def every_job(question: Question, workers: int, number: int, *, until: float) -> Trial:
    """Try a fixed fleet on every single job, in blocks; the curve of the line goes `until` some instant."""
    rng = np.random.default_rng([question.seed, number])
    instants = np.linspace(0.0, until, _INSTANTS)
    finished, line = 0.0, np.zeros(_INSTANTS)
    tally = np.zeros(_SLOTS, dtype=np.int64)
    in_time = 0
    for block in simulate_line(question.demand.one_by_one(rng), workers, serve=fastest_serve()):
        finished = max(finished, float(block.ended_at.max()))
        line += _waiting(block.at, block.started_at, instants)
        in_time += int(np.count_nonzero(block.latency <= (question.target.latency or inf)))
        tally += _tally(block.latency)
    latency = _quantile(tally, question.target.share)
    share = in_time / question.demand.jobs
    return Trial(finished, latency, share, workers * finished, [(0.0, workers)], (instants, line))


def _with_short_waits(question: Question, model: Model, trial: Trial, rng: np.random.Generator) -> Trial:
    """Take the worse of bundles, which know of backlogs, and a shorter time, which knows short waits."""
    if question.target.latency is None or trial.jobs_per_bundle == 1 or not question.demand.phase.seconds:
        return trial
    blocks = question.demand.shortened(_SHORT).one_by_one(rng)
    short = collect(simulate_line(blocks, model.workers, serve=fastest_serve())).latency
    latency = float(np.fmax(trial.latency, np.quantile(short, question.target.share)))
    in_time = min(trial.in_time, float(np.mean(short <= question.target.latency)))
    return replace(trial, latency=latency, in_time=in_time)


def _read(
    question: Question,
    jobs_per_bundle: int,
    served: Served,
    billed: float,
    staffing: Sequence[tuple[float, int]],
    rng: np.random.Generator,
) -> Trial:
    """Read a trial. The latency of a bundle's job is the wait of the bundle, and a time of the job's own."""
    target, finished = question.target, float(served.ended_at.max())
    latencies = served.latency
    if jobs_per_bundle > 1:
        latencies = served.waiting + question.demand.times(len(served.at), rng)
    latency = float(np.quantile(latencies, target.share))
    if jobs_per_bundle > 1 and latency < jobs_per_bundle * question.demand.mean:
        latency = nan  # a bundle knows of no shorter wait
    in_time = float(np.mean(latencies <= (target.latency or inf)))
    instants = np.linspace(0.0, finished, _INSTANTS)
    line = jobs_per_bundle * _waiting(served.at, np.sort(served.started_at), instants)
    return Trial(finished, latency, in_time, billed, staffing, (instants, line), jobs_per_bundle)


def _waiting(came_at: Floats, taken_at: Floats, instants: Floats) -> Floats:
    """Return how many have come and are not taken yet; both columns ascend."""
    came, taken = (np.searchsorted(when, instants, side="right") for when in (came_at, taken_at))
    return (came - taken).astype(np.float64)


def _tally(latencies: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Count latencies by their logarithm: a hundred million need no more memory than one."""
    slots = np.log(np.maximum(latencies, _SHORTEST) / _SHORTEST) * _STEPS
    return np.bincount(np.minimum(slots, _SLOTS - 1).astype(np.intp), minlength=_SLOTS)


def _quantile(tally: np.ndarray[tuple[int], np.dtype[np.int64]], share: float) -> float:
    slot = int(np.searchsorted(np.cumsum(tally), share * tally.sum()))
    return float(_SHORTEST * np.exp((slot + 0.5) / _STEPS))


def _crashes(question: Question, number: int) -> Iterator[float]:
    """Return when workers die; it ends long after the target: a fleet that only dies is then done, too
    late.
    """
    crashes = crash_instants(question.crash_every, seed=number)
    return takewhile(lambda at: at < _LATE * question.due, crashes)
