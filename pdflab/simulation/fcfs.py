"""First come, first served, by many workers: a hundred million jobs, block by block.

Once we know when each job arrives and how long its rendering takes, nothing is left to chance: each job is
taken by the worker that is free first. That one sentence is the whole engine. It works on any unit of time;
with whole numbers, say nanoseconds, its arithmetic is exact.

Read next: simulation/discrete_event.py, for all that this sentence leaves out; then theory.py.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import heapreplace

import numpy as np
from numpy.typing import NDArray

from pdflab.errors import UsageError

Floats = NDArray[np.float64]
Serve = Callable[[Floats, Floats, list[float]], Floats]

_BLOCK = 4096  # jobs at a time: their columns stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Jobs:
    """What is known beforehand, as columns: arrivals, ascending; seconds of work; the clients' patience.

    Without `patience`, all clients wait for ever.
    """

    at: Floats
    service: Floats
    patience: Floats | None = None

    def __post_init__(self) -> None:
        if self.service.min(initial=0) < 0:
            raise UsageError("A service time cannot be negative.")


@dataclass(frozen=True, slots=True)
class Served:
    """Jobs as columns, in the order of their arrival: when each came, was taken, and was done."""

    at: Floats
    started_at: Floats
    ended_at: Floats

    @property
    def waiting(self) -> Floats:
        """Seconds in the line."""
        return self.started_at - self.at

    @property
    def latency(self) -> Floats:
        """Seconds from the arrival until the document is there."""
        return self.ended_at - self.at


def serve(at: Floats, service: Floats, free: list[float]) -> Floats:
    """Return the instant at which each job is started, by the worker that is free first.

    `at` ascends; `service` is how long each job takes. `free` is a heap of the instants at which the workers
    are free, one each; it is left as it is after the last job, so that the next block goes on from there.
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


def serve_alone(at: Floats, service: Floats, free_at: float = 0.0) -> Floats:
    """Return the instant at which each job is started by a single worker, without a loop.

    Job n ends at S(n) + max over k ≤ n of (at(k) − S(k−1)), S being the sum of the service times so far:
    the busy spell in which it ends began with some job k that found the worker free. It rounds otherwise
    than `serve` does; with whole numbers both give the same.
    Source: Lindley, The theory of queues with a single server, Proc. Cambridge Phil. Soc. 48 (1952).
    """
    done = np.cumsum(service)
    before = done - service
    spell_began = np.maximum.accumulate(np.maximum(at - before, free_at))
    return before + spell_began


def simulate_line(blocks: Iterable[Jobs], workers: int, *, serve: Serve = serve) -> Iterator[Served]:
    """Serve blocks of jobs by workers who are there from 0 on; nothing is kept but when they are free.

    Arrivals must ascend across blocks too. Raises UsageError without workers.
    """
    if workers < 1:
        raise UsageError(f"A simulation needs 1 worker or more; it was given {workers}.")
    free: list[float] = [0] * workers
    for at, service in _cut(blocks):
        started_at = serve(at, service, free)
        yield Served(at, started_at, started_at + service)


def collect(served: Iterable[Served]) -> Served:
    """Join blocks into one; all jobs are then in memory."""
    blocks = list(served)
    columns = ([getattr(block, name) for block in blocks] for name in ("at", "started_at", "ended_at"))
    return Served(*(np.concatenate(parts or [np.empty(0)]) for parts in columns))


def _cut(blocks: Iterable[Jobs]) -> Iterator[tuple[Floats, Floats]]:
    for jobs in blocks:
        for first in range(0, len(jobs.at), _BLOCK):
            part = slice(first, first + _BLOCK)
            yield jobs.at[part], jobs.service[part]
