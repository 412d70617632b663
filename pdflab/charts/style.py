"""Colours, axes and figures of every chart; each colour has one meaning.

The palette is Okabe and Ito's, for colour-blind readers, too. pyplot is never used: it keeps every figure
alive, and is not thread-safe.

Read next: pdflab/charts/comparison.py.
"""

import io
import textwrap
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from PIL import Image

from pdflab.analysis.columns import Floats
from pdflab.analysis.run import Run
from pdflab.jobs import Endpoint

COLOURS = {Endpoint.QUEUED: "#0072B2", Endpoint.SYNCHRONOUS: "#D55E00"}
ACCEPTED = "#56B4E9"  # the queue answered 202; the PDF is still to come
WAITING = "#E69F00"  # a job, or a client, that waits
RENDERING = "#009E73"  # a busy worker, and capacity
FAILED = "#000000"
ASKED = "#777777"  # all requests, with any outcome
PREDICTED = "#CC79A7"  # what the reader expected, before the run
GRID = "#E3E3E3"
TEXT = "#333333"

SHORTEST, LONGEST = 1e-3, 100.0  # seconds, the ends of an axis of latencies

_PALETTE = 64  # colours of a saved picture: enough for lines and text


class Picture(Figure):
    """A figure that a notebook shows and saves without pyplot."""

    def _repr_png_(self) -> bytes:
        return png(self)


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file, small enough for a notebook."""
    canvas: Any = FigureCanvasAgg(figure)  # matplotlib has no types for it
    canvas.draw()
    picture, file = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"), io.BytesIO()
    picture.quantize(_PALETTE, Image.Quantize.MAXCOVERAGE).save(file, format="PNG", optimize=True)
    return file.getvalue()


def make_figure(width: int, height: int, dpi: int = 100) -> Picture:
    """Return a figure of so many pixels at 100 dots an inch; use 200 for a projector."""
    figure = Picture(figsize=(width / 100, height / 100), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def add_line(ax: Axes, colour: str, label: str, style: str = "-", marker: str = "") -> Line2D:
    """Add an empty line: steps, or dots if there is a marker."""
    line = Line2D([], [], color=colour, label=label, ls=style, marker=marker, ms=4)
    line.set_drawstyle("default" if marker else "steps-post")
    return ax.add_line(line)


def style_axes(ax: Axes, title: str, unit: str) -> Axes:
    """Set title and unit of axes over time, and fit them to their data."""
    set_title(ax, title)
    ax.set_xlabel("seconds since the first request", fontsize=9)
    ax.set_ylabel(unit, fontsize=9)
    style_grid(ax)
    ax.relim()
    ax.autoscale_view()
    ax.set(xlim=(0, max(ax.get_xlim()[1], 1.0)), ylim=(0, max(ax.get_ylim()[1], 1.0)))
    return ax


def style_bar_axes(ax: Axes, unit: str) -> None:
    """Set the unit of horizontal bars."""
    ax.set_xlabel(unit, fontsize=9, color=TEXT)
    style_grid(ax, "x")


def style_grid(ax: Axes, grid: Literal["x", "y", "both"] = "both") -> None:
    """Draw spines, ticks and grid thinner than the data."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=TEXT, linewidth=0.6)
    ax.tick_params(colors=TEXT, width=0.6, labelsize=9)
    ax.grid(axis=grid, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def set_title(ax: Axes, title: str) -> Text:
    """Set the title of axes."""
    return ax.set_title(title, loc="left", fontsize=9, color=TEXT)


def add_legend(ax: Axes) -> None:
    """Add a legend below the axes, where no line can cross it."""
    spacing = {"fontsize": 8.5, "handlelength": 1.2, "columnspacing": 1.2}
    ax.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.12), ncol=2, frameon=False, **spacing)


def latency_axis(ax: Axes, name: str) -> tuple[float, float]:
    """Make an axis logarithmic, for latencies; return its ends in seconds."""
    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_locator(LogLocator())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))
    return SHORTEST, LONGEST


def origin(run: Run) -> float:
    """Return when a run begins, in seconds since the epoch: its first intended send or event."""
    instants = run.sends.intended_at if len(run.sends) else run.events.at
    return float(instants.min()) if len(instants) else 0.0


def duration(seconds: float) -> str:
    """Return a duration as text, in ms or s."""
    value, unit = (1000 * seconds, "ms") if seconds < 1 else (seconds, "s")
    return f"{round(value, 1 if value < 10 else None):,} {unit}".replace(".0 ", " ")


def known(column: Floats) -> Floats:
    """Return a column without its nan."""
    return column[~np.isnan(column)]


def stamp(ax: Axes, sentence: str | None) -> None:
    """Write the reason for an invalid run across its axes."""
    if sentence:
        box = {"facecolor": "white", "edgecolor": FAILED, "boxstyle": "round"}
        words = textwrap.fill(f"NOT VALID. {sentence}", 34)
        look: dict[str, Any] = {"fontsize": 9, "weight": "bold", "color": FAILED, "bbox": box, "zorder": 9}
        text = ax.text(0.5, 0.5, words, ha="center", va="center", transform=ax.transAxes, **look)
        text.set_in_layout(False)  # it lies on the axes: they need not shrink for it
