"""How wrong the twin is, by real runs: replay one job by job; learn from one, and predict another.

Read next: twin.py; and print what this says wherever the twin is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pdflab.analysis.metrics import job_columns, percentiles, send_columns
from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.load.plan import Plan, recorded
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.fcfs import Jobs, Served, collect, simulate_line
from pdflab.simulation.twin import Twin

FIGURES = ("p50", "p95", "makespan")


def replay(run: Run, workers: int) -> tuple[Served, Served]:
    """Return a run as it was, and as the recursion has it from the same arrivals and seconds at work.

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


def hold_out(twin: Twin, run: Run, *, replications: int = 5) -> HeldOut:
    """Predict a run from when its documents were asked for, and compare p50, p95 and makespan.

    The percentiles are of the seconds from the intended instant until the PDF; each prediction is the mean of
    so many replications. Raises UsageError when nothing was completed.
    """
    measured = send_columns(run.sends, run.events)
    if np.isnan(measured.completed_at).all():
        raise UsageError("There is nothing to compare with in a run in which no job was completed.")
    predictions = [figures(twin.simulate(_as_sent(run), seed=seed)) for seed in range(replications)]
    predicted = {name: float(np.mean([one[name] for one in predictions])) for name in FIGURES}
    return HeldOut(figures(run), predicted)


def at_pace(twin: Twin, run: Run) -> Twin:
    """Return the same twin, told one thing of a run: how fast the machine was, as the mean work of each kind,
    and what a document cost at the endpoint.

    What is still wrong with it then is the model, or chance, but no machine with other things to do.
    """
    seen = calibrate(run, cores=twin.model.cores)
    there, learnt = seen.service.seconds, twin.service.seconds
    seconds = {
        kind: learnt[kind] * (there[kind].mean() / learnt[kind].mean() if kind in there else 1.0)
        for kind in learnt
    }
    model = replace(twin.model, accept=seen.accept or twin.model.accept)
    return Twin(model, ServiceTimes(seconds))


def figures(run: Run) -> dict[str, float]:
    """Return half of the clients' seconds until the PDF, 95 of 100 clients', and those until all was done."""
    columns = send_columns(run.sends, run.events)
    completion = percentiles(columns.completion)
    makespan = float(np.nanmax(columns.completed_at) - columns.intended_at.min())
    return {"p50": completion.p50 or 0.0, "p95": completion.p95 or 0.0, "makespan": makespan}


def _as_sent(run: Run) -> Plan:
    """Return the plan that asks for the same kinds at the same instants; which documents does not matter."""
    seeds = np.zeros(len(run.sends), dtype=np.uint32)
    plan = recorded(run.name, run.sends.intended_at, run.sends.kind, seeds)
    return replace(plan, batched=bool(run.plan.get("batched")))
