"""Coordinated omission: what a closed-loop load test misses while its endpoint is frozen.

A few clients wait for each answer before they send again. So they send almost nothing during the freeze, and
hardly a request looks slow: Tene, "How NOT to Measure Latency" (2013).

Read next: pdflab/experiments/runner.py.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pdflab.analysis.metrics import latencies
from pdflab.analysis.run import Run, Send
from pdflab.errors import require
from pdflab.experiments.comparison import not_accepted
from pdflab.experiments.figure_table import FigureTable
from pdflab.experiments.runner import run_plan
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import steady
from pdflab.settings import Settings

_EXPLANATION = (
    "The first row is what most tools report: a client that waits sends nothing, and what is not sent is not "
    "slow. This is called coordinated omission."
)
_RATE = 100.0  # requests a second, which any endpoint here sustains
_FREEZE_SECONDS = 1.4
_CLIENTS = 5  # fewer than 1 in 100 of all requests, even in the shortest demo


def omission_figures(run: Run) -> dict[str, dict[str, Any]]:
    """Return the acknowledgement latency counted in both ways, in seconds, and the sends in neither."""
    found = latencies(run)
    sent, intended = asdict(found["accept, naive"]), asdict(found["accept"])
    counted = {"since it was sent": sent, "since it was meant to go": intended}
    return {"answered_within_s": counted, "unanswered": not_accepted(run)}


def omission_text(run: Run) -> str:
    """Return both ways to count, one below the other, the sends in neither, and an explanation."""
    found = omission_figures(run)
    columns, rows = ["acknowledgement latency", "p50", "p90", "p95", "p99", "max"], []
    for name, counted in found["answered_within_s"].items():
        rows.append([name, *("–" if seconds is None else f"{seconds:.3f} s" for seconds in counted.values())])
    neither = [f"{count:,} {kind}: in neither row" for kind, count in found["unanswered"].items()]
    return "\n".join([str(FigureTable(columns, rows)), *neither, _EXPLANATION])


def describe_omission(seconds: float) -> str:
    """Return a description of the run. Raises UsageError for a load that is too short or too long."""
    require(6 <= seconds <= 600, "--seconds must be between 6 and 600 for a freeze.")
    return f"{_CLIENTS} clients for {seconds:g} s; halfway the API is frozen for {_FREEZE_SECONDS} s"


def measure_omission(settings: Settings, *, seconds: float, timeout: float) -> Run:
    """Freeze the endpoint of a private system once, under a closed loop of clients; return the run."""
    lab = Lab(workers=settings.workers, folder=settings.folder, settings=settings)
    lab.start(fresh=True)
    with lab:
        return run_with_freeze(lab, _FREEZE_SECONDS, clients=_CLIENTS, lasting=seconds, timeout=timeout)


def run_with_freeze(lab: Lab, seconds: float, *, clients: int, lasting: float, timeout: float = 30.0) -> Run:
    """Freeze the API of a lab while a closed loop of clients sends to it; return the run."""
    frozen: list[bool] = []

    def halfway(sends: Sequence[Send]) -> None:
        if sends and not frozen and time.time() - sends[0].intended_at > lasting / 2:
            frozen.append(True)
            lab.freeze(seconds, "api")

    plan = steady(_RATE, seconds=lasting, mix={"custom": 1})
    at = lab.target(Endpoint.QUEUED, timeout=timeout, clients=clients)
    return run_plan(lab, plan, at, during=halfway)
