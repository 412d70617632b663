"""Runs a student's code and our grader in a child process, so that no mistake in it stops the lesson.

An endless loop, a crash, a flood of output or a hunger for memory ends the child, and one sentence says so.
It is no sandbox against malice: the child may read and write all that its user may, and a process that it
starts in another session outlives it. It is the student's own machine.

Read next: pdflab/notebook/lessons/gap.py.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from subprocess import Popen
from threading import Thread
from typing import Any

from pdflab.child_process import end, spawn, wait_until
from pdflab.notebook.lessons.graders.student_code import describe, unpack

_MAX_OUTPUT, _SHOWN = 200_000, 2_000  # bytes that a child may print, and characters shown of them
_MEMORY = 2 * 2**30  # bytes of addresses, of which numpy reserves much for each thread
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
_START = 60.0  # seconds until Python runs: a machine may be busy
_PROGRAM = "pdflab.notebook.lessons.graders.sandbox"
_TASK, _READY, _RESULT, _PRINTED = "task.json", "ready", "result.json", "printed"
_LEFT = "Your code started a process and did not wait for it; it was ended: do the work in your function."
_FLOOD = "Your code printed too much and was stopped; print less, and look for a loop that never ends."


@dataclass(frozen=True, slots=True)
class Finished:
    """What a child found, or what went wrong in one sentence; and the beginning of what it printed."""

    findings: tuple[str, ...] = ()
    trouble: str = ""
    printed: str = ""


def run_apart(grader: str, code: dict[str, Any], *, seconds: float = 10.0, **given: Any) -> Finished:
    """Run `grader`, a "module:function", on packed code in a child process; `given` are further arguments.

    Its time counts from the first line of the student's code. Nothing is left running.
    """
    with tempfile.TemporaryDirectory(prefix="pdflab-") as name:
        folder = Path(name)
        task = {"grader": grader, "code": code, "given": given}
        (folder / _TASK).write_text(json.dumps(task), encoding="utf-8")
        child = spawn([_PROGRAM, name], folder / _PRINTED, env={**os.environ, **_ENVIRONMENT})
        try:
            trouble = _await(child, folder, seconds)
        finally:
            left = _kill_all(child)
            end(child, seconds=0)
        with (folder / _PRINTED).open("rb") as printed:
            text = printed.read(_MAX_OUTPUT).decode(errors="replace").strip()
        if len(text) > _SHOWN:
            text = f"{text[:_SHOWN]}\n… ({len(text) - _SHOWN:,} more characters)"
        found: dict[str, Any] = {"trouble": trouble or _LEFT} if trouble or left else _result(child, folder)
        return Finished(tuple(found.get("findings", ())), found.get("trouble", ""), text)


def _await(child: "Popen[bytes]", folder: Path, seconds: float) -> str:
    """Wait until a child ends; return why it has to be ended instead, if so."""

    def is_over() -> bool:
        return child.poll() is not None or (folder / _PRINTED).stat().st_size > _MAX_OUTPUT

    if not wait_until(lambda: is_over() or (folder / _READY).exists(), _START):
        return f"Python did not start within {_START:g} s; close other programs, and grade again."
    if not wait_until(is_over, seconds, interval=0.02):
        return f"Your code was stopped after {seconds:g} s; look for a loop or a wait that never ends."
    return _FLOOD if (folder / _PRINTED).stat().st_size > _MAX_OUTPUT else ""


def _kill_all(child: "Popen[bytes]") -> bool:
    """Kill a child and what it started; return whether anything outlived it."""
    has_ended = child.poll() is not None
    with suppress(ProcessLookupError, PermissionError, AttributeError):  # nothing is left; Windows
        os.killpg(child.pid, signal.SIGKILL)
        return has_ended
    return False


def _result(child: "Popen[bytes]", folder: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
        return found
    if child.returncode == -signal.SIGKILL:
        return {"trouble": "The system killed your code, most likely for its memory; keep less at once."}
    how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
    return {"trouble": f"Your code ended its process ({how}) before it returned; return instead."}


def main(folder: Path) -> None:
    """Grade in this process; write the result to a file, all at once."""
    task = json.loads((folder / _TASK).read_text(encoding="utf-8"))
    module, _, name = task["grader"].partition(":")
    grade: Callable[..., list[str]] = getattr(importlib.import_module(module), name)
    _limit()
    sys.stdout = TextIOWrapper(sys.stdout.buffer, "utf-8", line_buffering=True)  # kept, whatever comes
    Thread(target=_end_with_parent, daemon=True).start()
    me = os.getpid()
    (folder / _READY).touch()
    found: dict[str, Any]
    try:
        found = {"findings": grade(unpack(task["code"]), **task["given"])}
    except BaseException as error:
        found = {"trouble": describe(error)}
    with suppress(OSError):  # a flood has filled the file
        sys.stdout.flush()
    if os.getpid() == me:  # and not a fork of it
        (folder / "part").write_text(json.dumps(found), encoding="utf-8")
        (folder / "part").replace(folder / _RESULT)
    os._exit(0)  # the student's threads may never end


def _limit() -> None:
    """Let a greedy list fail instead of the machine, and an endless print; macOS ignores the first limit."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (10 * _MAX_OUTPUT, 10 * _MAX_OUTPUT))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _end_with_parent() -> None:
    os.read(0, 1)  # returns when the parent ends
    time.sleep(0.1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
