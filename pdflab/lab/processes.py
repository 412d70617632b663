"""The supervisor of the lab's processes: it starts them, restarts dead ones, and ends them all.

Children write to files in the lab's folder, never into a notebook cell.

Read next: pdflab/child_process.py.
"""

import logging
import os
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, RLock, Thread, current_thread

from pdflab.child_process import end, freeze, how_it_ended, last_line, spawn, wait_until
from pdflab.errors import UsageError
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_POLL_INTERVAL = 0.1  # seconds
_KILL_DELAY = 0.75  # seconds beyond its grace period until a child is killed
_RESTART_TIMEOUT = 10.0  # seconds that a fault waits for a dead child, which restarts within 5
_START_TIME = 10.0  # seconds: a child that lived longer did not fail to start
_LOADING_TIME = 1.0  # seconds: a signalled child that lived longer was at work
_USAGE = 2  # the exit code of a child with invalid settings
_SILENT = "A process of the lab ended without a message."


@dataclass(slots=True)
class _Child:
    """A process that should be running."""

    words: list[str]
    log: Path
    sock: socket.socket | None
    process: "subprocess.Popen[bytes]"
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0
    restart_at: float | None = None  # once it has died
    broken: bool = False  # it can never run


class Supervisor:
    """Keeps a set of named children running until `stop`."""

    def __init__(self, settings: Settings, *, revive_broker: Callable[[], None]) -> None:
        self.configure(settings)
        self._revive_broker = revive_broker
        self._children: dict[str, _Child] = {}
        self._lock = RLock()  # the garbage collector may stop an unreferenced lab on this very thread
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        self.frozen: frozenset[str] = frozenset()  # the names of stopped children
        self.broken: str | None = None  # why a child can never run
        self.failing: str | None = None  # why a child has died at its start, twice running

    def configure(self, settings: Settings) -> None:
        """Start children with these settings from now on; those that run keep theirs until they restart."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PDFLAB_")}
        self._settings, self._env = settings, ours | settings.to_env()

    def start(self, name: str, role: str, sock: socket.socket | None = None) -> None:
        """Start a role as a child of this name; it serves the listening socket `sock`."""
        words = ["pdflab", role, "--guarded", *([] if sock is None else ["--fd", str(sock.fileno())])]
        words += ["--name", name] if role.endswith("worker") else []
        log = self._settings.folder / "logs" / f"{name}.log"
        with self._lock:
            self._children[name] = _Child(words, log, sock, spawn(words, log, env=self._env, sock=sock))

    def end(self, names: list[str]) -> None:
        """End some children at the same time; kill those that exceed their grace period."""
        with self._lock:
            ending = [self._children.pop(name).process for name in names if name in self._children]
        for process in ending:
            process.terminate()
        deadline = time.monotonic() + self._settings.grace + _KILL_DELAY
        for process in ending:
            end(process, seconds=deadline - time.monotonic())

    def kill(self, name: str) -> None:
        """Kill a child with SIGKILL; it is restarted.

        A dead one is killed once it works again. Raises UsageError when that takes too long.
        """
        [process] = self._living([name])
        process.kill()
        process.wait()

    def freeze(self, names: list[str], seconds: float) -> None:
        """Stop some children (SIGSTOP), once one of them works, and continue them after so many seconds.

        Raises UsageError when none of them works in time.
        """
        pids = [process.pid for process in self._living(names)]
        self.frozen = self.frozen.union(names)
        try:
            freeze(pids, seconds)
        finally:
            self.frozen = self.frozen.difference(names)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the children that should be running."""
        with self._lock:
            return [name for name in self._children if name.startswith(prefix)]

    def pids(self) -> dict[str, int]:
        """Return the id of each child's process, a dead one's too until it is restarted."""
        with self._lock:
            return {name: child.process.pid for name, child in self._children.items()}

    def stop(self) -> None:
        """End all children and the watching thread."""
        self._stop.set()
        if current_thread() is not self._thread:
            self._thread.join()
        self.end(self.names())

    def _living(self, names: list[str]) -> "list[subprocess.Popen[bytes]]":
        """Return the living children, once one is at work: a fault that hits no work would prove nothing."""
        living: list[_Child] = []

        def one_works() -> bool:
            with self._lock:
                children = [self._children[name] for name in names if name in self._children]
            living[:] = (child for child in children if child.process.poll() is None)
            return any(time.monotonic() - child.started_at > _LOADING_TIME for child in living)

        if not wait_until(one_works, _RESTART_TIMEOUT):
            raise UsageError(
                f"{', '.join(names)} is not back after {_RESTART_TIMEOUT:g} s; its log says why."
            )
        return [child.process for child in living]

    def _watch(self) -> None:
        """Watch until `stop`, whatever happens: without this thread, nothing is ever restarted."""
        while not self._stop.wait(_POLL_INTERVAL):
            try:
                self._revive_broker()
                with self._lock:
                    for name, child in list(self._children.items()):
                        self._look_after(name, child)
            except Exception as error:  # no process, no file, no memory to be had at present
                _log.warning("A process cannot be started (%s); trying again.", error)
                self._stop.wait(1.0)

    def _look_after(self, name: str, child: _Child) -> None:
        """Restart a dead child: at once, or with a growing delay while it fails to start.

        A child that a signal ended at its work has not failed to start.
        """
        code, now = child.process.poll(), time.monotonic()
        if code is None or child.broken:
            return
        if child.restart_at is None:
            lived_long = now - child.started_at > (_LOADING_TIME if code < 0 else _START_TIME)
            if code == _USAGE and not child.deaths and not lived_long:
                child.broken, self.broken = True, last_line(child.log) or _SILENT
                return  # a child that has worked may recover, for instance when its disk is back
            child.deaths = 1 if lived_long else child.deaths + 1
            if child.deaths > 1:
                self.failing = f"{name} cannot be started: {last_line(child.log) or _SILENT}"
            wait = 0.0 if child.deaths == 1 else min(5.0, 0.1 * 2**child.deaths)
            child.restart_at = now + wait
            when = f" in {wait:.1f} s" if wait else ""
            _log.warning("%s %s; a new one starts%s.", name, how_it_ended(code), when)
        if now >= child.restart_at:
            end(child.process, seconds=0)
            child.process = spawn(child.words, child.log, env=self._env, sock=child.sock)
            child.started_at, child.restart_at = now, None
