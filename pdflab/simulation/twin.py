"""The twin of the queued and the synchronous service: a plan in, a Run out, as from an experiment.

    run = run_plan(lab, plan, lab.target(Endpoint.QUEUED))         # experiments/runner.py
    run = Twin.learn(run, workers=4).simulate(plan)

It renders no PDF. The Run is made of columns: ten million jobs need no objects.

Read next: pdflab/simulation/calibration.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Self

import numpy as np

from pdflab.analysis.columns import Categorical, Floats, concatenate
from pdflab.analysis.run import STATES, Events, Run, Sends
from pdflab.jobs import Endpoint, JobState
from pdflab.load.plan import Block, Plan
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, collect, fastest_serve, simulate_fcfs
from pdflab.simulation.model import Model, Outcome, RequestColumns

_THREADS = 4  # of each synchronous process: the default of waitress
_TIMEOUT = 30.0  # seconds: the load generator's
_BATCH = 1_000  # documents in one batch request, at most
_ERRORS = ("refused", "timeout")  # of each Outcome but COMPLETED
_LIFE = (JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Twin:
    """The queued service as a model, and its service times."""

    model: Model
    service: ServiceTimes

    @classmethod
    def learn(cls, run: Run, *, workers: int) -> Self:
        """Return a twin with so many workers, calibrated with a real run."""
        found = calibrate(run)
        model = queued_endpoint(workers, cores=found.cores, api_service_time=found.api_service_time)
        return cls(model, found.service)

    def capacity(self, mix: Mapping[str, float]) -> float:
        """Return how many documents of a mix its workers render per second."""
        return min(self.model.workers, self.model.cores) / self.service.moments(mix)[0]

    def simulate(self, plan: Plan, *, seed: int = 0) -> Run:
        """Return the predicted run of a plan at the queued endpoint."""
        return simulate(plan, self.model, self.service, seed=seed)


def queued_endpoint(
    workers: int, *, cores: float = inf, api_service_time: float = 0.0, queue_capacity: float = 10_000
) -> Model:
    """Return the model of the queued service; each job takes the API `api_service_time` seconds."""
    return Model(workers, cores, api_service_time, queue_capacity)


def synchronous_endpoint(processes: int, *, cores: float = inf) -> Model:
    """Return the model of the synchronous service: the threads of its processes share their cores."""
    return Model(workers=_THREADS * processes, cores=min(processes, cores))


def simulate(
    plan: Plan, model: Model, service: ServiceTimes, *, endpoint: Endpoint = Endpoint.QUEUED, seed: int = 0
) -> Run:
    """Return the predicted run of a plan: instants are seconds since its start, jobs are named 0, 1, 2, …"""
    jobs = jobs_of(plan, service, patience=_TIMEOUT if endpoint == Endpoint.SYNCHRONOUS else inf, seed=seed)
    if plan.batched and endpoint == Endpoint.QUEUED:
        requests = _simulate_batch(jobs, model, seed)
    else:
        requests = simulate_requests(jobs, model, seed=seed)
    documents = concatenate(Block, plan.blocks())
    if model.tries > 1:  # a row for each attempt
        n = requests.number
        documents = Block(documents.at[n], documents.kind[n], documents.seed[n])
    return Run(
        name=f"{plan.name}, {endpoint}, simulated",
        endpoint=endpoint,
        plan=plan.describe(),
        sends=_sends(requests, documents, plan.kinds, endpoint),
        events=_events(requests, documents, plan.kinds, endpoint),
        settings={name: str(value) for name, value in asdict(model).items()} | {"mode": "simulation"},
        seeds={"plan": plan.seed, "simulation": seed},
    )


def jobs_of(plan: Plan, service: ServiceTimes, *, patience: float = inf, seed: int = 0) -> Iterator[Jobs]:
    """Return a plan's jobs in blocks, with random service times."""
    rng = np.random.default_rng([seed, plan.seed])
    for block in plan.blocks():
        waits = None if patience == inf else np.full(len(block.at), patience)
        yield Jobs(block.at, service.draw(Categorical(block.kind, plan.kinds), rng), waits)


def _simulate_batch(blocks: Iterable[Jobs], model: Model, seed: int) -> RequestColumns:
    """Simulate batches: the documents of one are queued together, after the API has read the last."""
    jobs = concatenate(Jobs, blocks)
    seen = _serve_api(jobs.at, model.api_service_time)
    last = np.minimum(np.arange(len(seen)) // _BATCH * _BATCH + _BATCH, len(seen)) - 1
    free_api = replace(model, api_service_time=0.0)
    requests = simulate_requests([Jobs(seen[last], jobs.service)], free_api, seed=seed)
    return replace(requests, at=np.where(requests.attempt == 1, jobs.at[requests.number], requests.at))


def simulate_requests(blocks: Iterable[Jobs], model: Model, *, seed: int = 0) -> RequestColumns:
    """Simulate until every request has ended, by recursion if it is enough, else event by event.

    Both engines return the same, to the last bit.
    """
    jobs, needed = list(blocks), model.workers + (model.api_service_time > 0)  # cores
    is_fcfs = model.scaling is None and model.cores >= needed and all(b.patience is None for b in jobs)
    requests = _by_recursion(concatenate(Jobs, jobs), model) if is_fcfs else None
    return Simulation(model, seed=seed).run(jobs) if requests is None else requests


def _by_recursion(jobs: Jobs, model: Model) -> RequestColumns | None:
    """Simulate by the FCFS recursion; return None if the queue overflows, because it refuses no job."""
    queued_at = _serve_api(jobs.at, model.api_service_time) if model.api_service_time else jobs.at
    served = collect(simulate_fcfs([Jobs(queued_at, jobs.service)], model.workers, serve=fastest_serve()))
    if _max_waiting(queued_at, served.started_at) >= model.queue_capacity:
        return None
    number, attempt = np.arange(len(jobs.at)), np.broadcast_to(np.int64(1), len(jobs.at))
    outcome = np.broadcast_to(np.uint8(Outcome.COMPLETED), len(jobs.at))
    return RequestColumns(number, attempt, jobs.at, queued_at, served.started_at, served.ended_at, outcome)


def _serve_api(at: Floats, seconds: float) -> Floats:
    """Return the instants at which an API that takes so long for each request has queued the jobs."""
    return collect(simulate_fcfs([Jobs(at, np.full(len(at), seconds))], 1, serve=fastest_serve())).ended_at


def _max_waiting(queued_at: Floats, started_at: Floats) -> int:
    """Return the largest number of jobs that a waiting job found in the queue."""
    waits = np.flatnonzero(started_at > queued_at)
    before = waits - np.searchsorted(started_at, queued_at[waits], side="right")  # jobs start in order
    return int(before.max(initial=-1))


def _sends(requests: RequestColumns, documents: Block, kinds: Sequence[str], endpoint: Endpoint) -> Sends:
    """Return what each client saw; a retry keeps the intended instant of the first attempt."""
    at_once = endpoint == Endpoint.SYNCHRONOUS
    taken, answered_at = (200, requests.ended_at) if at_once else (202, requests.queued_at)
    status = np.array([taken, 429, 0])[requests.outcome]  # of each Outcome
    rows = np.arange(len(status), dtype=np.int32)
    return Sends(
        endpoint=Categorical.same(endpoint, len(rows)),
        kind=Categorical(documents.kind, kinds),
        intended_at=documents.at,
        sent_at=requests.at,
        answered_at=np.select([status == taken, status == 429], [answered_at, requests.at], np.nan),
        status=status,
        job_id=Categorical(np.where(status == taken, rows, -1), range(len(rows))),
        error=Categorical(requests.outcome.astype(np.int16) - 1, _ERRORS),
        seed=documents.seed,
    )


def _events(requests: RequestColumns, documents: Block, kinds: Sequence[str], endpoint: Endpoint) -> Events:
    """Return the events of accepted jobs in the order of time; the synchronous endpoint has no queue."""
    rows = len(requests.at)
    queued_at = np.full(rows, np.nan) if endpoint == Endpoint.SYNCHRONOUS else requests.queued_at
    at = np.concatenate([queued_at, requests.started_at, requests.ended_at])
    state = np.repeat([STATES.index(state) for state in _LIFE], rows)
    order = np.argsort(at, kind="stable")[: np.count_nonzero(~np.isnan(at))]  # nan sorts last
    job = (order % max(rows, 1)).astype(np.int32)
    kind = Categorical(documents.kind[job], kinds)
    return Events(Categorical(job, range(rows)), state.astype(np.uint8)[order], at[order], kind)
