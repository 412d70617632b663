"""The model of the simulation: workers and cores, the API, clients and faults.

Read next: pdflab/simulation/discrete_event.py.
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats
from pdflab.errors import require
from pdflab.simulation.autoscaling import Scaling


class Outcome(IntEnum):
    """How a request ended. A RENEGED one left the queue, or was refused or rendered after its client left."""

    COMPLETED = 0
    REFUSED = 1  # 429, the queue was full
    RENEGED = 2


@dataclass(frozen=True, slots=True)
class Model:
    """The system. Durations are in seconds; the defaults describe a service without faults.

    The synchronous endpoint is a model too: its threads are the workers, and they share the cores of its
    processes. Raises UsageError for an impossible system.
    """

    workers: int = 2
    cores: float = inf  # how many workers can render at full speed
    api_service_time: float = 0.0  # of a request at the API: one core, one request at a time
    queue_capacity: float = inf  # jobs waiting; one more is refused with 429
    reneges: bool = False  # whether a client that loses patience leaves the queue; in service, none leaves
    tries: int = 1  # requests of a client in all, if they are refused or it loses patience
    backoff: float = 1.0  # before the second try; it doubles each time
    jitter: float = 0.5  # the pause is random within this share of it: from 1 − jitter to 1 + jitter times
    budget: float = inf  # retries of all clients, at most this share of the first requests so far
    lease: float = 10.0  # until the job of a crashed worker is back at the front of the queue
    max_rework: float = inf  # seconds of work on a job that one crash undoes at most
    start_up: float = 0.0  # from a decision, or a crash, until a new worker takes jobs
    scaling: Scaling | None = None  # the number of workers over time; without it, `workers` throughout

    def __post_init__(self) -> None:
        require(self.workers >= (self.scaling is None), f"{self.workers} workers cannot do any work.")
        require(self.cores > 0, f"{self.cores:g} cores cannot do any work.")
        require(self.tries >= 1, "A request needs one try or more.")
        require(not self.jitter > 1, f"A jitter of {self.jitter:g} makes pauses negative: 1 or less.")
        for field in fields(self):
            value = getattr(self, field.name)
            is_valid = not isinstance(value, float | int) or value >= 0
            require(is_valid, f"{field.name} cannot be {value}: 0 or more.")


@dataclass(frozen=True, slots=True)
class RequestColumns:
    """Requests as columns, in the order of documents and attempts; an instant that never came is nan.

    `number` counts documents from 0, `attempt` counts the requests for one document from 1.
    """

    number: NDArray[np.int64]
    attempt: NDArray[np.int64]
    at: Floats
    queued_at: Floats
    started_at: Floats
    ended_at: Floats
    outcome: NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class Request:
    """One request on its way through the system."""

    number: int  # of its document, times the tries, plus the attempts before
    at: float
    service: float
    patience: float
    queued_at: float = nan
    started_at: float = nan
    outcome: Outcome | None = None  # RENEGED as soon as its client has left, though its work may continue
