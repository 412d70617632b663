"""A student's mistake ends in one sentence, whatever it is, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import textwrap
from math import pi
from pathlib import Path
from typing import Any

import pytest
from conftest import children_of, eventually, lives

from pdflab.errors import UsageError
from pdflab.notebook.lessons.graders.sandbox import Finished, run_apart
from pdflab.notebook.lessons.graders.student_code import pack, pack_source

SUPPORT = Path(__file__).parents[2] / "support"
CALL = "student_grader:call"


def run(body: str, *, seconds: float = 10.0) -> Finished:
    """Grade a function with this body by calling it."""
    source = f"def answer():\n{textwrap.indent(body, '    ')}\n"
    return run_apart(CALL, pack_source("answer", source), seconds=seconds)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child finds this grader here."""
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Any:
    """The child has ended, and what it started."""
    before = children_of(os.getpid())
    yield
    assert children_of(os.getpid()).keys() <= before.keys()


SLOW = "was stopped after 0.5 s; look for a loop or a wait that never ends."
ENDED = "ended its process ({}) before it returned; return instead."
MISTAKES = {  # and how the sentence goes on that begins with "Your code", unless with a line
    "while True: pass": SLOW,
    "import time; time.sleep(60)": SLOW,
    "x = 1\nreturn x / 0": "Line 3 of answer raised ZeroDivisionError: division by zero; "
    "the line is `return x / 0`.",
    "raise KeyboardInterrupt": "Line 2 of answer raised KeyboardInterrupt; "
    "the line is `raise KeyboardInterrupt`.",
    "return (1": "Line 2 of answer raised SyntaxError: '(' was never closed; the line is `return (1`.",
    "import os; os._exit(3)": ENDED.format("exit code 3"),
    "import os; os._exit(0)": ENDED.format("exit code 0"),
    "import os; os.abort()": ENDED.format("signal 6"),
    "import sys; sys.exit(0)": "called sys.exit, which ends Python; return instead.",
    "return len(' ' * 10**11)": "ran out of memory; keep less at once, "
    "and look for a list that never stops growing.",
    "while True: print('x' * 999)": "printed too much and was stopped; print less, "
    "and look for a loop that never ends.",
}


@pytest.mark.parametrize("body", MISTAKES)
def test_each_mistake_has_its_sentence(body: str) -> None:
    """It says what happened, where, and what to do."""
    found = run(body, seconds=0.5 if body.startswith(("while True: pass", "import time")) else 10)

    assert (found.trouble.removeprefix("Your code "), found.findings) == (MISTAKES[body], ())


@pytest.mark.parametrize("child", ["while True: pass", "time.sleep(60)"])
def test_a_process_that_it_started_is_ended(tmp_path: Path, child: str) -> None:
    """The fork of an innocent-looking function does not outlive it."""
    note = tmp_path / "pid"
    found = run(
        f"import os, time\nif not (pid := os.fork()):\n    {child}\nopen({str(note)!r}, 'w').write(str(pid))"
    )

    assert found.trouble.startswith("Your code started a process and did not wait for it; it was ended")
    eventually(lambda: not is_running(int(note.read_text())), seconds=5)


def test_a_fork_that_returns_gives_no_result() -> None:
    """Only the first process reports, and this one ends before it can."""
    body = "import os\nif pid := os.fork():\n    os.waitpid(pid, 0)\n    os._exit(0)\nreturn 'from a fork'"

    assert run(body).trouble == f"Your code {ENDED.format('exit code 0')}"


def test_what_it_prints_is_shown_even_if_it_never_ends() -> None:
    """And no more than a page of it."""
    assert run("print('so far')\nwhile True: pass", seconds=0.5).printed == "so far"
    assert run("print('x' * 5000)").printed == "x" * 2000 + "\n… (3,000 more characters)"


def test_a_function_takes_along_what_it_uses() -> None:
    """Modules, values, and other functions of the notebook; what cannot be sent is missing by its name."""
    names: dict[str, Any] = {"pi": pi, "os": os, "__name__": "__main__"}
    source = "def twice(x):\n    return 2 * x\ndef answer():\n    return os.sep + str(twice(pi))\n"
    define(source, names)

    assert run_apart(CALL, pack(names["answer"])) == Finished((f"/{2 * pi}",))

    names["pi"] = (part for part in "no pickle")
    found = run_apart(CALL, pack(names["answer"]))
    assert found.trouble.startswith("Line 2 of answer uses `pi`, and nothing has set it before; the line is")


def define(source: str, names: dict[str, Any]) -> None:
    """Run a cell as IPython does: its source can be read again."""
    import linecache

    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    exec(compile(source, "<cell>", "exec"), names)


def test_what_is_no_function_is_refused() -> None:
    """A lambda has no name, and dots are not filled in yet."""
    for wrong in (..., 3, print, lambda: 3):
        with pytest.raises(UsageError, match="no function that begins with def"):
            pack(wrong)  # type: ignore[arg-type]


def test_a_killed_kernel_takes_the_student_s_code_with_it(tmp_path: Path) -> None:
    """SIGKILL gives nobody the time to tidy up."""
    note = tmp_path / "pid"
    body = f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"
    program = f"from test_sandbox import run; run({body!r})"
    folders = os.pathsep.join([str(SUPPORT), str(Path(__file__).parent), *sys.path])
    kernel = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": folders})
    eventually(lambda: note.exists() and note.read_text() != "", seconds=60)

    kernel.send_signal(signal.SIGKILL)
    kernel.wait()

    eventually(lambda: not is_running(int(note.read_text())), seconds=5)


def is_running(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return lives(pid) and state.stdout.strip()[:1] not in ("", "Z")
