"""The objects that the views of an application share: queue, storage, operations and cached answers.

Read next: pdflab/service/http/errors.py.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar, cast

from flask import current_app

from pdflab.errors import BrokerUnavailable
from pdflab.service.api.answers import AnswerCounter
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.jobqueue.base import Monitor, Producer
from pdflab.service.jobqueue.dashboard_view import Sample, Stats
from pdflab.service.storage.base import Storage

_T = TypeVar("_T")


class CachedCall(Generic[_T]):
    """Calls a function at most once in `lifetime` seconds, and caches its result or its BrokerUnavailable."""

    def __init__(
        self,
        call: Callable[[], _T],
        *,
        lifetime: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._lifetime = lifetime
        self._clock = clock
        self._lock = Lock()
        self._called_at = float("-inf")
        self._result: _T
        self._error: BrokerUnavailable | None = None

    def __call__(self) -> _T:
        """Return the cached result, or a new one. Raises BrokerUnavailable while Redis is away."""
        with self._lock:
            if self._clock() - self._called_at > self._lifetime:
                self._refresh()
            if self._error:  # a new one: each `raise` adds the frames of its request to the traceback
                raise type(self._error)(*self._error.args)
            return self._result

    def _refresh(self) -> None:
        try:
            self._result, self._error = self._call(), None
        except BrokerUnavailable as error:
            self._error = error.with_traceback(None)
        self._called_at = self._clock()


class Operations(Protocol):
    """Starts loads outside the threads of the API, which never sends load itself."""

    def listing(self) -> Sequence[Any]:
        """Return the operations, each with its `name`, `title`, `hint` and `parameters`.

        `title` and `hint` may name parameters, as in "Batch of {n}".
        """

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Start an operation and return its `id` and what it sends.

        Raises InvalidRequest, naming each wrong parameter.
        """

    def running(self) -> Sequence[Mapping[str, object]]:
        """Return the loads that are being sent to either endpoint, as far as they are known here.

        Each has its `id`, `plan`, `endpoint`, `documents`, `seconds`, how many are `due`, how many of their
        clients are `waiting` (None if not known), and whether it `is_ours` to end.
        """

    def clients(self) -> Mapping[str, Mapping[str, float | None]]:
        """Return for each endpoint its clients `waiting`, the `longest` for so many seconds.

        Others `gave_up`, were `refused`, or met `errors`. Nothing is returned while this is not known.
        """

    def end(self, operation_id: str) -> bool:
        """End a running operation, and return whether there was one of this id."""


@dataclass(frozen=True, slots=True)
class Context:
    """The objects that the views of one application share."""

    producer: Producer
    monitor: Monitor
    storage: Storage
    operations: Operations
    purged_file: Path  # names what was purged, for the audit
    max_batch: int
    room: Callable[[], bool]  # whether the disk has room for more
    health: CachedCall[None]
    stats: CachedCall[Stats]
    answers: AnswerCounter
    snapshot: CachedCall[bytes]
    sync_log: SyncLog
    history: CachedCall[tuple[list[Sample], float]]  # and the present instant


def context() -> Context:
    """Return the context of the application that answers the current request."""
    return cast(Context, current_app.extensions["pdflab"])


def has_room(folder: Path, reserve: int) -> bool:
    """Return whether the disk of a folder has so many bytes free; also if there is no such folder here."""
    try:
        disk = os.statvfs(folder)
    except (OSError, AttributeError):  # Windows has no statvfs
        return True
    return disk.f_bavail * disk.f_frsize >= reserve
