"""The guardian of the lab's processes: it starts them, starts again those that die, and ends them all.

Children write to files in the lab's folder, never into a cell.

Read next: child_process.py, for the pipe that ties them to us; service/entrypoints.py, for what they run.
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

from pdflab.child_process import end, freeze, spawn, wait_until
from pdflab.errors import UsageError
from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_POLL_INTERVAL = 0.1  # seconds
_OVERRUN = 0.75  # seconds that a child may take beyond its grace, before it is killed
_RESTART_TIMEOUT = 10.0  # seconds that a fault waits for a dead child: it is started within 5
_LONG_LIVED = 10.0  # seconds: a child that lived so long has not failed to start
_AT_WORK = 1.0  # seconds: so has one that a signal ended after so long; before that it loads what it needs
_USAGE = 2  # the exit code of a child that cannot work as it is set up


@dataclass(slots=True)
class _Child:
    """A process that should be running, and how it came to be."""

    words: list[str]
    log: Path
    sock: socket.socket | None
    process: "subprocess.Popen[bytes]"
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0
    due_at: float | None = None  # when it is started again, if it has died
    hopeless: bool = False  # it has said that it can never run


class Supervisor:
    """Keeps a set of named children running until `stop`."""

    def __init__(self, settings: Settings, *, revive_broker: Callable[[], None]) -> None:
        self._settings = settings
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PDFLAB_")}
        self._env = ours | settings.to_env()
        self._revive_broker = revive_broker
        self._children: dict[str, _Child] = {}
        self._lock = RLock()  # a forgotten lab may be stopped by the garbage collector, on our own thread
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        self.broken: str | None = None  # why a child can never run, once one has said so

    def start(self, name: str, role: str, sock: socket.socket | None = None) -> None:
        """Start a role as a child of this name; `sock` is the listening socket that it serves."""
        words = ["pdflab", role, "--guarded", *([] if sock is None else ["--fd", str(sock.fileno())])]
        log = self._settings.folder / "logs" / f"{name}.log"
        with self._lock:
            self._children[name] = _Child(words, log, sock, spawn(words, log, env=self._env, sock=sock))

    def end(self, names: list[str]) -> None:
        """End some children, all at once: asked first, killed when they overrun their grace."""
        with self._lock:
            ending = [self._children.pop(name).process for name in names if name in self._children]
        for process in ending:
            process.terminate()
        deadline = time.monotonic() + self._settings.grace + _OVERRUN
        for process in ending:
            end(process, seconds=deadline - time.monotonic())

    def kill(self, name: str) -> None:
        """Kill a child with SIGKILL and see it die; as it should be running, it is started again.

        One that is dead is killed when it is back at work. Raises UsageError when that takes too long.
        """
        [process] = self._living([name])
        process.kill()
        process.wait()

    def freeze(self, names: list[str], seconds: float) -> None:
        """Stop some children where they are, and let them go on after so many seconds.

        When none of them is at work, it waits until one is. Raises UsageError when that takes too long.
        """
        freeze([process.pid for process in self._living(names)], seconds)

    def names(self, prefix: str = "") -> list[str]:
        """Name the children that should be running."""
        with self._lock:
            return [name for name in self._children if name.startswith(prefix)]

    def stop(self) -> None:
        """Watch no longer, and end whatever is left."""
        self._stop.set()
        if current_thread() is not self._thread:
            self._thread.join()
        self.end(self.names())

    def _living(self, names: list[str]) -> "list[subprocess.Popen[bytes]]":
        """Return the living ones, once one is at work: a fault that hits no work would prove nothing."""
        living: list[_Child] = []

        def one_works() -> bool:
            with self._lock:
                children = [self._children[name] for name in names if name in self._children]
            living[:] = (child for child in children if child.process.poll() is None)
            return any(time.monotonic() - child.started_at > _AT_WORK for child in living)

        if not wait_until(one_works, _RESTART_TIMEOUT):
            raise UsageError(
                f"{', '.join(names)} is not back after {_RESTART_TIMEOUT:g} s; its log says why."
            )
        return [child.process for child in living]

    def _watch(self) -> None:
        while not self._stop.wait(_POLL_INTERVAL):
            self._revive_broker()
            with self._lock:
                for name, child in list(self._children.items()):
                    self._look_after(name, child)

    def _look_after(self, name: str, child: _Child) -> None:
        """Start a child again that has died: at once, and later each time if it goes on failing to start.

        One that a signal ended at its work has not failed, however often that happens.
        """
        code, now = child.process.poll(), time.monotonic()
        if code is None or child.hopeless:
            return
        if child.due_at is None:
            lived_long = now - child.started_at > (_AT_WORK if code < 0 else _LONG_LIVED)
            if code == _USAGE and not child.deaths and not lived_long:
                child.hopeless, self.broken = True, _last_line(child.log)
                return  # one that has worked before may work again, when its disk is back
            child.deaths = 1 if lived_long else child.deaths + 1
            wait = 0.0 if child.deaths == 1 else min(5.0, 0.1 * 2**child.deaths)
            child.due_at = now + wait
            when = f" in {wait:.1f} s" if wait else ""
            _log.warning("%s ended with %s; it is started again%s.", name, code, when)
        if now >= child.due_at:
            end(child.process, seconds=0)
            child.process = spawn(child.words, child.log, env=self._env, sock=child.sock)
            child.started_at, child.due_at = now, None


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("pdflab: ") if lines else "A part of the lab ended without a word."
