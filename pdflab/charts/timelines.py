"""Charts over time: queue depth, age of the oldest job, each job, each worker; and the load of a plan.

Read next: pdflab/charts/job_trace.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import job_columns, send_columns, throughput
from pdflab.analysis.queue_metrics import depth, intervals, oldest_age, utilisation
from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason
from pdflab.charts.style import (
    ASKED,
    COLOURS,
    FAILED,
    RENDERING,
    WAITING,
    Picture,
    add_legend,
    add_line,
    duration,
    make_figure,
    origin,
    stamp,
    style_axes,
)
from pdflab.jobs import JobState
from pdflab.load.plan import Plan

_STYLES = ("-", "--", ":", "-.")
_POINTS = 1_000  # of a curve of ages
_BARS = 120  # of a plan


def draw_depth(ax: Axes, runs: Sequence[Run]) -> Axes:
    """Draw the queue depth of each run, from its first intended send on."""
    series = [depth(run.events) for run in runs]
    for run, (times, waiting), style in zip(runs, series, cycle(_STYLES), strict=False):
        steps = np.insert(times - origin(run), 0, 0.0), np.insert(waiting, 0, 0.0)
        add_line(ax, COLOURS[run.endpoint], run.name, style).set_data(*steps)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _finish(ax, runs, _depth_title(runs, series), "jobs in the queue")


def draw_age(ax: Axes, runs: Sequence[Run]) -> Axes:
    """Draw the age of the oldest queued job of each run."""
    highest = 0.0
    for run, style in zip(runs, cycle(_STYLES), strict=False):
        at = np.linspace(origin(run), _end(run), _POINTS)
        age = oldest_age(run.events, at)
        highest = max(highest, float(age.max(initial=0.0)))
        line = add_line(ax, COLOURS[run.endpoint], run.name, style)
        line.set(data=(at - origin(run), age), drawstyle="default")
    title = (
        f"The oldest job in the queue had waited up to {duration(highest)}" if highest else "Nothing waited"
    )
    return _finish(ax, runs, title, "seconds that the oldest has waited")


def draw_jobs(ax: Axes, run: Run) -> Axes:
    """Draw each job as a row: waiting, then rendered; a cross if it has no PDF.

    A row begins at the intended send, since clients of the synchronous endpoint wait too.
    """
    lives, zero, last = _lives(run), origin(run), _end(run) - origin(run)
    order = np.argsort(lives.began, kind="stable")
    began, started, ended = (column[order] - zero for column in (lives.began, lives.started, lives.ended))
    rows, over = np.arange(1.0, len(began) + 1), np.where(np.isnan(ended), last, ended)
    taken = np.where(np.isnan(started), over, started)
    _add_bars(ax, WAITING, (rows, began, taken))
    _add_bars(ax, RENDERING, (rows, started, over))
    never = lives.without_pdf[order]
    ax.plot(over[never], rows[never], "x", color=FAILED, ms=3)
    _name(ax, {"waiting": WAITING, "being rendered": RENDERING, "no PDF": FAILED})
    ax.autoscale_view()
    stamp(ax, invalid_reason(run))
    longest = float(np.nanmax(taken - began)) if len(began) else 0.0
    title = (
        f"{run.endpoint}: {len(rows):,} jobs, of which one waited {duration(longest)}"
        if len(rows)
        else "No jobs"
    )
    style_axes(ax, title, "jobs, in the order of asking")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def draw_workers(ax: Axes, run: Run) -> Axes:
    """Draw when each worker was busy, and its utilisation."""
    shares = utilisation(run.events, start=origin(run), end=_end(run))
    busy, names = intervals(run.events, JobState.PROCESSING), list(shares)
    ended = np.where(np.isnan(busy.ended_at), _end(run), busy.ended_at) - origin(run)
    rows = np.asarray(busy.worker, dtype=np.float64) + 1
    _add_bars(ax, RENDERING, (rows, busy.began_at - origin(run), ended), width=14.0)
    ax.autoscale_view()
    mean = f"{100 * sum(shares.values()) / len(shares):.0f} %" if shares else "–"
    style_axes(ax, f"{run.endpoint}: {len(names)} workers, busy {mean} of the time", "")
    labels = [f"worker {number}\n{100 * shares[name]:.0f} %" for number, name in enumerate(names, 1)]
    ax.set(ylim=(0.4, len(names) + 0.6))
    ax.set_yticks(range(1, len(names) + 1), labels)
    stamp(ax, invalid_reason(run))
    return ax


def draw_plan(ax: Axes, plan: Plan, *, capacity: float | None = None) -> Axes:
    """Draw the arrival rate of a plan, beside the capacity of the workers."""
    at = np.concatenate([np.empty(0), *(block.at for block in plan.blocks())])
    width = max(plan.seconds, 1.0) / _BARS
    begins, rates = throughput(at, bin_seconds=width, start=0.0, end=max(plan.seconds, 1.0) + width)
    ax.fill_between(begins, rates, step="post", color=ASKED, alpha=0.5, linewidth=0, label="asked for")
    peak = plan.peak or float(rates.max(initial=0.0))
    title = f"{len(at):,} documents; at its height {peak:,.0f} a second"
    if capacity:
        ax.axhline(capacity, color=RENDERING, ls="--", label="capacity of the workers")
        title += f", {peak / capacity:.1f} × the capacity"
    add_legend(ax)
    style_axes(ax, title, "documents a second")
    ax.set_xlabel("seconds since the plan began", fontsize=9)
    return ax


@dataclass(frozen=True, slots=True)
class _Lives:
    """One row for each client: intended send, begin and end of rendering, and whether it has no PDF."""

    began: Floats
    started: Floats
    ended: Floats
    without_pdf: NDArray[np.bool_]


def offered_load_figure(plan: Plan, *, capacity: float) -> Picture:
    """Draw the arrival rate of a plan, beside the capacity, in documents a second."""
    figure = make_figure(760, 300)
    figure.set_layout_engine("constrained")
    draw_plan(figure.subplots(), plan, capacity=capacity)
    return figure


def _lives(run: Run) -> _Lives:
    """Return a row for each send, or for each job of a run without sends."""
    jobs = job_columns(run.events)
    if not len(run.sends):
        return _Lives(jobs.queued_at, jobs.started_at, jobs.ended_at, ~jobs.completed)
    job = run.sends.job_id.codes_in(jobs.job_id)
    started, ended = (np.append(column, np.nan)[job] for column in (jobs.started_at, jobs.ended_at))
    completed = send_columns(run.sends, run.events).completed_at
    ended = np.where(np.isnan(ended), completed, ended)
    return _Lives(run.sends.intended_at, started, ended, np.isnan(completed))


def _add_bars(
    ax: Axes, colour: str, bars: tuple[Floats, Floats, Floats], *, width: float | None = None
) -> None:
    """Add horizontal bars, given as rows, begins and ends; those that never began are left out."""
    rows, began, ended = bars
    there = ~np.isnan(began)
    ends = np.stack([np.stack([began, rows], axis=-1), np.stack([ended, rows], axis=-1)], axis=1)[there]
    thickness = width or float(np.clip(250 / max(len(rows), 1), 0.4, 6.0))
    ax.add_collection(LineCollection(ends.tolist(), colors=colour, linewidths=thickness, capstyle="butt"))


def _name(ax: Axes, meanings: dict[str, str]) -> None:
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            label=name,
            lw=4 if colour != FAILED else 0,
            marker="x" if colour == FAILED else "",
        )
        for name, colour in meanings.items()
    ]
    ax.legend(handles=handles, loc="lower right", fontsize=8.5, frameon=False)


def _finish(ax: Axes, runs: Sequence[Run], title: str, unit: str) -> Axes:
    if len(runs) > 1:
        add_legend(ax)
    stamp(ax, next((sentence for run in runs if (sentence := invalid_reason(run))), None))
    return style_axes(ax, title, unit)


def _depth_title(runs: Sequence[Run], series: Sequence[tuple[Floats, Floats]]) -> str:
    peak = max((float(waiting.max(initial=0.0)) for _, waiting in series), default=0.0)
    if not peak:
        return "No job waited"
    empty_at = [
        float(times[-1]) - origin(run) for run, (times, left) in zip(runs, series, strict=True) if len(left)
    ]
    drained = len(runs) == 1 and not series[0][1][-1]
    return f"The queue grew to {peak:,.0f}" + (
        f" and was empty after {duration(empty_at[0])}" if drained else ""
    )


def _end(run: Run) -> float:
    """Return the instant of the last event or answer."""
    known = [
        column for column in (run.events.at, run.sends.answered_at, run.sends.intended_at) if len(column)
    ]
    return max((float(np.nanmax(column)) for column in known if not np.isnan(column).all()), default=1.0)
