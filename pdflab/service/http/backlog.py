"""The bound of an endpoint: how many requests may be inside, waiting or at work; one more is refused at once.

Read next: pdflab/service/http/connections.py.
"""

import os
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error

try:
    import fcntl
except ImportError:  # on Windows, where the endpoint is one process
    fcntl = None  # type: ignore[assignment]


class BacklogFull(Error):
    """The error of a request for which there was no place."""

    code, reason = 503, "Service Unavailable"


class Places:
    """The places of an endpoint, shared by all its processes: a file with a byte for each.

    An empty file is no bound. A request locks the byte of its place; if its process dies, the system unlocks
    it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._ours = set[int]()  # a process is not kept out by its own locks
        self._lock = Lock()

    @property
    def limit(self) -> int:
        """How many requests may be inside; 0 is any number."""
        return os.fstat(self._file).st_size

    def enter(self) -> int | None:
        """Take a free place and return its number; None if all are taken. Without a bound, it is -1."""
        limit = self.limit
        if not limit:
            return -1
        with self._lock:
            free = (place for place in range(limit) if place not in self._ours and self._is_locked(place))
            place = next(free, None)
            self._ours.update(() if place is None else (place,))
        return place

    def leave(self, place: int) -> None:
        """Free a place."""
        with self._lock:
            if place in self._ours:
                self._ours.remove(place)
                if fcntl:
                    fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def close(self) -> None:
        """Free all places of this process."""
        os.close(self._file)

    def _is_locked(self, place: int) -> bool:
        """Lock a byte, and return whether that was possible."""
        try:
            if fcntl:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError:
            return False
        return True


def set_limit(path: Path, limit: int | None) -> None:
    """Let so many requests be inside at a time, from the next one on; None is any number."""
    with path.open("ab") as file:
        file.truncate(limit or 0)


class BoundedDispatcher(ThreadedTaskDispatcher):
    """Queues a POST for the rendering threads while there is a place; one more is refused by its connection.

    Their queue has no end: a request in it would be refused after its turn.
    """

    def __init__(self, backlog: Places) -> None:
        super().__init__()
        self._backlog = backlog

    def add_task(self, task: Any) -> None:
        """Queue the first request of a connection, or mark it as one too many."""
        request = task.requests[0]
        if task.leave is None and request.command == "POST" and not request.error:
            if (place := self._backlog.enter()) is None:
                inside = f"{self._backlog.limit} requests are inside, and no more may be"
                request.error, task.is_full = BacklogFull(f"{inside}. Send yours again later."), True
                return
            task.leave = partial(self._backlog.leave, place)
        super().add_task(task)
