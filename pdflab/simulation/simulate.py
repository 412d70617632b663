"""Both engines behind one function: the recursion wherever it says all there is to say, else every event.

Read next: twin.py.
"""

from collections.abc import Iterable

import numpy as np

from pdflab.simulation.discrete_event import simulate_events
from pdflab.simulation.fcfs import Floats, Jobs, collect, simulate_line
from pdflab.simulation.fcfs_numba import fastest_serve
from pdflab.simulation.model import Model, Outcome, Requests


def simulate_requests(blocks: Iterable[Jobs], model: Model, *, seed: int = 0) -> Requests:
    """Simulate a model to its end, and return all requests in the order of their documents.

    What comes out does not depend on which engine did it, to the last bit.
    """
    jobs = list(blocks)
    requests = _by_recursion(jobs, model) if _is_a_line(jobs, model) else None
    return simulate_events(jobs, model, seed=seed) if requests is None else requests


def _is_a_line(jobs: Iterable[Jobs], model: Model) -> bool:
    """Return whether nothing happens but waiting: a core for each worker and the API, clients that stay."""
    needed = model.workers + (model.accept > 0)
    return model.scaling is None and model.cores >= needed and all(block.patience is None for block in jobs)


def _by_recursion(jobs: list[Jobs], model: Model) -> Requests | None:
    """Return None when more jobs wait at a time than may: then some are refused."""
    at = np.concatenate([np.empty(0), *(block.at for block in jobs)])
    service = np.concatenate([np.empty(0), *(block.service for block in jobs)])
    queued_at = at if not model.accept else _served(at, np.full(len(at), model.accept), 1)[1]
    started_at, ended_at = _served(queued_at, service, model.workers)
    if _most_before(queued_at, started_at) >= model.limit:
        return None
    number, attempt = np.arange(len(at)), np.broadcast_to(np.int64(1), len(at))
    outcome = np.broadcast_to(np.uint8(Outcome.COMPLETED), len(at))
    return Requests(number, attempt, at, queued_at, started_at, ended_at, outcome)


def _served(at: Floats, service: Floats, workers: int) -> tuple[Floats, Floats]:
    served = collect(simulate_line([Jobs(at, service)], workers, serve=fastest_serve()))
    return served.started_at, served.ended_at


def _most_before(queued_at: Floats, started_at: Floats) -> int:
    """Return how many jobs waited before one that had to wait, at most; 0 if none had to."""
    waits = np.flatnonzero(started_at > queued_at)
    before = waits - np.searchsorted(started_at, queued_at[waits], side="right")  # a line starts in order
    return int(before.max(initial=-1))
