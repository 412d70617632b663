"""Predictions beside what came: a burst of one lab, and the fleets that could make a whole month's end.

Read next: pdflab/charts/abandonment.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import job_columns
from pdflab.analysis.queue_metrics import depth
from pdflab.analysis.run import Run
from pdflab.charts import style
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.simulation.capacity.requirement import Requirement
from pdflab.simulation.capacity.search import FleetPlan
from pdflab.simulation.theory import Backlog, LongRun

_QUEUED, _FLUID = style.COLOURS[Endpoint.QUEUED], style.ASKED
_SIMULATED = "#7DB5D6"  # a paler blue than the measured queue
_FLEETS = {"fixed": "#0072B2", "scheduled": "#009E73", "autoscaled": "#E69F00"}  # of Okabe and Ito's palette
_WIDTHS = {"fixed": 4.0, "scheduled": 2.0, "autoscaled": 1.0}  # so that overlapping curves stay visible
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Burst:
    """The queue during a burst after a baseline; seconds since the burst began."""

    queue: tuple[Floats, Floats]  # instants, and the depth from each on
    empty_after: float
    baseline_wait: float  # of a job, on average, before the burst


def measure_burst(run: Run) -> Burst:
    """Measure the burst in a run of `plan.burst` with a baseline."""
    plan = Plan.from_description(run.plan)
    baseline, spike = (phase.seconds for phase in plan.phases[:2])
    began = run.began_at - next(plan.arrivals()).at + baseline
    at, waiting = depth(run.events)
    after = np.flatnonzero((at >= began + spike) & (waiting == 0))
    jobs = job_columns(run.events)
    early = jobs.waiting[jobs.queued_at < began]
    empty_after = float(at[after[0]] - began) if len(after) else spike
    return Burst((at - began, waiting), empty_after, float(early.mean()) if len(early) else 0.0)


def forecast_figure(
    measured: Run, simulated: Run, *, baseline: LongRun, fluid: Backlog, predicted: float
) -> style.Picture:
    """Draw one burst as predicted and as measured.

    `predicted` is after how many seconds the reader expected an empty queue. `baseline` is the result of
    Erlang C for the load before the burst, `fluid` the result of the fluid model for the burst.
    """
    ours, theirs = measure_burst(measured), measure_burst(simulated)
    figure, (queue, bars) = style.make_axes(1100, 400, (3, 2))
    spike = measured.plan["phases"][1]["seconds"]
    triangle = np.array([0.0, spike, fluid.cleared_after]), np.array([0.0, fluid.peak, 0.0])
    style.add_line(queue, _FLUID, "fluid model", ":", "o").set_data(*triangle)
    style.add_line(queue, _SIMULATED, "simulation", "--").set_data(*theirs.queue)
    style.add_line(queue, _QUEUED, "measured").set_data(*ours.queue)
    queue.axvline(predicted, color=style.PREDICTED, ls="--", label=f"empty, predicted: {predicted:g} s")
    style.style_axes(queue, "Jobs in the queue", "jobs", time="seconds since the burst began")
    queue.set_xlim(float(ours.queue[0].min(initial=-1.0)), None)
    style.add_legend(queue, columns=4, at=(-0.1, -0.14))
    names = ("you", "fluid model", "simulation", "measured")
    seconds = (predicted, fluid.cleared_after, theirs.empty_after, ours.empty_after)
    colours, labels = (style.PREDICTED, _FLUID, _SIMULATED, _QUEUED), [f"{value:.1f} s" for value in seconds]
    style.add_bars(bars, names, seconds, colours=colours, labels=labels)
    bars.set_xlim(0, 1.2 * max(seconds))
    waits = {"Erlang C": baseline.waiting, "simulation": theirs.baseline_wait, "measured": ours.baseline_wait}
    mean = ", ".join(f"{name} {style.duration(wait)}" for name, wait in waits.items())
    style.style_bar_axes(bars, f"Mean wait before the burst:\n{mean}", "seconds until the queue was empty")
    title = f"The queue was empty after {ours.empty_after:.1f} s; simulation {theirs.empty_after:.1f} s"
    style.set_headline(figure, f"{title}, fluid model {fluid.cleared_after:.1f} s")
    return figure


def plan_figure(
    title: str, requirement: Requirement, fleets: Sequence[FleetPlan], *, predicted: float | None = None
) -> style.Picture:
    """Draw each fleet's workers beside the offered load, and its queue, in one replication.

    `predicted` is how many workers the reader expected.
    """
    figure, (workers, queue) = style.make_axes(1100, 450, (1, 1))
    hours, deadline = requirement.demand.phase.seconds / _HOUR, requirement.objective.deadline
    busy = requirement.demand.busy if hours else np.zeros(1)
    offered = style.add_line(workers, style.ASKED, "kept busy by what is asked for", ":")
    offered.set_data(np.linspace(0.0, hours, len(busy) + 1), np.append(busy, 0.0))
    for fleet in fleets:
        staffing = np.array([*fleet.staffing, (fleet.finished, 0)], dtype=np.float64).T
        for axes, (at, count) in ((workers, staffing), (queue, fleet.waiting)):
            drawn = style.add_line(axes, _FLEETS[fleet.policy], fleet.policy)
            drawn.set(data=(at / _HOUR, count), lw=_WIDTHS[fleet.policy])
    if predicted is not None:
        workers.axhline(predicted, color=style.PREDICTED, ls=":", lw=2, label="workers, predicted")
    highest = max(float(fleet.waiting[1].max()) for fleet in fleets)
    time = "hours since the first document"
    style.style_axes(workers, "Workers", "workers", time=time)
    style.style_axes(queue, f"Documents in the queue, at most {highest:,.0f}", "documents", time=time)
    workers.yaxis.set_major_locator(MaxNLocator(integer=True))
    queue.yaxis.set_major_formatter("{x:,.0f}")
    for axes in (workers, queue):
        if deadline is not None:
            axes.axvline(deadline / _HOUR, color=style.TEXT, ls="-.", lw=1, label="deadline")
        style.add_legend(axes)
    style.set_headline(figure, title)
    return figure
