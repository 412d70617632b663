"""How wrong the twin is, by real runs: replay one job by job; learn from one, and predict another.

Read next: twin.py; and print what this says wherever the twin is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pdflab.documents.samples import KINDS
from pdflab.errors import UsageError
from pdflab.metrics import job_columns, percentiles, send_columns
from pdflab.run import Run
from pdflab.simulation.calibration import Calibration
from pdflab.simulation.engine import Floats, Jobs, Served, collect, simulate_line
from pdflab.simulation.events import simulate_events
from pdflab.simulation.model import Model

FIGURES = ("p50", "p95", "makespan")


def replay(run: Run, workers: int) -> tuple[Served, Served]:
    """Give a run as it was, and as the recursion has it from the same arrivals and seconds at work.

    Both hold the completed jobs in the order of their arrival, in seconds since the first. What differs is
    what the engine leaves out: the way from the line to a worker.
    """
    columns = job_columns(run.events)
    done = np.flatnonzero(~np.isnan(columns.completed_at) & ~np.isnan(columns.queued_at))
    order = done[np.argsort(columns.queued_at[done], kind="stable")]
    if not len(order):
        raise UsageError("There is nothing to replay in a run in which no job was completed.")
    began = columns.queued_at[order[0]]
    at, started_at, ended_at = (
        column[order] - began for column in (columns.queued_at, columns.started_at, columns.ended_at)
    )
    return Served(at, started_at, ended_at), collect(
        simulate_line([Jobs(at, ended_at - started_at)], workers)
    )


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Seconds, as measured in a run that the twin had not seen, and as the twin predicted them."""

    measured: Mapping[str, float]
    predicted: Mapping[str, float]

    @property
    def errors(self) -> dict[str, float]:
        """How far off each prediction is, as a share of the measurement; below 0 it was too quick."""
        return {name: self.predicted[name] / self.measured[name] - 1 for name in FIGURES}

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {self.predicted[name]:.3g} s, measured {self.measured[name]:.3g} s ({error:+.0%})"
            for name, error in self.errors.items()
        )


def hold_out(calibration: Calibration, run: Run, model: Model, *, replications: int = 5) -> HeldOut:
    """Predict a run from when its documents were asked for, and compare p50, p95 and makespan.

    The percentiles are of the seconds from the intended instant until the PDF; each prediction is the mean of
    so many replications. Raises UsageError when nothing was completed.
    """
    sends = sorted(run.sends, key=lambda send: send.intended_at)
    at = np.array([send.intended_at for send in sends])
    kinds = np.array([KINDS.index(send.kind) for send in sends])
    columns = send_columns(sends, run.events)
    if not (~np.isnan(columns.completed_at)).any():
        raise UsageError("There is nothing to compare with in a run in which no job was completed.")
    predictions = []
    for seed in range(replications):
        service = calibration.service.draw(kinds, np.random.default_rng(seed))
        requests = simulate_events([Jobs(at - at[0], service)], model, seed=seed)
        predictions.append(_figures(requests.at, requests.ended_at))
    predicted = {name: float(np.mean([figures[name] for figures in predictions])) for name in FIGURES}
    return HeldOut(_figures(columns.intended_at, columns.completed_at), predicted)


def _figures(at: Floats, done_at: Floats) -> dict[str, float]:
    told = percentiles(done_at - at)
    return {
        "p50": told["p50"] or 0.0,
        "p95": told["p95"] or 0.0,
        "makespan": float(np.nanmax(done_at) - at.min()),
    }
