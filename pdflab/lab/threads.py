"""The lab inside one process: every role is a thread.

It is for machines that cannot start processes, and it shows the GIL: rendering threads share one core.

Read next: pdflab/service/entrypoints.py.
"""

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from pdflab.errors import PdfLabError, UsageError
from pdflab.load.launcher import LoadThread, OperationStarter
from pdflab.service import entrypoints as roles
from pdflab.service.http.server import address
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_END_TIMEOUT = 30.0  # seconds
_ONLY_PROCESSES = "Threads cannot be killed or frozen; use processes: Lab(mode='processes')."


@dataclass(frozen=True, slots=True)
class _Role:
    thread: Thread
    stop: Event


class Threads:
    """Runs named roles as threads; it has the interface of Supervisor."""

    def __init__(self, settings: Settings, broker: Broker) -> None:
        self._settings = settings
        self._broker = broker
        self._roles: dict[str, _Role] = {}
        self.broken: str | None = None

    def start(self, name: str, role: str, sock: socket.socket | None = None) -> None:
        """Start a role as a thread of this name."""
        stop = Event()
        run = self._body(role, stop, sock)
        thread = Thread(target=self._run, args=(name, run), name=f"pdflab {name}", daemon=True)
        self._roles[name] = _Role(thread, stop)
        thread.start()

    def end(self, names: list[str]) -> None:
        """End some roles at the same time; a thread cannot be killed, so each finishes its document."""
        ending = [self._roles.pop(name) for name in names if name in self._roles]
        for role in ending:
            role.stop.set()
        deadline = time.monotonic() + _END_TIMEOUT
        for role in ending:
            role.thread.join(max(0.0, deadline - time.monotonic()))

    def kill(self, name: str) -> None:
        """Refuse: a thread cannot be killed."""
        raise UsageError(_ONLY_PROCESSES)

    def freeze(self, names: list[str], seconds: float) -> None:
        """Refuse: a thread cannot be frozen."""
        raise UsageError(_ONLY_PROCESSES)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the running roles."""
        return [name for name in self._roles if name.startswith(prefix)]

    def stop(self) -> None:
        """End all roles."""
        self.end(self.names())

    def _body(self, role: str, stop: Event, sock: socket.socket | None) -> Callable[[], None]:
        match role, sock:
            case "api", socket.socket():
                return lambda: self._run_api(stop, sock)
            case "sync-api", socket.socket():
                return lambda: roles.run_sync_api(self._settings, stop, sock, own_process=False)
            case "recorder", _:
                return lambda: roles.run_recorder(self._broker, self._settings, stop)
            case "naive-worker", _:
                return lambda: roles.run_naive_worker(self._broker, self._settings, stop)
            case _:
                return lambda: roles.run_worker(self._broker, self._settings, stop, own_process=False)

    def _run_api(self, stop: Event, sock: socket.socket) -> None:
        operations = OperationStarter(partial(LoadThread, settings=self._settings), address(sock))
        roles.run_api(self._broker, self._settings, stop, sock, operations, own_process=False)
        operations.stop()

    def _run(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        except PdfLabError as error:
            self.broken = str(error)
        except Exception as error:
            _log.exception("%s", name)
            self.broken = f"{name} failed: {type(error).__name__}: {error}"
