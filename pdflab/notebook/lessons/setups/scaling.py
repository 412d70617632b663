"""Lesson 08: a real spike for one worker, and a second one that starts later; and simulated mornings.

Read next: pdflab/notebook/lessons/graders/scaling_rule.py.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from pdflab.analysis.queue_metrics import depth, intervals
from pdflab.analysis.run import Run, Send
from pdflab.charts.scaling import morning_figure
from pdflab.charts.style import Picture
from pdflab.experiments.runner import run_plan
from pdflab.jobs import Endpoint, JobState
from pdflab.lab import Lab
from pdflab.load.plan import Phase, Plan
from pdflab.notebook.lessons.setups.campaign import measure_beforehand
from pdflab.notebook.parts.runs import Runs
from pdflab.simulation.capacity.scaled_day import FLEET, SERVICE, Wanted, simulate_morning

_BEFORE, _SPIKE, _AFTER = 2.0, 12.0, 4.0  # seconds
_LOAD, _TIMES = 0.4, 1.5  # times the capacity of one worker: usually, and in the spike


class Grown(NamedTuple):
    """The backlog of a real spike: predicted by lag × excess, and measured."""

    lag: float  # seconds from the beginning of the spike until a second worker took a job
    excess: float  # documents a second that one worker could not make
    predicted: float
    measured: int


def start_runs(*lags: float) -> Runs:
    """Return a button for each number of seconds after which a second worker is ordered: `after3`."""
    return {f"after{lag:g}": (f"Ordered after {lag:g} s", partial(_send, lag)) for lag in lags}


def grown(run: Run) -> Grown:
    """Return how far the backlog of a real spike had grown until the second worker took its first job."""
    usual, spike, _ = run.plan["phases"]
    began = run.began_at - next(Plan.from_description(run.plan).arrivals()).at + usual["seconds"]
    work, (at, waiting) = intervals(run.events, JobState.PROCESSING), depth(run.events)
    firsts = sorted(float(work.began_at[work.worker == worker].min()) for worker in np.unique(work.worker))
    ready = firsts[1] if len(firsts) > 1 else float(at[-1])
    lag, excess = ready - began, spike["count"] / spike["seconds"] * (1 - 1 / _TIMES)
    return Grown(lag, excess, lag * excess, int(waiting[at <= ready].max(initial=0)))


def explore_morning(wanted: Wanted, *, start_up: float, poll: float, mailing: float) -> Picture:
    """Draw the mailing for a rule with other durations, and what lag × excess says."""
    day = simulate_morning(wanted, start_up=start_up, poll=poll, mailing=mailing)
    excess = max(0.0, mailing - FLEET / SERVICE)
    low, high = (round(lag * excess) for lag in (start_up, start_up + poll))
    title = f"Lag × excess: {low:,} to {high:,} documents; simulated: {day.most_waiting:,}"
    return morning_figure({"by depth": day}, title=title)


def _send(lag: float, lab: Lab) -> Run:
    """Send a spike to one worker, and start a second one some seconds after its beginning."""
    known = measure_beforehand(lab)
    rate = known.capacity
    phases = (
        Phase(_BEFORE, (_LOAD * rate,)),
        Phase(_SPIKE, count=round(_TIMES * rate * _SPIKE)),
        Phase(_AFTER, (_LOAD * rate,)),
    )
    plan = Plan("a spike", phases, {"invoice": 1.0}, seed=8, lines=known.lines)
    try:
        return run_plan(lab, plan, lab.target(Endpoint.QUEUED), during=_order(lab, plan, _BEFORE + lag))
    finally:
        lab.scale(1)


def _order(lab: Lab, plan: Plan, seconds: float) -> Callable[[Sequence[Send]], None]:
    """Start a second worker so many seconds after the beginning of the plan."""
    first = next(plan.arrivals()).at

    def look(sends: Sequence[Send]) -> None:
        is_due = sends and time.time() >= sends[0].intended_at - first + seconds
        if is_due and lab.settings.workers == 1:
            lab.scale(2)

    return look
