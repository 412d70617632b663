"""The error of the twin: replay a real run job by job; calibrate with one run, and predict another.

Read next: pdflab/simulation/capacity/requirement.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pdflab.analysis.metrics import job_columns, makespan, percentiles, send_columns
from pdflab.analysis.run import Run
from pdflab.errors import require
from pdflab.load.plan import Plan, recorded
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.fcfs import Jobs, Served, collect, simulate_fcfs
from pdflab.simulation.twin import Twin

FIGURES = ("p50", "p95", "makespan")


def replay(run: Run, workers: int) -> tuple[Served, Served]:
    """Return a run as measured, and as the FCFS recursion computes it from its arrivals and service times.

    Both have the completed jobs in the order of arrival, in seconds since the first. They differ by the time
    from the queue to a worker, which the recursion omits. Raises UsageError when no job was completed.
    """
    columns = job_columns(run.events)
    done = np.flatnonzero(~np.isnan(columns.completed_at) & ~np.isnan(columns.queued_at))
    order = done[np.argsort(columns.queued_at[done], kind="stable")]
    require(len(order) > 0, "There is nothing to replay in a run in which no job was completed.")
    known = (columns.queued_at, columns.started_at, columns.ended_at)
    measured = Served(*(column[order] - columns.queued_at[order[0]] for column in known))
    jobs = Jobs(measured.at, measured.ended_at - measured.started_at)
    return measured, collect(simulate_fcfs([jobs], workers))


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Seconds by figure, measured in a run that the twin was not calibrated with, and predicted."""

    measured: Mapping[str, float]
    predicted: Mapping[str, float]

    @property
    def errors(self) -> dict[str, float]:
        """The error of each prediction, as a share of the measurement; below 0 the twin was too fast."""
        return {name: self.predicted[name] / self.measured[name] - 1 for name in FIGURES}

    def __str__(self) -> str:
        return ", ".join(
            f"{name} {self.predicted[name]:.3g} s, measured {self.measured[name]:.3g} s ({error:+.0%})"
            for name, error in self.errors.items()
        )


def hold_out(twin: Twin, run: Run, *, replications: int = 5) -> HeldOut:
    """Predict a run from its intended instants, and compare the percentiles and the makespan.

    Each prediction is the mean of so many replications. Raises UsageError when no job was completed.
    """
    is_empty = np.isnan(send_columns(run.sends, run.events).completed_at).all()
    require(not is_empty, "There is nothing to compare with in a run in which no job was completed.")
    predictions = [figures(twin.simulate(_as_sent(run), seed=seed)) for seed in range(replications)]
    predicted = {name: float(np.mean([one[name] for one in predictions])) for name in FIGURES}
    return HeldOut(figures(run), predicted)


def rescaled(twin: Twin, run: Run) -> Twin:
    """Return the twin rescaled to the speed of the machine in a run: mean work of each kind, API's time.

    The remaining error is that of the model, or chance, not that of a busy machine.
    """
    seen = calibrate(run, cores=twin.model.cores)
    seconds = dict(twin.service.seconds)
    for kind in seconds.keys() & seen.service.seconds.keys():
        seconds[kind] = seconds[kind] * (seen.service.seconds[kind].mean() / seconds[kind].mean())
    model = replace(twin.model, api_service_time=seen.api_service_time or twin.model.api_service_time)
    return Twin(model, ServiceTimes(seconds))


def figures(run: Run) -> dict[str, float]:
    """Return p50 and p95 of the completion latency, and the seconds until the last PDF."""
    completion = percentiles(send_columns(run.sends, run.events).completion)
    return {"p50": completion.p50 or 0.0, "p95": completion.p95 or 0.0, "makespan": makespan(run)}


def _as_sent(run: Run) -> Plan:
    """Return the plan with the same kinds at the same instants; its seeds are arbitrary."""
    seeds = np.zeros(len(run.sends), dtype=np.uint32)
    plan = recorded(run.name, run.sends.intended_at, run.sends.kind, seeds)
    return replace(plan, batched=bool(run.plan.get("batched")))
