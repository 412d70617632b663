"""The knee as a picture: waits by utilisation, as simulated, by formula, as measured, and as predicted.

Read next: pdflab/charts/failures.py.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
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
    predicted: tuple[float, float] | None = None,
) -> style.Picture:
    """Draw the mean wait of each model by its name, with the band of its seeds, and its formula.

    `measured` has utilisation, mean wait and its error, up and down; `sketched` is the reader's curve and
    `predicted` the reader's point, as utilisation and wait. Waits are in service times; a prediction above
    the axis is drawn at its upper end.
    """
    figure, [ax] = style.make_axes(1000, 430)
    for (name, knee), colour in zip(knees.items(), cycle(style.COMPARED), strict=False):
        _draw_knee(ax, name, knee, colour)
    ax.plot([], [], **_FORMULA, label="formula")
    highest = [float(knee.mean.mean(axis=1).max()) for knee in knees.values()]
    top = 1.15 * max(*highest, *(wait + error for _, wait, error in measured), 0.0)
    if sketched:
        x, y = np.array(sorted(sketched)).T
        sketch = style.add_line(ax, style.PREDICTED, "your sketch", "--")
        sketch.set(data=(x, np.minimum(y, top)), lw=2, drawstyle="default", clip_on=False)
    if predicted:
        at, wait = predicted
        label = f"predicted: {wait:g} at {at:.0%}" + ", above the axis" * (wait > top)
        point = style.add_line(ax, style.PREDICTED, label, "none", "D")
        point.set(data=([at], [min(wait, top)]), ms=8, zorder=5, clip_on=False)
    if measured:
        x, y, error = np.array(measured).T
        ax.errorbar(x, y, error, fmt="o", color=style.FAILED, capsize=3, ms=5, zorder=6, label="measured")
    seeds = next(iter(knees.values())).mean.shape[1]
    style.style_axes(ax, f"Each band spans {seeds} seeds", "mean wait, service times", time=_AXIS)
    ax.set(xlim=(0, 1), ylim=(0, top))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    style.add_legend(ax, columns=3)
    style.set_headline(figure, _finding(knees))
    return figure


def _draw_knee(ax: Axes, name: str, knee: Knee, colour: str) -> None:
    low, high = knee.mean.min(axis=1), knee.mean.max(axis=1)
    ax.fill_between(knee.utilisation, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(knee.utilisation, knee.mean.mean(axis=1), color=colour, lw=2, label=name)
    ax.plot(knee.utilisation, knee.theory, **_FORMULA)


def _finding(knees: Mapping[str, Knee]) -> str:
    """Return what one knee shows between two utilisations, or what several show at one."""
    if len(knees) == 1:
        [knee] = knees.values()
        (low, few), (high, many) = _wait_near(knee, _LOW), _wait_near(knee, _HIGH)
        wait = f"the mean wait grows from {_rounded(few)} to {_rounded(many)} service times"
        return f"From {low:.0%} to {high:.0%} busy, {wait}"
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
