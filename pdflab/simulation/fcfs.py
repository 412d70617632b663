"""First come, first served, by many workers: a hundred million jobs, block by block.

Arrivals and service times determine the result: the worker that is free first takes each job. That is the
whole engine. It works on any unit of time; with whole numbers, say nanoseconds, its arithmetic is exact.

Read next: pdflab/simulation/model.py.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heapreplace
from importlib.util import find_spec

import numpy as np

from pdflab.analysis.columns import Floats, concatenate
from pdflab.errors import require

Serve = Callable[[Floats, Floats, list[float]], Floats]

_BLOCK = 4096  # jobs at once: their columns stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Jobs:
    """The input as columns: ascending arrivals, service times, and the patience of clients, in seconds.

    Without `patience`, all clients wait for ever. Raises UsageError for a negative service time.
    """

    at: Floats
    service: Floats
    patience: Floats | None = None

    def __post_init__(self) -> None:
        require(self.service.min(initial=0) >= 0, "A service time cannot be negative.")


@dataclass(frozen=True, slots=True)
class Served:
    """Jobs as columns, in the order of arrival: when each arrived, started and ended."""

    at: Floats
    started_at: Floats
    ended_at: Floats

    @property
    def waiting(self) -> Floats:
        """Seconds in the queue."""
        return self.started_at - self.at

    @property
    def latency(self) -> Floats:
        """Seconds from arrival to end."""
        return self.ended_at - self.at


def serve(at: Floats, service: Floats, free: list[float]) -> Floats:
    """Return the instant at which each job starts, on the worker that is free first.

    `at` ascends. `free` is a heap of the instants at which each worker is free. It is updated in place, so
    that the next block continues from there.
    Source: Kiefer and Wolfowitz, On the theory of queues with many servers, Trans. AMS 78 (1955).
    """
    started = []
    for arrival, seconds in zip(at.tolist(), service.tolist(), strict=True):
        start = free[0]
        if arrival > start:
            start = arrival
        heapreplace(free, start + seconds)
        started.append(start)
    return np.array(started, dtype=at.dtype)


def simulate_fcfs(blocks: Iterable[Jobs], workers: int, *, serve: Serve = serve) -> Iterator[Served]:
    """Serve blocks of jobs by workers that are present from 0 on; only their free instants are kept.

    Arrivals must ascend across blocks, too. Raises UsageError without workers.
    """
    require(workers >= 1, f"A simulation needs 1 worker or more, not {workers}.")
    free: list[float] = [0] * workers
    for jobs in blocks:
        for first in range(0, len(jobs.at), _BLOCK):
            at, service = jobs.at[first : first + _BLOCK], jobs.service[first : first + _BLOCK]
            started_at = serve(at, service, free)
            yield Served(at, started_at, started_at + service)


def collect(served: Iterable[Served]) -> Served:
    """Join blocks into one, which has all jobs in memory."""
    return concatenate(Served, served)


@cache
def fastest_serve() -> Serve:
    """Return `serve` compiled by numba, or as it is without numba (`pip install 'pdflab[fast]'`).

    Compiling takes a second, once. The results are equal to the last bit.
    """
    if find_spec("numba") is None:
        return serve
    from numba import njit

    compiled = njit(_serve)

    def serve_compiled(at: Floats, service: Floats, free: list[float]) -> Floats:
        heap = np.array(free, dtype=at.dtype)
        started: Floats = compiled(at, service, heap)
        free[:] = heap.tolist()
        return started

    return serve_compiled


def _serve(at: Floats, service: Floats, free: Floats) -> Floats:
    """The same as `serve`, for numba; the worker that starts a job sinks to its place in the heap."""
    started = np.empty_like(at)
    workers = len(free)
    for job in range(len(at)):
        started[job] = max(at[job], free[0])
        end = started[job] + service[job]
        place, below = 0, 1
        while below < workers:
            if below + 1 < workers and free[below + 1] < free[below]:
                below += 1
            if free[below] >= end:
                break
            free[place] = free[below]
            place, below = below, 2 * below + 1
        free[place] = end
    return started
