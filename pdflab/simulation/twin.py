"""The twin of the service: a plan in, a Run out, as from an experiment. No clock passes, no PDF is made.

    run = run_plan(lab, plan, QUEUED)                     # experiment.py
    run = simulate(plan, queued_door(4, cores=2), service)

Read next: calibration.py, where `service` comes from; then planner.py.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from math import inf

import numpy as np

from pdflab.documents.samples import KINDS
from pdflab.jobs import JobEvent, JobState
from pdflab.load.arrivals import Plan
from pdflab.run import QUEUED, SYNCHRONOUS, Events, Run, Send, Sends
from pdflab.simulation.calibration import Codes, ServiceTimes
from pdflab.simulation.engine import Jobs
from pdflab.simulation.events import simulate_events
from pdflab.simulation.model import Model, Outcome, Requests

_THREADS = 4  # of each process at the synchronous door: waitress' own default
_TIMEOUT = 30.0  # seconds that the load generator waits for an answer

_STATUS = {Outcome.REFUSED: (429, "refused"), Outcome.GAVE_UP: (0, "timeout"), Outcome.FAILED: (202, None)}


def queued_door(workers: int, *, cores: float = inf, accept: float = 0.0, limit: float = 10_000) -> Model:
    """Describe the queued service: the line is bounded; a job costs the API `accept` seconds of a core."""
    return Model(workers=workers, cores=cores, accept=accept, limit=limit)


def synchronous_door(processes: int, *, cores: float = inf) -> Model:
    """Describe the trap: the threads of its processes take the requests, and share the processes' cores."""
    return Model(workers=_THREADS * processes, cores=min(processes, cores))


def simulate(plan: Plan, model: Model, service: ServiceTimes, *, door: str = QUEUED, seed: int = 0) -> Run:
    """Predict the run of a plan. Its instants are seconds since the plan began."""
    waits = _TIMEOUT if door == SYNCHRONOUS else inf
    requests = simulate_events(jobs_of(plan, service, patience=waits, seed=seed), model, seed=seed)
    kinds = np.concatenate([block.kind for block in plan.blocks()])
    return Run(
        name=f"{plan.name}, {door}, simulated",
        door=door,
        plan=plan.describe(),
        sends=Sends.of(_sends(requests, kinds, door)),
        events=Events.of(_events(requests, kinds, door)),
        settings={name: str(value) for name, value in asdict(model).items()} | {"mode": "simulation"},
    )


def jobs_of(plan: Plan, service: ServiceTimes, *, patience: float = inf, seed: int = 0) -> Iterator[Jobs]:
    """Give a plan's jobs, block by block, with service times drawn for them."""
    rng = np.random.default_rng([seed, plan.seed])
    for block in plan.blocks():
        waits = None if patience == inf else np.full(len(block.at), patience)
        yield Jobs(block.at, service.draw(block.kind, rng), waits)


def _sends(requests: Requests, kinds: Codes, door: str) -> Iterator[Send]:
    """Tell what each client saw; who asks again does it with the intended instant of its first attempt."""
    intended = 0.0
    for number, attempt, at, queued_at, _, ended_at, outcome in _rows(requests):
        intended = at if attempt == 1 else intended
        status, error = _STATUS.get(Outcome(outcome), (200 if door == SYNCHRONOUS else 202, None))
        answered = {0: None, 200: ended_at, 202: queued_at}.get(status, at)
        job_id = _job_id(number, attempt) if status in (200, 202) else None
        yield Send(door, KINDS[kinds[number]], intended, at, answered, status, job_id, error)


def _events(requests: Requests, kinds: Codes, door: str) -> list[JobEvent]:
    """Tell what became of each job that was taken in, in the order of time. There is no line at the trap."""
    states = (JobState.QUEUED, JobState.PROCESSING, JobState.COMPLETED)
    told = []
    for number, attempt, _, queued_at, started_at, ended_at, outcome in _rows(requests):
        last = JobState.FAILED if outcome == Outcome.FAILED else JobState.COMPLETED
        for state, at in zip((*states[:2], last), (queued_at, started_at, ended_at), strict=True):
            if at == at and not (door == SYNCHRONOUS and state is JobState.QUEUED):  # nan: it never was
                told.append((at, number, JobEvent(_job_id(number, attempt), state, at, KINDS[kinds[number]])))
    return [event for _, _, event in sorted(told, key=lambda row: row[:2])]


def _rows(requests: Requests) -> Iterable[tuple[int, int, float, float, float, float, int]]:
    names = ("number", "attempt", "at", "queued_at", "started_at", "ended_at", "outcome")
    return zip(*(getattr(requests, name).tolist() for name in names), strict=True)


def _job_id(number: int, attempt: int) -> str:
    return f"{number:08}" if attempt == 1 else f"{number:08}-{attempt}"
