"""The guardian of the lab's processes: it starts them, starts again those that die, and ends them all.

Each child holds a pipe to us as its standard input and ends when that closes, so that nothing
outlives a killed kernel. Children write to files in the lab's folder, never into a cell.

Read next: service/roles.py.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from types import FrameType

from pdflab.settings import Settings

_log = logging.getLogger(__name__)
_GLANCE = 0.1  # seconds between two looks at the children
_OVERRUN = 0.75  # seconds that a child may take beyond its grace, before it is killed
_LONG_LIVED = 10.0  # a child that lived this long has not failed to start
_USAGE = 2  # the exit code of a child that cannot work as it is set up


@dataclass(slots=True)
class Child:
    """A process that should be running, and how it came to be."""

    name: str
    command: list[str]
    sock: socket.socket | None
    process: "subprocess.Popen[bytes]"
    started_at: float = field(default_factory=time.monotonic)
    deaths: int = 0
    due_at: float = 0.0


class Supervisor:
    """Keeps a set of named children running until `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._children: dict[str, Child] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        self.broken: str | None = None  # why a child can never run, once one has said so

    def start(self, name: str, role: str, sock: socket.socket | None = None) -> None:
        """Start a role as a child of this name; `sock` is the listening socket that it serves."""
        command = [sys.executable, "-m", "pdflab", role, "--guarded"]
        if sock is not None:
            command += ["--fd", str(sock.fileno())]
        with self._lock:
            self._children[name] = Child(name, command, sock, self._spawn(name, command, sock))

    def end(self, names: list[str]) -> None:
        """End some children, all at once: asked first, killed when they overrun their grace."""
        with self._lock:
            children = [self._children.pop(name) for name in names if name in self._children]
        for child in children:
            child.process.terminate()
        deadline = time.monotonic() + self._settings.grace + _OVERRUN
        for child in children:
            _wait_or_kill(child.process, deadline)

    def names(self, prefix: str = "") -> list[str]:
        """Name the children that should be running."""
        with self._lock:
            return [name for name in self._children if name.startswith(prefix)]

    def pid(self, name: str) -> int:
        """Tell a child's process id."""
        with self._lock:
            return self._children[name].process.pid

    def stop(self) -> None:
        """Watch no longer, and end whatever is left."""
        self._stop.set()
        self._thread.join()
        self.end(self.names())

    def _watch(self) -> None:
        while not self._stop.wait(_GLANCE):
            with self._lock:
                for child in self._children.values():
                    self._look_after(child)

    def _look_after(self, child: Child) -> None:
        """Start a child again that has died; one that dies again and again waits longer each time."""
        code, now = child.process.poll(), time.monotonic()
        if code is None or self.broken:
            return
        if not child.due_at:
            if code == _USAGE:
                self.broken = _last_line(self._log_file(child.name))
                return
            child.deaths = 0 if now - child.started_at > _LONG_LIVED else child.deaths
            child.due_at = now + min(5.0, 0.1 * 2**child.deaths) - 0.1
            _log.warning("%s ended with %s; it is started again.", child.name, code)
        if now >= child.due_at:
            _close(child.process)
            child.process = self._spawn(child.name, child.command, child.sock)
            child.deaths, child.started_at, child.due_at = child.deaths + 1, now, 0.0

    def _spawn(self, name: str, command: list[str], sock: socket.socket | None) -> "subprocess.Popen[bytes]":
        with self._log_file(name).open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=os.environ | self._settings.to_env(),
                pass_fds=() if sock is None else (sock.fileno(),),
                start_new_session=True,  # Ctrl-C and an interrupted cell are for us; we tell them
            )

    def _log_file(self, name: str) -> Path:
        folder = self._settings.folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"


def stop_event(*, guarded: bool) -> Event:
    """Give an Event that is set when this process is told to stop: by a signal, or by its guardian's end."""
    stop = Event()
    told: SimpleQueue[None] = SimpleQueue()  # a signal handler may put here; Event.set could deadlock in it

    def tell(signum: int = 0, frame: FrameType | None = None) -> None:
        told.put(None)

    def listen() -> None:
        told.get()
        stop.set()

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)  # nothing is ever written: it returns when the pipe closes
        told.put(None)
        time.sleep(3.0)
        os._exit(1)

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    for target in (listen, watch) if guarded else (listen,):
        Thread(target=target, daemon=True).start()
    return stop


def _wait_or_kill(process: "subprocess.Popen[bytes]", deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _close(process)


def _close(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin:
        process.stdin.close()


def _last_line(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
