"""One burst as the reader, a fluid model and a simulation predicted it, and as it was measured.

Read next: pdflab/charts/capacity_plan.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import job_columns
from pdflab.analysis.queue_metrics import depth
from pdflab.analysis.run import Run
from pdflab.charts.style import (
    ASKED,
    COLOURS,
    PREDICTED,
    TEXT,
    Picture,
    add_line,
    duration,
    make_figure,
    origin,
    set_title,
    style_axes,
    style_bar_axes,
)
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.simulation.theory import Backlog, LongRun

_QUEUED, _FLUID = COLOURS[Endpoint.QUEUED], ASKED
_SIMULATED = "#7DB5D6"  # a paler blue than the measured queue
_TITLE: Mapping[str, Any] = {"fontsize": 13, "color": TEXT, "weight": "bold"}


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
    began = origin(run) - next(plan.arrivals()).at + baseline
    at, waiting = depth(run.events)
    after = np.flatnonzero((at >= began + spike) & (waiting == 0))
    jobs = job_columns(run.events)
    early = jobs.waiting[jobs.queued_at < began]
    empty_after = float(at[after[0]] - began) if len(after) else spike
    return Burst((at - began, waiting), empty_after, float(early.mean()) if len(early) else 0.0)


def forecast_figure(
    measured: Run, simulated: Run, *, baseline: LongRun, fluid: Backlog, predicted: float
) -> Picture:
    """Draw one burst as predicted and as measured.

    `predicted` is after how many seconds the reader expected an empty queue. `baseline` is the result of
    Erlang C for the load before the burst, `fluid` the result of the fluid model for the burst.
    """
    ours, theirs = measure_burst(measured), measure_burst(simulated)
    spike = measured.plan["phases"][1]["seconds"]
    figure = make_figure(1100, 400)
    figure.set_layout_engine("constrained", w_pad=0.15)
    queue, bars = figure.subplots(1, 2, width_ratios=(3, 2))
    triangle = np.array([0.0, spike, fluid.cleared_after]), np.array([0.0, fluid.peak, 0.0])
    add_line(queue, _FLUID, "fluid model", ":", "o").set_data(*triangle)
    add_line(queue, _SIMULATED, "simulation", "--").set_data(*theirs.queue)
    add_line(queue, _QUEUED, "measured").set_data(*ours.queue)
    queue.axvline(predicted, color=PREDICTED, ls="--", label=f"empty, predicted: {predicted:g} s")
    style_axes(queue, "Jobs in the queue", "jobs")
    queue.set(xlim=(float(ours.queue[0].min(initial=-1.0)), None), xlabel="seconds since the burst began")
    queue.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.14), ncol=4, frameon=False, fontsize=8.5)
    _draw_bars(bars, predicted, fluid.cleared_after, theirs.empty_after, ours.empty_after)
    set_title(bars, f"Mean wait before the burst:\n{_waits(baseline.waiting, theirs, ours)}")
    title = f"The queue was empty after {ours.empty_after:.1f} s; simulation {theirs.empty_after:.1f} s"
    figure.suptitle(f"{title}, fluid model {fluid.cleared_after:.1f} s", x=0.01, ha="left", **_TITLE)
    return figure


def _draw_bars(ax: Axes, *seconds: float) -> None:
    """Draw what the reader, the fluid model and the simulation predicted, and the measurement."""
    names = ("you", "fluid model", "simulation", "measured")
    bars = ax.barh(range(len(names)), seconds, height=0.6, color=(PREDICTED, _FLUID, _SIMULATED, _QUEUED))
    ax.bar_label(bars, [f"{value:.1f} s" for value in seconds], padding=4, fontsize=9, color=TEXT)
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.2 * max(seconds)))
    style_bar_axes(ax, "seconds until the queue was empty")


def _waits(erlang: float, simulated: Burst, measured: Burst) -> str:
    waits = {"Erlang C": erlang, "simulation": simulated.baseline_wait, "measured": measured.baseline_wait}
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in waits.items())
