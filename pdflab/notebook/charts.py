"""Charts: runs in, pictures out. Each is titled with what its own data shows, and claims no more.

A colour means the same thing everywhere; the palette is Okabe and Ito's, which colour-blind people tell
apart. pyplot is never used: it keeps every figure alive, and breaks when a thread paints.

Read next: notebook/live_chart.py.
"""

import io
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from PIL import Image

from pdflab import metrics
from pdflab.metrics import Floats
from pdflab.run import QUEUED, SYNCHRONOUS, Run

COLOURS = {QUEUED: "#0072B2", SYNCHRONOUS: "#D55E00"}
ACCEPTED = "#56B4E9"  # a client of the queue heard yes; its PDF is still to come
FAILED = "#000000"
ASKED = "#777777"  # what was asked for, whatever became of it
PREDICTED = "#CC79A7"  # what the reader expected, before the run
GRID = "#E3E3E3"
TEXT = "#333333"

_PALETTE = 64  # colours of a saved picture: lines and text need no more

SHORTEST, LONGEST = 1e-3, 100.0  # seconds, the ends of an axis of latencies


def draw_depth(ax: Axes, runs: Sequence[Run]) -> Axes:
    """Draw how many jobs waited in the line, a curve a run, from its first intended send on."""
    series = [metrics.depth(run.events) for run in runs]
    for run, (times, waiting), style in zip(runs, series, cycle(("-", "--", ":", "-.")), strict=False):
        steps = np.insert(times - _origin(run), 0, 0.0), np.insert(waiting, 0, 0.0)
        add_line(ax, COLOURS[run.door], run.name, style).set_data(*steps)
    if len(runs) > 1:
        _legend(ax)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return dress(ax, _depth_title(runs, series), "jobs in the line")


def draw_throughput(ax: Axes, queued: Run, synchronous: Run, *, predicted: float | None = None) -> Axes:
    """Draw how many PDFs each door had delivered, beside how many documents were asked for.

    `predicted` is when the reader expected the last PDF, in seconds.
    """
    rows = [(run, metrics.send_columns(run.sends, run.events)) for run in (queued, synchronous) if run.sends]
    largest = max((queued, synchronous), key=lambda run: len(run.sends))
    asked = np.array([send.intended_at for send in largest.sends]) - _origin(largest)
    curves = [(add_line(ax, ASKED, "asked for", ":"), asked)]
    delivered = []
    for run, columns in rows:
        done = _known(columns.completed_at) - _origin(run)
        curves.append((add_line(ax, COLOURS[run.door], run.door), done))
        delivered.append(f"{run.door} {_count(len(done), len(run.sends))}")
    _cumulate(curves)
    if predicted is not None:
        add_line(ax, PREDICTED, "last PDF, predicted", "--").set_data([predicted] * 2, [0, len(asked)])
    _legend(ax)
    return dress(ax, "PDFs: " + ", ".join(delivered) if rows else "Nothing was asked for", "PDFs")


def draw_waiting(ax: Axes, queued: Run, synchronous: Run) -> Axes:
    """Draw the share of all clients that were served within a time.

    A curve that ends below 100 % says that the others never were.
    """
    ours, theirs = (metrics.send_columns(run.sends, run.events) for run in (queued, synchronous))
    add_line(ax, ACCEPTED, "queued, answered").set_data(*_shares(ours.accept))
    add_line(ax, COLOURS[QUEUED], "queued, PDF").set_data(*_shares(ours.complete))
    add_line(ax, COLOURS[SYNCHRONOUS], "synchronous, PDF").set_data(*_shares(theirs.complete))
    _legend(ax)
    halves = f"{QUEUED} {median(ours.accept)}, {SYNCHRONOUS} {median(theirs.accept)}"
    answered = len(ours.accept) or len(theirs.accept)
    title = f"Half of all clients had an answer within:\n{halves}" if answered else "No clients yet"
    dress(ax, title, "% of all clients")
    ax.set(xlim=latency_axis(ax, "x"), ylim=(0, 104), xlabel="time since the request was meant to go")
    return ax


class Picture(Figure):
    """A figure that a notebook shows and saves without pyplot."""

    def _repr_png_(self) -> bytes:
        return png(self)


def comparison_figure(queued: Run, synchronous: Run, *, predicted: float | None = None) -> Figure:
    """Draw both doors under the same plan, in one picture titled with what became of the requests.

    `predicted` is when the reader expected the last PDF, in seconds.
    """
    figure = make_figure(1200, 450)
    figure.set_layout_engine("constrained", w_pad=0.15)
    axes = figure.subplots(1, 3)
    draw_throughput(axes[0], queued, synchronous, predicted=predicted)
    draw_depth(axes[1], [queued])
    draw_waiting(axes[2], queued, synchronous)
    figure.suptitle(finding(queued, synchronous), x=0.01, ha="left", fontsize=14, color=TEXT, weight="bold")
    return figure


def finding(queued: Run, synchronous: Run) -> str:
    """Say in a sentence what became of the requests at both doors."""
    ours, theirs = metrics.summary(queued), metrics.summary(synchronous)
    if not ours["sent"] and not theirs["sent"]:
        return "Nothing to compare yet"
    if ours["sent"] == theirs["sent"] and not ours["failed"] and not theirs["failed"]:
        soon, late = (_duration(door["accept_p50_s"]) for door in (ours, theirs))
        halves = f"half had an answer within {soon} (queued) or {late} (synchronous)"
        return f"Both doors made all {ours['sent']:,} PDFs; {halves}"
    return f"{_fate_of_the_queued(ours)}; {_fate_of_the_others(theirs)}"


def _fate_of_the_queued(door: dict[str, Any]) -> str:
    if not door["sent"]:
        return "The queue was not tried"
    missing = door["accepted"] + door["failed"] - door["sent"]
    unfinished = f" and has no PDF for {missing:,} of them" if missing else ""
    return f"The queue accepted {_count(door['accepted'], door['sent'])}{unfinished}"


def _fate_of_the_others(door: dict[str, Any]) -> str:
    if not door["sent"]:
        return "the synchronous door was not tried"
    return f"the synchronous door failed {_count(door['failed'], door['sent']) if door['failed'] else 'none'}"


def png(figure: Figure) -> bytes:
    """Paint a figure: the bytes of a PNG file, small enough to be kept in a notebook."""
    canvas: Any = FigureCanvasAgg(figure)  # matplotlib has no types for it
    canvas.draw()
    picture, file = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"), io.BytesIO()
    picture.quantize(_PALETTE, Image.Quantize.MAXCOVERAGE).save(file, format="PNG", optimize=True)
    return file.getvalue()


def make_figure(width: int, height: int, dpi: int = 100) -> Picture:
    """Make a figure of so many pixels."""
    figure = Picture(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def add_line(ax: Axes, colour: str, label: str, style: str = "-", marker: str = "") -> Line2D:
    """Add an empty line: steps, or dots where there is a marker."""
    line = Line2D([], [], color=colour, label=label, ls=style, marker=marker, ms=4)
    line.set_drawstyle("default" if marker else "steps-post")
    return ax.add_line(line)


def dress(ax: Axes, title: str, unit: str) -> Axes:
    """Give axes their title and unit, quiet lines, and room for what they hold."""
    set_title(ax, title)
    ax.set_xlabel("seconds since the first request", fontsize=9)
    ax.set_ylabel(unit, fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=TEXT, linewidth=0.6)
    ax.tick_params(colors=TEXT, width=0.6, labelsize=9)
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.relim()
    ax.autoscale_view()
    ax.set(xlim=(0, max(ax.get_xlim()[1], 1.0)), ylim=(0, max(ax.get_ylim()[1], 1.0)))
    return ax


def set_title(ax: Axes, title: str) -> Text:
    """Say above some axes what they show."""
    return ax.set_title(title, loc="left", fontsize=9, color=TEXT)


def _legend(ax: Axes) -> None:
    """Name the lines below the axes, where no line can run through their names."""
    spacing = {"fontsize": 8.5, "handlelength": 1.2, "columnspacing": 1.2}
    ax.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.12), ncol=2, frameon=False, **spacing)


def _depth_title(runs: Sequence[Run], series: Sequence[tuple[Floats, Floats]]) -> str:
    peak = max((float(waiting.max(initial=0.0)) for _, waiting in series), default=0.0)
    if not peak:
        return "Nothing waited in line"
    empty_at = [
        float(times[-1]) - _origin(run) for run, (times, left) in zip(runs, series, strict=True) if len(left)
    ]
    drained = len(runs) == 1 and not series[0][1][-1]
    return f"The line grew to {peak:,.0f}" + (
        f" and was empty after {_duration(empty_at[0])}" if drained else ""
    )


def latency_axis(ax: Axes, name: str) -> tuple[float, float]:
    """Make an axis one of latencies, from a millisecond on; give its ends."""
    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_locator(LogLocator())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _duration(value)))
    return SHORTEST, LONGEST


def _origin(run: Run) -> float:
    """Seconds since the epoch at which a run begins: its first intended send, or its first event."""
    instants = [send.intended_at for send in run.sends] or [event.at for event in run.events]
    return min(instants, default=0.0)


def _known(column: Floats) -> Floats:
    return column[~np.isnan(column)]


def _cumulate(curves: Sequence[tuple[Line2D, Floats]]) -> None:
    """Let each line count its instants, all to one end: a door that stopped is seen to have stopped."""
    end = max(float(at.max(initial=0.0)) for _, at in curves)
    for line, at in curves:
        counts = np.arange(len(at) + 1.0)
        line.set_data(np.concatenate([[0.0], np.sort(at), [end]]), np.append(counts, counts[-1]))


def _shares(latencies: Floats) -> tuple[Floats, Floats]:
    """Percent of all served within each latency; a client that never was (nan) counts, and never appears."""
    known = np.sort(_known(latencies))
    percent = 100 * np.arange(len(known) + 1.0) / max(len(latencies), 1)
    seconds = np.concatenate([[SHORTEST / 10], np.maximum(known, SHORTEST), [LONGEST]])
    return seconds, np.append(percent, percent[-1])


def median(latencies: Floats) -> str:
    """Say what half of all did not exceed; who was never served counts."""
    if not len(latencies):
        return "–"
    middle = float(np.sort(latencies)[(len(latencies) - 1) // 2])  # nan, never served, sorts last
    return "never" if np.isnan(middle) else _duration(middle)


def _duration(seconds: float) -> str:
    value, unit = (1000 * seconds, "ms") if seconds < 1 else (seconds, "s")
    return f"{round(value, 1 if value < 10 else None):,} {unit}".replace(".0 ", " ")


def _count(part: int, whole: int) -> str:
    return f"all {whole:,}" if part == whole > 0 else f"{part:,} of {whole:,}"
