"""Workers that follow a rule: how many there are, what waits, and what each rule costs a month.

Read next: pdflab/charts/abandonment.py.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from pdflab.charts import style
from pdflab.jobs import Endpoint
from pdflab.simulation.capacity.scaled_day import DAYS_A_MONTH, NINE, SERVICE, ScaledDay

_SIZE = 13  # of text: it is read from the back row
_MINUTE = 60.0
_MORNING = (-5.0, 20.0)  # minutes after nine
_AROUND = (-5.0, 40.0)  # minutes after the beginning of a spike
_QUEUED = style.COLOURS[Endpoint.QUEUED]


def morning_figure(
    days: Mapping[str, ScaledDay], *, title: str = "", predicted: float | None = None
) -> style.Picture:
    """Draw the mailing for each rule, by its name: its workers above, the documents that wait below.

    `predicted` is the longest backlog that the reader expected.
    """
    figure = style.make_figure(1000, 480)
    figure.set_layout_engine("constrained", h_pad=0.08)
    grid = figure.subplots(2, len(days), sharex=True, sharey="row", squeeze=False)
    for (name, day), (above, below) in zip(days.items(), grid.T, strict=True):
        _draw_workers(above, day, f"{name}: workers")
        _draw_backlog(below, day, NINE, f"{name}: at most {day.most_waiting:,} documents wait")
        if predicted is not None:
            below.axhline(predicted, color=style.PREDICTED, lw=3, ls="--", label=f"predicted: {predicted:g}")
            below.legend(loc="upper right", fontsize=_SIZE, frameon=False)
        below.set_xlabel("minutes after nine", fontsize=_SIZE)
        below.set_xlim(*_MORNING)
    highest = max(day.most_waiting for day in days.values())
    grid[1, 0].set_ylim(0, 1.15 * max(highest, predicted or 0.0, 1.0))
    style.set_headline(figure, title or f"Until the workers have started, {highest:,} documents gather")
    return figure


def late_figure(days: Mapping[str, ScaledDay]) -> style.Picture:
    """Draw for each rule, by its name, what waits at the mailing, and below at the surprise."""
    figure = style.make_figure(1100, 480)
    figure.set_layout_engine("constrained", h_pad=0.1)
    grid = figure.subplots(2, len(days), sharex=True, sharey=True, squeeze=False)
    for (name, day), (above, below) in zip(days.items(), grid.T, strict=True):
        _draw_backlog(above, day, NINE, f"{name}\nmailing: {day.late_at_nine:,} late")
        _draw_backlog(below, day, day.surprise, f"surprise: {day.late - day.late_at_nine:,} late")
        below.set_xlabel("minutes after its start", fontsize=_SIZE)
        below.set_xlim(*_AROUND)
    grid[0, 0].set_ylim(0, 1.1 * max(day.most_waiting for day in days.values()))
    for ax in grid[:, 0]:
        ax.set_ylabel("waiting", fontsize=_SIZE)
    late = {name: day.late for name, day in days.items()}
    best, worst = min(late, key=late.__getitem__), max(late, key=late.__getitem__)
    style.set_headline(figure, f"Late in a day: {best} {late[best]:,}, {worst} {late[worst]:,}")
    return figure


def price_figure(
    days: Mapping[str, ScaledDay], price: float, *, allowed: tuple[float, float], currency: str = "€"
) -> style.Picture:
    """Draw where each rule, by its name, lies in money a month and late documents a day.

    `price` is that of a worker's hour; `allowed` is the most money and the most late documents.
    """
    figure, [ax] = style.make_axes(1000, 460)
    money, late = allowed
    ax.fill_between([0, money], 0, late, color=style.RENDERING, alpha=0.2, lw=0)
    wanted = f"wanted: at most {currency} {money:g}\nand {late:g} late"
    ax.annotate(wanted, (0.04 * money, 0.07 * late), fontsize=_SIZE, color=style.RENDERING, weight="bold")
    costs = {name: day.cost_a_month(price) for name, day in days.items()}
    for name, day in days.items():
        colour = style.RENDERING if costs[name] <= money and day.late <= late else _QUEUED
        ax.plot([costs[name]], [day.late], "o", color=colour, ms=12, clip_on=False, zorder=5)
        height = -4 if day.late else 8  # above the axis
        look: dict[str, Any] = {"xytext": (11, height), "textcoords": "offset points", "fontsize": _SIZE}
        ax.annotate(name, (costs[name], day.late), **look)
    unit = f"{currency} a month: {DAYS_A_MONTH} days, {currency} {price:g} for a worker's hour"
    style.style_axes(ax, "", "late documents a day", time=unit)
    ax.set_yscale("symlog", linthresh=100)
    ax.set(xlim=(0, 1.3 * max(costs.values())), ylim=(0, 30_000))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    style.enlarge(ax, _SIZE)
    ends = (min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__))
    found = "; ".join(f"{name}: {currency} {costs[name]:.0f}, {days[name].late:,} late" for name in ends)
    style.set_headline(figure, found)
    return figure


def _draw_workers(ax: Axes, day: ScaledDay, title: str) -> None:
    at, count = np.array([*day.staffing, (day.demand[-1][0], day.staffing[-1][1])], dtype=np.float64).T
    minutes = (at - NINE) / _MINUTE
    ax.fill_between(minutes, count, step="post", color=style.RENDERING, alpha=0.35, lw=0, label="there")
    began, needed = 0.0, []
    for end, rate in day.demand:
        needed += [(began, rate * SERVICE), (end, rate * SERVICE)]
        began = end
    when, busy = np.array(needed).T
    seconds = np.arange(0.0, began)
    wanted, there = np.interp(seconds, when, busy), count[np.searchsorted(at, seconds, side="right") - 1]
    missing = (seconds - NINE) / _MINUTE, there, np.maximum(wanted, there)
    ax.fill_between(*missing, color=style.WAITING, lw=0, label="missing")
    ax.plot((when - NINE) / _MINUTE, busy, color=style.TEXT, lw=2.5, label="needed")
    style.style_bar_axes(ax, title, "", grid="both")
    style.enlarge(ax, _SIZE)
    ax.set_ylim(0, 1.25 * max(count.max(), busy.max()))
    ax.yaxis.set_major_locator(MultipleLocator(10 if busy.max() <= 50 else 20))
    ax.legend(loc="upper right", fontsize=_SIZE - 1, frameon=False, ncol=3, borderaxespad=0)


def _draw_backlog(ax: Axes, day: ScaledDay, start: float, title: str) -> None:
    seconds, waiting = day.backlog
    ax.fill_between((seconds - start) / _MINUTE, waiting, color=_QUEUED, lw=0)
    style.style_bar_axes(ax, title, "", grid="both")
    style.enlarge(ax, _SIZE)
    ax.xaxis.set_major_locator(MultipleLocator(5 if ax.get_xlim()[1] < 30 else 10))
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
