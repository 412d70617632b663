"""What is simulated: the workers and their cores, the endpoint, the clients, and what goes wrong.

Read next: simulation/discrete_event.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from pdflab.errors import UsageError
from pdflab.simulation.autoscaling import Scaling
from pdflab.simulation.fcfs import Floats


class Outcome(IntEnum):
    """How a request ended. The document of a client that gave up may have been made: `ended_at` tells."""

    COMPLETED = 0
    REFUSED = 1  # 429, the line was full
    RENEGED = 2
    FAILED = 3  # it brought its worker down too often


@dataclass(frozen=True, slots=True)
class Model:
    """The system. Durations are seconds; the defaults are a service without any trouble.

    The synchronous endpoint is a model too: its threads are the workers, its processes the cores they share.
    Raises UsageError for a system that cannot be.
    """

    workers: int = 2
    cores: float = inf  # how many workers can render without slowing one another
    accept: float = 0.0  # what a request costs the API: one core, one request at a time, before the workers
    limit: float = inf  # jobs waiting; one more is refused with 429
    reneges: bool = False  # a client leaves the line, as a caller does, and never once it is served
    tries: int = 1  # how often a client that was refused, or gave up, asks in all
    backoff: float = 1.0  # before it asks again: so long, then twice as long, and so on, give or take half
    lease: float = 10.0  # after which the job of a worker that crashed is back at the front of the line
    max_crashes: int = 3  # a job that brought down so many workers has failed
    redo: float = inf  # seconds of a job's work that a crash undoes at most: of a bundle, one document's
    restart: float = 1.0  # how long a worker that crashed is away
    scaling: Scaling | None = None  # how many workers there shall be, over time; else as many as at first

    def __post_init__(self) -> None:
        _require(self.workers >= (self.scaling is None), f"{self.workers} workers cannot do any work.")
        _require(self.cores > 0, f"{self.cores:g} cores cannot do any work.")
        _require(self.tries >= 1 and self.max_crashes >= 1, "A job needs one try or more.")
        for field in fields(self):
            value = getattr(self, field.name)
            _require(
                not isinstance(value, float | int) or value >= 0,
                f"{field.name} cannot be {value}: 0 or more.",
            )


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests as columns, in the order in which they ended; an instant that never came is nan.

    `number` counts the documents asked for from 0, `attempt` from 1 how often its client has asked.
    """

    number: NDArray[np.int64]
    attempt: NDArray[np.int64]
    at: Floats
    queued_at: Floats
    started_at: Floats
    ended_at: Floats
    outcome: NDArray[np.uint8]


def join(blocks: Iterable[Requests]) -> Requests:
    """Join blocks into one, in the order of the documents and of the attempts at each."""
    parts = list(blocks)
    names = [field.name for field in fields(Requests)]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.lexsort((columns["attempt"], columns["number"]))
    return Requests(**{name: column[order] for name, column in columns.items()})


@dataclass(slots=True, eq=False)
class Request:
    """One request on its way through the system."""

    number: int
    at: float
    service: float
    patience: float
    attempt: int = 1
    queued_at: float = nan
    started_at: float = nan
    crashes: int = 0
    gone: bool = False  # its client waits no longer
    outcome: Outcome | None = None


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
