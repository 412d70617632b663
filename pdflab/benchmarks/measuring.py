"""Shared by the benchmarks: rounds with a progress bar, processor time, memory, and a sample invoice.

Read next: pdflab/benchmarks/memory.py.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from math import inf
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from pdflab.documents.kinds import sample_request

CPU_CLOCK = time.thread_time if os.name == "posix" else time.perf_counter  # Windows counts in steps of 16 ms
_MIN_ROUNDS = 3  # that a median needs


def rounds_of(rounds: int, name: str, *, max_seconds: float = inf) -> Iterator[int]:
    """Yield the numbers of the rounds, fewer if they take too long, and show a progress bar on stderr."""
    deadline = time.monotonic() + max_seconds
    for number in track(range(rounds), name, console=Console(stderr=True), transient=True):
        if number < _MIN_ROUNDS or time.monotonic() < deadline:
            yield number


def resident_mb(pid: int | None = None, *, field: str = "VmRSS") -> float:
    """Return the megabytes that a process has in memory now, by default this one; `VmHWM` is its peak."""
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields[field].split()[0]) / 1024
    command = ["ps", "-o", "rss=", "-p", str(pid or os.getpid())]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def in_a_fresh_process(code: str) -> float:
    """Run a program in a new process and return the number that it prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def sample_invoice(locale: str, lines: int) -> dict[str, Any]:
    """Return the first sample invoice of a market, with so many lines."""
    invoices = (sample_request("invoice", seed, lines=lines) for seed in count())
    return next(invoice for invoice in invoices if invoice["locale"] == locale)
