"""A guardian and its children: a pipe between them, so that nothing outlives a killed kernel.

The guardian holds the other end of a child's standard input and never writes to it. When it ends, even
by SIGKILL, the pipe closes, and the child ends too. A parent-death signal would not do: it fires when
the thread ends that started the child, and macOS has none.

A command that is not ours runs under `python -m pdflab.child_process FOLDER … -- COMMAND …`, which watches
for
it; the folders are temporary, and are removed in the end.

Read next: lab/processes.py.
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
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from types import FrameType

_OVERRUN = 1.5  # seconds after the guardian's end that a child may still take
_AFTER_OUR_SIBLINGS = 1.8  # seconds: they need the command until they have ended

_FREEZE = """
import os, signal, sys, time

def tell(signum):
    for pid in sys.argv[2:]:
        try:
            os.kill(int(pid), signum)
        except ProcessLookupError:
            pass

tell(signal.SIGSTOP)
time.sleep(float(sys.argv[1]))
tell(signal.SIGCONT)
"""


def spawn(
    words: list[str], log: Path, *, env: Mapping[str, str] | None = None, sock: socket.socket | None = None
) -> "subprocess.Popen[bytes]":
    """Start `python -m WORDS` as our child: it writes to `log`, and ends with us."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *words],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=env,
            pass_fds=() if sock is None else (sock.fileno(),),
            start_new_session=True,  # Ctrl-C and an interrupted cell are for us; we tell our children
        )


def end(process: "subprocess.Popen[bytes]", *, seconds: float) -> None:
    """See a child to its end, which it was told of or has met: after so many seconds it is killed."""
    try:
        process.wait(max(0.0, seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


def freeze(pids: list[int], seconds: float) -> None:
    """Stop processes where they are for so many seconds, and let them go on.

    A process of its own does it: were we killed meanwhile, they would never wake up to see that we are gone.
    """
    command = [sys.executable, "-S", "-c", _FREEZE, str(seconds), *map(str, pids)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, start_new_session=True)


def wait_until(condition: Callable[[], bool], timeout: float, *, interval: float = 0.05) -> bool:
    """Return whether a condition holds within so many seconds; it is looked at every `interval` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def stop_event(*, guarded: bool) -> Event:
    """Return an Event that is set when this process is told to stop: by a signal, or by its guardian's
    end.
    """
    stop = Event()
    told: SimpleQueue[None] = SimpleQueue()  # a signal handler may put here; Event.set could deadlock in it

    def tell(signum: int = 0, frame: FrameType | None = None) -> None:
        told.put(None)

    def listen() -> None:
        told.get()
        stop.set()

    def watch() -> None:
        _await_guardians_end()
        told.put(None)
        time.sleep(_OVERRUN)
        os._exit(1)

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    for target in (listen, watch) if guarded else (listen,):
        Thread(target=target, daemon=True).start()
    return stop


def main(folders: list[str], command: list[str]) -> int:
    """Run `command` until it ends, we are told to stop, or our guardian goes.

    When it ends by itself it may be started again: the folders are then still wanted.
    """
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent)
    told = Event()

    def stop(signum: int = 0, frame: FrameType | None = None) -> None:
        told.set()
        child.terminate()

    def watch() -> None:
        _await_guardians_end()
        time.sleep(_AFTER_OUR_SIBLINGS)
        stop()

    signal.signal(signal.SIGTERM, stop)
    Thread(target=watch, daemon=True).start()
    code = child.wait()
    for folder in folders if told.is_set() else ():
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _die_with_parent() -> None:
    """Have Linux kill the command if we are killed; our main thread starts it, and lives as long as we do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _await_guardians_end() -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever written: it returns when the pipe closes


if __name__ == "__main__":
    border = sys.argv.index("--")
    sys.exit(main(sys.argv[1:border], sys.argv[border + 1 :]))
