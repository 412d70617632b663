"""Both engines behind one function: the FCFS recursion if it is enough, else discrete events.

Read next: pdflab/simulation/model.py.
"""

from collections.abc import Iterable

import numpy as np

from pdflab.analysis.columns import Floats, concatenate
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, collect, fastest_serve, simulate_fcfs
from pdflab.simulation.model import Model, Outcome, RequestColumns, join


def simulate_requests(blocks: Iterable[Jobs], model: Model, *, seed: int = 0) -> RequestColumns:
    """Simulate until every request has ended; both engines return the same, to the last bit."""
    jobs = list(blocks)
    requests = _by_recursion(jobs, model) if _is_fcfs(jobs, model) else None
    return simulate_events(jobs, model, seed=seed) if requests is None else requests


def simulate_events(blocks: Iterable[Jobs], model: Model, *, seed: int = 0) -> RequestColumns:
    """Simulate event by event until every request has ended."""
    return join(Simulation(model, seed=seed).run(blocks))


def _is_fcfs(jobs: Iterable[Jobs], model: Model) -> bool:
    """Return whether jobs only wait: a core for each worker and for the API, and patient clients."""
    needed = model.workers + (model.api_service_time > 0)
    return model.scaling is None and model.cores >= needed and all(block.patience is None for block in jobs)


def _by_recursion(jobs: list[Jobs], model: Model) -> RequestColumns | None:
    """Simulate by the FCFS recursion; return None if the queue overflows, because it refuses no job."""
    joined = concatenate(Jobs, jobs)
    at = joined.at
    queued_at = serve_api(at, model.api_service_time) if model.api_service_time else at
    served = collect(simulate_fcfs([Jobs(queued_at, joined.service)], model.workers, serve=fastest_serve()))
    if _max_waiting(queued_at, served.started_at) >= model.queue_capacity:
        return None
    outcome = np.broadcast_to(np.uint8(Outcome.COMPLETED), len(at))
    return RequestColumns(np.arange(len(at)), at, queued_at, served.started_at, served.ended_at, outcome)


def serve_api(at: Floats, seconds: float) -> Floats:
    """Return the instants at which an API that takes so long for each request has queued the jobs."""
    return collect(simulate_fcfs([Jobs(at, np.full(len(at), seconds))], 1, serve=fastest_serve())).ended_at


def _max_waiting(queued_at: Floats, started_at: Floats) -> int:
    """Return the largest number of jobs that a waiting job found in the queue."""
    waits = np.flatnonzero(started_at > queued_at)
    before = waits - np.searchsorted(started_at, queued_at[waits], side="right")  # jobs start in order
    return int(before.max(initial=-1))
