"""The lab inside one process: every role is a thread.

It is for machines that cannot start processes, and it shows the GIL: rendering threads share one core.

Read next: pdflab/service/entrypoints.py.
"""

import logging
import os
import socket
import time
from functools import partial
from threading import Event, Thread

from pdflab.errors import PdfLabError
from pdflab.load.launcher import LoadThread, OperationStarter
from pdflab.service import entrypoints as roles
from pdflab.service.http.server import address
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_END_TIMEOUT = 30.0  # seconds


class Threads:
    """Runs named roles as threads; it has the interface of Supervisor, without its faults."""

    def __init__(self, settings: Settings, broker: Broker) -> None:
        self._settings = settings
        self._broker = broker
        self._roles: dict[str, tuple[Thread, Event]] = {}
        self.frozen: frozenset[str] = frozenset()  # a thread cannot be stopped
        self.broken: str | None = None
        self.failing: str | None = None

    def configure(self, settings: Settings) -> None:
        """Start roles with these settings from now on."""
        self._settings = settings

    def start(self, name: str, role: str, sock: socket.socket | None = None) -> None:
        """Start a role as a thread of this name."""
        stop = Event()
        arguments = (name, role, stop, sock and sock.dup())  # it closes its own; the next one needs ours
        thread = Thread(target=self._run, args=arguments, name=f"pdflab {name}", daemon=True)
        self._roles[name] = thread, stop
        thread.start()

    def end(self, names: list[str]) -> None:
        """End some roles at the same time; a thread cannot be killed, so each finishes its document."""
        ending = [self._roles.pop(name) for name in names if name in self._roles]
        for _, stop in ending:
            stop.set()
        deadline = time.monotonic() + _END_TIMEOUT
        for thread, _ in ending:
            thread.join(max(0.0, deadline - time.monotonic()))

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the running roles."""
        return [name for name in self._roles if name.startswith(prefix)]

    def pids(self) -> dict[str, int]:
        """Return the id of the process for each role: all are threads of ours."""
        return dict.fromkeys(self._roles, os.getpid())

    def stop(self) -> None:
        """End all roles."""
        self.end(self.names())

    def _run(self, name: str, role: str, stop: Event, sock: socket.socket | None) -> None:
        try:
            self._run_role(name, role, stop, sock)
        except PdfLabError as error:
            self.broken = str(error)
        except Exception as error:
            _log.exception("%s", name)
            self.broken = f"{name} failed: {type(error).__name__}: {error}"

    def _run_role(self, name: str, role: str, stop: Event, sock: socket.socket | None) -> None:
        broker, settings = self._broker, self._settings
        match role, sock:
            case "api", socket.socket():
                operations = OperationStarter(partial(LoadThread, settings=settings), address(sock), settings)
                roles.run_api(broker, settings, stop, sock, operations, own_process=False)
                operations.stop()
            case "sync-api", socket.socket():
                roles.run_sync_api(settings, stop, sock, own_process=False)
            case "recorder", _:
                roles.run_recorder(broker, settings, stop)
            case "naive-worker", _:
                roles.run_naive_worker(broker, settings, stop, name=name)
            case _:
                roles.run_worker(broker, settings, stop, role=role, name=name, own_process=False)
