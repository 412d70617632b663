"""Shared by the benchmarks: contenders that take turns, processor time, memory, and a sample invoice.

Read next: pdflab/benchmarks/render.py.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from math import inf
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from pdflab.documents.kinds import sample_request

CPU_CLOCK = time.thread_time if os.name == "posix" else time.perf_counter  # Windows counts in steps of 16 ms
_MIN_ROUNDS = 3  # that a median needs
K = TypeVar("K")


def rounds_of(rounds: int, name: str, *, max_seconds: float = inf) -> Iterator[int]:
    """Yield the numbers of the rounds, fewer if they take too long, and show a progress bar on stderr."""
    deadline = time.monotonic() + max_seconds
    for number in track(range(rounds), name, console=Console(stderr=True), transient=True):
        if number < _MIN_ROUNDS or time.monotonic() < deadline:
            yield number


def take_turns(
    contenders: Mapping[K, Callable[[], float]], rounds: int, *, max_seconds: float = inf
) -> dict[K, list[float]]:
    """Call each contender once in each round, so that a slow moment of the machine affects all of them."""
    results: dict[K, list[float]] = {name: [] for name in contenders}
    for _ in rounds_of(rounds, "measuring", max_seconds=max_seconds):
        for name, contender in contenders.items():
            results[name].append(contender())
    return results


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the rounds' ratios: each compares within a round, at one speed of the machine."""
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def resident_mb(pid: int | None = None, *, field: str = "VmRSS") -> float:
    """Return the megabytes that a process has in memory now, by default this one; `VmHWM` is its peak."""
    status = Path(f"/proc/{pid or 'self'}/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(fields[field].split()[0]) / 1024
    command = ["ps", "-o", "rss=", "-p", str(pid or os.getpid())]
    return int(subprocess.check_output(command, text=True)) / 1024


def in_a_fresh_process(code: str) -> float:
    """Run a program in a new process and return the number that it prints."""
    return float(subprocess.check_output([sys.executable, "-c", code], text=True))


def market_invoice(locale: str, lines: int) -> dict[str, Any]:
    """Return the first sample invoice of a market, with so many lines."""
    invoices = (sample_request("invoice", seed, lines=lines) for seed in count())
    return next(invoice for invoice in invoices if invoice["locale"] == locale)
