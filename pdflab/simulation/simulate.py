"""Both engines behind one function: the FCFS recursion if it is enough, else discrete events.

Read next: pdflab/simulation/model.py.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, collect, fastest_serve, simulate_fcfs
from pdflab.simulation.model import Model, Outcome, RequestColumns, join


def simulate_requests(blocks: Iterable[Jobs], model: Model, *, seed: int = 0) -> RequestColumns:
    """Simulate until every request has ended; return them in the order of documents and attempts.

    Both engines return the same, to the last bit.
    """
    jobs = list(blocks)
    requests = _by_recursion(jobs, model) if _is_fcfs(jobs, model) else None
    return simulate_events(jobs, model, seed=seed) if requests is None else requests


def simulate_events(
    blocks: Iterable[Jobs], model: Model, *, seed: int = 0, crashes: Iterable[float] = ()
) -> RequestColumns:
    """Simulate until every request has ended; return them in the order of documents and attempts."""
    return join(Simulation(model, seed=seed, crashes=crashes).run(blocks))


def crash_instants(every: float, *, seed: int) -> Iterator[float]:
    """Return endless instants of a Poisson process, `every` seconds apart on average."""
    rng, at = np.random.default_rng(seed), 0.0
    while True:
        at += rng.exponential(every)
        yield at


def _is_fcfs(jobs: Iterable[Jobs], model: Model) -> bool:
    """Return whether jobs only wait: a core for each worker and for the API, and patient clients."""
    needed = model.workers + (model.api_service_time > 0)
    return model.scaling is None and model.cores >= needed and all(block.patience is None for block in jobs)


def _by_recursion(jobs: list[Jobs], model: Model) -> RequestColumns | None:
    """Simulate by the FCFS recursion; return None if the queue overflows, because it refuses no job."""
    at = np.concatenate([np.empty(0), *(block.at for block in jobs)])
    service = np.concatenate([np.empty(0), *(block.service for block in jobs)])
    queued_at = (
        at if not model.api_service_time else _served(at, np.full(len(at), model.api_service_time), 1)[1]
    )
    started_at, ended_at = _served(queued_at, service, model.workers)
    if _max_waiting(queued_at, started_at) >= model.queue_capacity:
        return None
    number, attempt = np.arange(len(at)), np.broadcast_to(np.int64(1), len(at))
    outcome = np.broadcast_to(np.uint8(Outcome.COMPLETED), len(at))
    return RequestColumns(number, attempt, at, queued_at, started_at, ended_at, outcome)


def _served(at: Floats, service: Floats, workers: int) -> tuple[Floats, Floats]:
    served = collect(simulate_fcfs([Jobs(at, service)], workers, serve=fastest_serve()))
    return served.started_at, served.ended_at


def _max_waiting(queued_at: Floats, started_at: Floats) -> int:
    """Return the largest number of jobs that a waiting job found in the queue."""
    waits = np.flatnonzero(started_at > queued_at)
    before = waits - np.searchsorted(started_at, queued_at[waits], side="right")  # jobs start in order
    return int(before.max(initial=-1))
