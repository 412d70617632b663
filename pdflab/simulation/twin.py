"""The twin of the queued and the synchronous service: a plan in, a Run out, as from an experiment.

    run = run_plan(lab, plan, lab.target(Endpoint.QUEUED))         # experiments/runner.py
    run = Twin.learn(run, workers=4).simulate(plan)

It renders no PDF. The Run is made of columns: ten million jobs need no objects.

Read next: pdflab/simulation/calibration.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Self

import numpy as np

from pdflab.analysis.columns import Categorical, Integers
from pdflab.analysis.run import STATES, Events, Run, Sends
from pdflab.jobs import Endpoint
from pdflab.load.plan import Block, Plan
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.fcfs import Jobs, collect, simulate_fcfs
from pdflab.simulation.model import Model, Outcome, RequestColumns
from pdflab.simulation.simulate import simulate_requests

_THREADS = 4  # of each synchronous process: the default of waitress
_TIMEOUT = 30.0  # seconds: the load generator's
_BATCH = 1_000  # documents in one batch request, at most
_ERRORS = ("refused", "timeout")
_CODES = {state.value: code for code, state in enumerate(STATES)}


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
        requests = _simulate_batch(list(jobs), model, seed)
    else:
        requests = simulate_requests(jobs, model, seed=seed)
    documents = _join(list(plan.blocks()))
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


def _simulate_batch(blocks: list[Jobs], model: Model, seed: int) -> RequestColumns:
    """Simulate batches: the documents of one are queued together, after the API has read the last."""
    jobs = Jobs(*(np.concatenate([getattr(b, name) for b in blocks]) for name in ("at", "service")))
    seen = collect(simulate_fcfs([Jobs(jobs.at, np.full(len(jobs.at), model.api_service_time))], 1)).ended_at
    last = np.minimum(np.arange(len(seen)) // _BATCH * _BATCH + _BATCH, len(seen)) - 1
    requests = simulate_requests(
        [Jobs(seen[last], jobs.service)], replace(model, api_service_time=0.0), seed=seed
    )
    return replace(requests, at=np.where(requests.attempt == 1, jobs.at[requests.number], requests.at))


def _sends(requests: RequestColumns, documents: Block, kinds: Sequence[str], endpoint: Endpoint) -> Sends:
    """Return what each client saw; a retry keeps the intended instant of the first attempt."""
    taken = 200 if endpoint == Endpoint.SYNCHRONOUS else 202
    status = _coded({Outcome.REFUSED: 429, Outcome.RENEGED: 0}, taken)[requests.outcome]
    answered_at = requests.ended_at if endpoint == Endpoint.SYNCHRONOUS else requests.queued_at
    rows = np.arange(len(status), dtype=np.int32)
    first = np.maximum.accumulate(np.where(requests.attempt == 1, rows, 0))
    return Sends(
        endpoint=Categorical.same(endpoint, len(rows)),
        kind=Categorical(documents.kind[requests.number], kinds),
        intended_at=requests.at[first],
        sent_at=requests.at,
        answered_at=np.select([status == taken, status == 429], [answered_at, requests.at], np.nan),
        status=status,
        job_id=Categorical(np.where(status == taken, rows, -1), range(len(rows))),
        error=Categorical(_coded({Outcome.REFUSED: 0, Outcome.RENEGED: 1}, -1)[requests.outcome], _ERRORS),
        seed=documents.seed[requests.number],
    )


def _events(requests: RequestColumns, documents: Block, kinds: Sequence[str], endpoint: Endpoint) -> Events:
    """Return the events of accepted jobs in the order of time; the synchronous endpoint has no queue."""
    rows = len(requests.at)
    never = np.full(rows, np.nan)
    at = np.concatenate(
        [
            never if endpoint == Endpoint.SYNCHRONOUS else requests.queued_at,
            requests.started_at,
            requests.ended_at,
        ]
    )
    ending = _coded({Outcome.FAILED: _CODES["FAILED"]}, _CODES["COMPLETED"])[requests.outcome]
    state = np.concatenate([np.full(rows, _CODES["QUEUED"]), np.full(rows, _CODES["PROCESSING"]), ending])
    order = np.argsort(at, kind="stable")[: np.count_nonzero(~np.isnan(at))]  # nan sorts last
    job = (order % max(rows, 1)).astype(np.int32)
    kind = Categorical(documents.kind[requests.number][job], kinds)
    return Events(Categorical(job, range(rows)), state.astype(np.uint8)[order], at[order], kind)


def _coded(codes: dict[Outcome, int], other: int) -> Integers:
    """Return an array that maps each outcome to a code."""
    return np.array([codes.get(outcome, other) for outcome in Outcome], dtype=np.int16)


def _join(blocks: list[Block]) -> Block:
    nothing = Block(np.empty(0), np.empty(0, dtype=np.uint8), np.empty(0, dtype=np.uint32))
    names = ("at", "kind", "seed")
    return Block(*(np.concatenate([getattr(block, name) for block in (nothing, *blocks)]) for name in names))
