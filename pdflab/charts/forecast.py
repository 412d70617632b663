"""A backlog as forecast and as measured: fluid model, a band of simulated evenings, and real ones.

Read next: pdflab/charts/capacity_plan.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pdflab.analysis.columns import Floats
from pdflab.analysis.queue_metrics import depth
from pdflab.analysis.run import Run
from pdflab.charts import style
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.simulation.theory import Backlog

_QUEUED, _BAND = style.COLOURS[Endpoint.QUEUED], style.COMPARED[1]
_POINTS = 400  # of a band
_SIZE = 12  # of text: it is read from the back row
_BEFORE, _FLOOR = 3.0, -0.7  # seconds that are drawn before the spike; where the band of ends is drawn


@dataclass(frozen=True, slots=True)
class Burst:
    """The queue during a burst after a baseline; seconds since the burst began."""

    at: Floats
    backlog: Floats  # from each instant on, in jobs, or in seconds of work
    empty_after: float

    def backlog_at(self, instants: Floats) -> Floats:
        """Return the backlog at instants; none before the first."""
        place = np.searchsorted(self.at, instants, side="right")
        return np.insert(self.backlog, 0, 0.0)[place]


def measure_burst(run: Run, *, capacity: float = 1.0) -> Burst:
    """Measure the burst in a run whose second phase it is; the backlog is in jobs ÷ `capacity`."""
    plan = Plan.from_description(run.plan)
    baseline, spike = (phase.seconds for phase in plan.phases[:2])
    began = run.began_at - next(plan.arrivals()).at + baseline
    at, waiting = depth(run.events)
    after = np.flatnonzero((at >= began + spike) & (waiting == 0))
    empty_after = float(at[after[0]] - began) if len(after) else spike
    return Burst(at - began, waiting / capacity, empty_after)


def forecast_figure(
    fluid: Backlog,
    spike: float,
    *,
    band: Sequence[Burst] = (),
    measured: Sequence[Burst] = (),
    predicted: Sequence[float] = (),
) -> style.Picture:
    """Draw a spike of so many seconds: the fluid model, a band of simulated evenings, and measured ones.

    `fluid` and the backlogs are in seconds of work. `predicted` is the interval that the reader expected.
    """
    figure, [ax] = style.make_axes(1000, 440)
    ends = [one.empty_after for one in band]
    shown = [fluid.cleared_after, *predicted, *ends, *(one.empty_after for one in measured)]
    until = max(1.15 * max(shown), spike + 4)
    if predicted:
        ax.axvspan(*predicted, color=style.PREDICTED, alpha=0.25, lw=0, label="your prediction")
    if band:
        _draw_band(ax, band, until)
    basin = style.add_line(ax, style.TEXT, "fluid model", ":", ".")
    basin.set(data=((0.0, spike, max(fluid.cleared_after, spike)), (0.0, fluid.peak, 0.0)), lw=2.5)
    for number, one in enumerate(measured):
        line = style.add_line(ax, _QUEUED, "measured" if not number else "_")
        line.set(data=(np.append(one.at, until), np.append(one.backlog, one.backlog[-1])), lw=2)
        ax.plot([one.empty_after], [0], "o", color=_QUEUED, ms=17, clip_on=False, zorder=6)
        look: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "color": "white",
            "weight": "bold",
            "zorder": 7,
        }
        ax.text(one.empty_after, 0, str(number + 1), fontsize=10, **look)
    style.style_axes(ax, "", "backlog, seconds of work", time="seconds since the spike began")
    top = max(ax.get_ylim()[1], 1.1 * fluid.peak)
    ax.set(xlim=(-_BEFORE, until), ylim=(1.4 * _FLOOR if band else 0, top))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(7, integer=True))
    style.enlarge(ax, _SIZE)
    ax.legend(loc="upper right", fontsize=_SIZE, frameon=False)
    style.set_headline(figure, _finding(fluid, ends, [one.empty_after for one in measured]))
    return figure


def _draw_band(ax: Axes, band: Sequence[Burst], until: float) -> None:
    """Draw all backlogs as a band, and below the axis from the first evening's end to the last one's."""
    at = np.linspace(-_BEFORE, until, _POINTS)
    all_ = np.array([one.backlog_at(at) for one in band])
    label = f"simulated: {len(band)} evenings"
    ax.fill_between(at, all_.min(axis=0), all_.max(axis=0), color=_BAND, alpha=0.35, lw=0, label=label)
    ends = [one.empty_after for one in band]
    ax.plot([min(ends), max(ends)], [_FLOOR, _FLOOR], color=_BAND, lw=6, solid_capstyle="butt")
    ax.plot(ends, [_FLOOR] * len(ends), "|", color=style.TEXT, ms=10)
    ax.text(max(ends), _FLOOR, "  their ends", fontsize=_SIZE, va="center", color=style.TEXT)
    ax.axhline(0, color=style.TEXT, lw=0.6)


def _finding(fluid: Backlog, ends: Sequence[float], measured: Sequence[float]) -> str:
    """Return what is known of the end, in seconds: by the fluid model, by simulation, as measured."""
    words = [f"fluid model {fluid.cleared_after:.0f} s"]
    if ends:
        words.append(f"simulated {min(ends):.0f} to {max(ends):.0f} s")
    if measured:
        words.append(f"measured {', '.join(f'{end:.0f}' for end in measured)} s")
    return f"The backlog is gone after: {'; '.join(words)}"
