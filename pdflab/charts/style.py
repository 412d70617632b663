"""Colours, axes and figures of every chart; each colour has one meaning.

The palette is Okabe and Ito's, for colour-blind readers, too. pyplot is never used: it keeps every figure
alive, and is not thread-safe.

Read next: pdflab/charts/comparison.py.
"""

import io
import math
import textwrap
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from PIL import Image

from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason
from pdflab.jobs import Endpoint

COLOURS = {Endpoint.QUEUED: "#0072B2", Endpoint.SYNCHRONOUS: "#D55E00"}
ACCEPTED = "#56B4E9"  # the queue answered 202; the PDF is still to come
WAITING = "#E69F00"  # a client that waits for an answer
QUEUED = ACCEPTED  # a job that waits in the queue
RENDERING = "#009E73"  # a busy worker, and capacity
FAILED = "#000000"
ASKED = "#777777"  # all requests, with any outcome
PREDICTED = "#CC79A7"  # what the reader expected, before the run
COMPARED = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9")  # models that are compared, in their order
GRID = "#E3E3E3"
TEXT = "#333333"
SHADED = (ACCEPTED, WAITING, RENDERING, FAILED, ASKED, TEXT)  # of live pictures, beside COLOURS

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


def make_axes(
    width: int, height: int, ratios: Sequence[float] = (1,), *, dpi: int = 100
) -> tuple[Picture, list[Axes]]:
    """Return a figure, as `make_figure`, and its axes side by side, whose widths have these ratios."""
    figure = make_figure(width, height, dpi)
    figure.set_layout_engine("constrained", w_pad=0.15 if len(ratios) > 1 else None)
    return figure, [*figure.subplots(1, len(ratios), width_ratios=ratios, squeeze=False)[0]]


def add_line(ax: Axes, colour: str, label: str, style: str = "-", marker: str = "") -> Line2D:
    """Add an empty line: steps, or dots if there is a marker."""
    line = Line2D([], [], color=colour, label=label, ls=style, marker=marker, ms=4)
    line.set_drawstyle("default" if marker else "steps-post")
    return ax.add_line(line)


def add_prediction(ax: Axes, label: str, value: float, rows: tuple[float, float]) -> None:
    """Add a vertical line at what the reader expected, from one row to another."""
    add_line(ax, PREDICTED, label, "--").set(data=([value, value], rows), linewidth=2)


def add_bars(
    ax: Axes,
    names: Sequence[str],
    lengths: Sequence[float],
    *,
    colours: Sequence[str],
    labels: Sequence[str],
    begins: Sequence[float] | float = 0.0,
) -> BarContainer:
    """Add a horizontal bar in each row, from the top down, with its name and the label at its end."""
    bars = ax.barh(range(len(names)), lengths, 0.6, begins, color=colours)
    ax.bar_label(bars, labels, padding=4, fontsize=9, color=TEXT)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    return bars


def style_axes(ax: Axes, title: str, unit: str, *, time: str = "seconds since the first request") -> Axes:
    """Set title and units of axes over time, and fit them to their data."""
    style_bar_axes(ax, title, time, grid="both")
    ax.set_ylabel(unit, fontsize=9, color=TEXT)
    ax.relim()
    ax.autoscale_view()
    ax.set(xlim=(0, max(ax.get_xlim()[1], 1.0)), ylim=(0, max(ax.get_ylim()[1], 1.0)))
    return ax


def style_bar_axes(ax: Axes, title: str, unit: str, *, grid: Literal["x", "both"] = "x") -> None:
    """Set title and unit of horizontal bars; draw spines, ticks and grid thinner than the data."""
    ax.set_title(title, loc="left", fontsize=9, color=TEXT)
    ax.set_xlabel(unit, fontsize=9, color=TEXT)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=TEXT, linewidth=0.6)
    ax.tick_params(colors=TEXT, width=0.6, labelsize=9)
    ax.grid(axis=grid, color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)


def enlarge(ax: Axes, size: float) -> None:
    """Set the texts of styled axes in a size that is read from the back row."""
    ax.set_title(ax.get_title(loc="left"), loc="left", fontsize=size)
    ax.xaxis.label.set_fontsize(size)
    ax.yaxis.label.set_fontsize(size)
    ax.tick_params(labelsize=size)


def set_latency_axis(ax: Axes) -> None:
    """Make the vertical axis logarithmic, for latencies in seconds."""
    ax.set_yscale("log")
    ax.set_ylim(SHORTEST, LONGEST)
    ax.yaxis.set_major_locator(LogLocator())
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: duration(value)))


def set_headline(figure: Figure, text: str) -> None:
    """Set the title of a whole figure: its finding."""
    figure.suptitle(text, x=0.01, ha="left", fontsize=13, color=TEXT, weight="bold")


def add_legend(ax: Axes, *, columns: int = 2, at: tuple[float, float] = (-0.1, -0.12)) -> None:
    """Add a legend below the axes, where no line can cross it; `at` is its corner, in shares of the axes."""
    spacing = {"fontsize": 8.5, "handlelength": 1.8, "columnspacing": 1.2}
    ax.legend(loc="upper left", bbox_to_anchor=at, ncol=columns, frameon=False, **spacing)


def duration(seconds: float | None) -> str:
    """Return a duration as text, in ms or s; None is a dash, nan and inf are never."""
    if seconds is None:
        return "–"
    if not math.isfinite(seconds):
        return "never"
    value, unit = (1000 * seconds, "ms") if seconds < 1 else (seconds, "s")
    return f"{round(value, 1 if value < 10 else None):,} {unit}".replace(".0 ", " ")


def stamp(ax: Axes, *runs: Run) -> None:
    """Write across the axes why one of the runs is invalid, if one is."""
    for sentence in filter(None, map(invalid_reason, runs)):
        box = {"facecolor": "white", "edgecolor": FAILED, "boxstyle": "round"}
        words = textwrap.fill(f"NOT VALID. {sentence}", 34)
        look: dict[str, Any] = {"fontsize": 9, "weight": "bold", "color": FAILED, "bbox": box, "zorder": 9}
        text = ax.text(0.5, 0.5, words, ha="center", va="center", transform=ax.transAxes, **look)
        text.set_in_layout(False)  # it lies on the axes: they need not shrink for it
        return
