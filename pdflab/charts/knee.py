"""The knee as a picture: waits by utilisation, as simulated, by formula, as measured, and as predicted.

Read next: pdflab/charts/failures.py.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from pdflab.charts import style
from pdflab.simulation.knee import Knee

_LOW, _HIGH, _BETWEEN = 0.5, 0.95, 0.8  # utilisations that titles name, if they were simulated
_FORMULA: dict[str, Any] = {"color": style.TEXT, "lw": 0.8, "ls": ":"}
_AXIS = "utilisation: the share of its time in which a worker is busy"


def knee_figure(
    knees: Mapping[str, Knee],
    *,
    measured: Sequence[tuple[float, float, float]] = (),
    sketched: Sequence[tuple[float, float]] = (),
    marked: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    in_system: bool = False,
) -> style.Picture:
    """Draw the mean wait of each model by its name, with the band of its seeds, and its formula.

    `measured` has utilisation, mean wait and its error, up and down; `sketched` is the reader's curve and
    `marked` has points by their names, "predicted" being the reader's. Waits are in service times; a point
    above the axis is drawn at its upper end. With `in_system` all of it is waits and service together.
    """
    what, service = ("mean time in system", 1.0) if in_system else ("mean wait", 0.0)
    figure, [ax] = style.make_axes(1000, 430)
    for (name, knee), colour in zip(knees.items(), cycle(style.COMPARED), strict=False):
        _draw_knee(ax, name, knee, colour, service)
    ax.plot([], [], **_FORMULA, label="formula")
    highest = max(float(knee.mean.mean(axis=1).max()) + service for knee in knees.values())
    top = 1.15 * min(max(highest, *(wait + error for _, wait, error in measured), 0.0), 2 * highest)
    if sketched:
        x, y = np.array(sorted(sketched)).T
        sketch = style.add_line(ax, style.PREDICTED, "your sketch", "--")
        sketch.set(data=(x, np.minimum(y, top)), lw=2, drawstyle="default", clip_on=False)
    for name, (at, wait) in marked.items():
        above = ", above the axis" if wait > top else ""
        label = f"{name}: {wait:.3g} at {at:.0%}{above}"
        colour = style.PREDICTED if name == "predicted" else style.TEXT
        point = style.add_line(ax, colour, label, "none", "D")
        point.set(data=([at], [min(wait, top)]), ms=8, zorder=5, clip_on=False)
    if measured:
        x, y, error = np.minimum(np.array(measured), (1.0, top, top)).T
        ax.errorbar(x, y, error, fmt="o", color=style.FAILED, capsize=3, ms=5, zorder=6, label="measured")
    seeds = next(iter(knees.values())).mean.shape[1]
    style.style_axes(ax, f"Each band spans {seeds} seeds", f"{what}, service times", time=_AXIS)
    ax.set(xlim=(0, 1), ylim=(0, top))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    style.add_legend(ax, columns=3)
    style.set_headline(figure, _finding(knees, what, service))
    return figure


def _draw_knee(ax: Axes, name: str, knee: Knee, colour: str, service: float) -> None:
    mean = knee.mean + service
    low, high = mean.min(axis=1), mean.max(axis=1)
    ax.fill_between(knee.utilisation, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(knee.utilisation, mean.mean(axis=1), color=colour, lw=2, label=name)
    ax.plot(knee.utilisation, knee.theory + service, **_FORMULA)


def _finding(knees: Mapping[str, Knee], what: str, service: float) -> str:
    """Return what one knee shows between two utilisations, or what several show at one."""
    if len(knees) == 1:
        [knee] = knees.values()
        (low, few), (high, many) = _wait_near(knee, _LOW), _wait_near(knee, _HIGH)
        grows = f"grows from {_rounded(few + service)} to {_rounded(many + service)} service times"
        return f"From {low:.0%} to {high:.0%} busy, the {what} {grows}"
    at = {name: _wait_near(knee, _BETWEEN) for name, knee in knees.items()}
    ranked = sorted(at, key=lambda name: at[name][1])
    (load, many), (_, few) = at[ranked[-1]], at[ranked[0]]
    return (
        f"At {load:.0%} busy, jobs wait {many:#.2g} service times ({ranked[-1]}) or {few:#.2g} ({ranked[0]})"
    )


def _wait_near(knee: Knee, utilisation: float) -> tuple[float, float]:
    """Return the simulated utilisation that is nearest to one, and the mean wait there."""
    row = int(np.abs(knee.utilisation - utilisation).argmin())
    return float(knee.utilisation[row]), float(knee.mean[row].mean())


def _rounded(wait: float) -> str:
    return f"{wait:#.2g}".rstrip(".")
