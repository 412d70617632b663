"""The fleets that could make a whole month's end: their workers and their queues over the day.

Read next: pdflab/charts/scaling.py.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from pdflab.analysis.columns import Floats
from pdflab.charts import style
from pdflab.simulation.capacity.requirement import Requirement
from pdflab.simulation.capacity.search import AUTOSCALED, FleetPlan

_FLEETS = {"fixed": "#0072B2", "scheduled": "#009E73", "autoscaled": "#E69F00"}  # of Okabe and Ito's palette
_WIDTHS = {"fixed": 4.0, "scheduled": 2.0, "autoscaled": 1.0}  # so that overlapping curves stay visible
_HOUR, _SLICES = 3600.0, 60


def plan_figure(title: str, requirement: Requirement, fleets: Sequence[FleetPlan]) -> style.Picture:
    """Draw each fleet's workers beside the offered load, and its queue, in one replication."""
    figure, (workers, queue) = style.make_axes(1100, 450, (1, 1))
    hours, deadline = requirement.demand.phase.seconds / _HOUR, requirement.objective.deadline
    busy = requirement.demand.busy if hours else np.zeros(1)
    offered = style.add_line(workers, style.ASKED, "kept busy by what is asked for", ":")
    offered.set_data(np.linspace(0.0, hours, len(busy) + 1), np.append(busy, 0.0))
    for fleet in fleets:
        staffing = np.array([*fleet.staffing, (fleet.finished, 0)], dtype=np.float64).T
        if fleet.policy == AUTOSCALED:
            staffing = _averaged(*staffing)
        for axes, (at, count) in ((workers, staffing), (queue, fleet.waiting)):
            drawn = style.add_line(axes, _FLEETS[fleet.policy], fleet.policy)
            drawn.set(data=(at / _HOUR, count), lw=_WIDTHS[fleet.policy])
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


def _averaged(at: Floats, count: Floats) -> Floats:
    """Return the mean workers in slices of the time: an autoscaler goes up and down, which draws a comb."""
    edges = np.linspace(0.0, at[-1], _SLICES + 1)
    worked = np.interp(edges, at, np.concatenate([[0.0], np.cumsum(count[:-1] * np.diff(at))]))
    return np.array([edges, np.append(np.diff(worked) / np.diff(edges), 0.0)])
