"""What asks a program in a terminal to stop."""

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
import signal, sys
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from pdflab.child_process import stop_event
stop = stop_event(guarded=False)
print("up", flush=True)
print(stop.wait(1.0))
"""


@pytest.mark.parametrize(("how", "stops"), [("terminal", True), ("nohup", False)])
def test_a_closed_terminal_ends_a_program_unless_it_runs_under_nohup(how: str, stops: bool) -> None:
    """A class is saved and a system is stopped in order; nohup is meant to outlive the terminal."""
    command = [sys.executable, "-c", _PROGRAM, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.send_signal(signal.SIGHUP)
        out, _ = program.communicate(timeout=20)

    assert (out.strip(), program.returncode) == (str(stops), 0)
