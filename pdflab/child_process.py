"""Child processes that end with their parent: no process outlives a killed kernel.

The parent holds the other end of a child's standard input and never writes to it. When the parent ends, even
by SIGKILL, the pipe closes and the child ends, too. A parent-death signal is no substitute: Linux sends it
when the thread that started the child ends, and macOS has none.

A foreign command runs under `python -m pdflab.child_process FOLDER … -- COMMAND …`, which watches the pipe
for it, and removes the temporary folders of a parent that has ended.

Read next: pdflab/lab/processes.py.
"""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType
from typing import BinaryIO

_EXIT_TIMEOUT = 1.5  # seconds that a child may outlive its parent
_COMMAND_DELAY = 1.8  # seconds: the other children need the command until they end


def spawn(
    words: list[str], log: Path, *, env: Mapping[str, str] | None = None, sock: socket.socket | None = None
) -> "subprocess.Popen[bytes]":
    """Start `python -m WORDS` as a child that writes to `log`, if it can, and ends with this process.

    Files in the current folder are not imported (`-P`): one called secrets.py would be.
    """
    with _output(log) as output:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", *words],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=env,
            pass_fds=() if sock is None else (sock.fileno(),),
            start_new_session=True,  # only the parent receives Ctrl-C and the interrupt of a cell
            umask=0o077,  # other users of this machine read no PDF, log or queue
        )


def _output(log: Path) -> BinaryIO:
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("ab")
    except OSError:  # a full disk, a folder that went: to run is more than to tell
        return open(os.devnull, "ab")


def last_line(log: Path) -> str:
    """Return the last line that a child wrote, or an empty text."""
    with suppress(OSError):
        lines = log.read_text(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("pdflab: ") if lines else ""
    return ""


def how_it_ended(code: int) -> str:
    """Return in words what the exit code of a child says."""
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with exit code {code}"


def open_standard_files() -> None:
    """Open what a caller has closed of standard input, output and error: a socket would take its number."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def end(process: "subprocess.Popen[bytes]", *, seconds: float) -> None:
    """Wait until a terminated child ends; kill it after so many seconds."""
    try:
        process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def freeze(pids: list[int], seconds: float) -> None:
    """Stop processes for so many seconds, then continue them.

    A separate process does it: otherwise, a kill of this one would leave them stopped for ever.
    """
    them = " ".join(map(str, pids))
    script = f"kill -STOP {them}; sleep {seconds}; kill -CONT {them}"  # of an ended process, kill complains
    subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def wait_until(condition: Callable[[], bool], timeout: float, *, interval: float = 0.05) -> bool:
    """Check a condition every `interval` seconds; return whether it holds within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def stop_event(*, guarded: bool) -> Event:
    """Return an Event set by SIGTERM, SIGINT or a closed terminal; if `guarded`, by the end of its parent."""
    stop = Event()
    requests: SimpleQueue[None] = SimpleQueue()  # in a signal handler, put is safe; Event.set may deadlock

    def request(signum: int = 0, frame: FrameType | None = None) -> None:
        requests.put(None)

    def listen() -> None:
        requests.get()
        stop.set()

    def watch() -> None:
        _await_parents_end()
        requests.put(None)
        time.sleep(_EXIT_TIMEOUT)
        os._exit(1)

    signal.signal(signal.SIGTERM, request)
    signal.signal(signal.SIGINT, request)
    if not guarded and hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, request)  # the terminal was closed; nohup ignores that
    for target in (listen, watch) if guarded else (listen,):
        Thread(target=target, daemon=True).start()
    return stop


def main(folders: list[str], command: list[str]) -> int:
    """Run a command until it ends, SIGTERM comes, or the parent ends; return its exit code.

    Only the end of the parent removes the folders: otherwise, they stay for a restart.
    """
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)
    orphaned = Event()

    def watch() -> None:
        _await_parents_end()
        time.sleep(_COMMAND_DELAY)
        orphaned.set()
        child.terminate()

    signal.signal(signal.SIGTERM, lambda signum, frame: child.terminate())
    Thread(target=watch, daemon=True).start()
    code = child.wait()
    for folder in folders if orphaned.is_set() else ():
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _die_with_parent() -> None:
    """Make Linux kill the command if this process is killed; its starter, the main thread, lives as long."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _await_parents_end() -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever written: this returns when the pipe closes


if __name__ == "__main__":
    border = sys.argv.index("--")
    sys.exit(main(sys.argv[1:border], sys.argv[border + 1 :]))
