"""A burst as it was foretold, by the reader, by pencil and by simulation, and as it was.

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

_QUEUED, _PENCIL = COLOURS[Endpoint.QUEUED], ASKED
_SIMULATED = "#7DB5D6"  # as blue as the queue that it stands for, and paler
_TITLE: Mapping[str, Any] = {"fontsize": 13, "color": TEXT, "weight": "bold"}


@dataclass(frozen=True, slots=True)
class Burst:
    """What a run shows of a burst after a calm stretch; seconds count from the beginning of the burst."""

    line: tuple[Floats, Floats]  # instants, and the jobs that waited from each on
    empty_after: float
    baseline_wait: float  # of a job, on average, before the burst


def measure_burst(run: Run) -> Burst:
    """Read a run of `arrivals.burst` with a calm stretch before it."""
    plan = Plan.from_description(run.plan)
    calm, spike = (phase.seconds for phase in plan.phases[:2])
    began = origin(run) - next(plan.arrivals()).at + calm
    at, waiting = depth(run.events)
    after = np.flatnonzero((at >= began + spike) & (waiting == 0))
    jobs = job_columns(run.events)
    early = jobs.waiting[jobs.queued_at < began]
    empty_after = float(at[after[0]] - began) if len(after) else spike
    return Burst((at - began, waiting), empty_after, float(early.mean()) if len(early) else 0.0)


def forecast_figure(
    measured: Run, simulated: Run, *, calm: LongRun, water: Backlog, predicted: float
) -> Picture:
    """Draw one burst four times over; `predicted` is after how many seconds the reader saw the line empty.

    `calm` is what Erlang C says of the calm before, `water` what the basin says of the burst.
    """
    ours, theirs = measure_burst(measured), measure_burst(simulated)
    spike = measured.plan["phases"][1]["seconds"]
    figure = make_figure(1100, 400)
    figure.set_layout_engine("constrained", w_pad=0.15)
    line, bars = figure.subplots(1, 2, width_ratios=(3, 2))
    pencil = np.array([0.0, spike, water.cleared_after]), np.array([0.0, water.peak, 0.0])
    add_line(line, _PENCIL, "pencil: water in a basin", ":", "o").set_data(*pencil)
    add_line(line, _SIMULATED, "simulation", "--").set_data(*theirs.line)
    add_line(line, _QUEUED, "measured").set_data(*ours.line)
    line.axvline(predicted, color=PREDICTED, ls="--", label=f"empty, predicted: {predicted:g} s")
    style_axes(line, "Jobs in the line", "jobs")
    line.set(xlim=(float(ours.line[0].min(initial=-1.0)), None), xlabel="seconds since the burst began")
    line.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.14), ncol=4, frameon=False, fontsize=8.5)
    _draw_bars(bars, predicted, water.cleared_after, theirs.empty_after, ours.empty_after)
    set_title(bars, f"Wait in the calm before, on average:\n{_waits(calm.waiting, theirs, ours)}")
    title = f"The line was empty after {ours.empty_after:.1f} s; simulation {theirs.empty_after:.1f} s"
    figure.suptitle(f"{title}, pencil {water.cleared_after:.1f} s", x=0.01, ha="left", **_TITLE)
    return figure


def _draw_bars(ax: Axes, *seconds: float) -> None:
    """Draw the answers of the reader, of pencil, simulation and experiment."""
    names = ("you", "pencil", "simulation", "measured")
    bars = ax.barh(range(len(names)), seconds, height=0.6, color=(PREDICTED, _PENCIL, _SIMULATED, _QUEUED))
    ax.bar_label(bars, [f"{value:.1f} s" for value in seconds], padding=4, fontsize=9, color=TEXT)
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.2 * max(seconds)))
    style_bar_axes(ax, "seconds until the line was empty")


def _waits(erlang: float, simulated: Burst, measured: Burst) -> str:
    waits = {"Erlang C": erlang, "simulation": simulated.baseline_wait, "measured": measured.baseline_wait}
    return ", ".join(f"{name} {duration(seconds)}" for name, seconds in waits.items())
