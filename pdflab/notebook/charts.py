"""Charts: runs in, pictures out. Each is titled with what its own data shows, and claims no more.

A colour means the same thing everywhere; the palette is Okabe and Ito's, which colour-blind people tell
apart. pyplot is never used: it keeps every figure alive, and breaks when a thread paints.

Read next: notebook/control_room.py.
"""

import io
from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from pdflab import metrics
from pdflab.jobs import JobEvent
from pdflab.metrics import Floats, SendColumns
from pdflab.run import QUEUED, SYNCHRONOUS, Run, Send

COLOURS = {QUEUED: "#0072B2", SYNCHRONOUS: "#D55E00"}
ACCEPTED = "#56B4E9"  # a client of the queue heard yes; its PDF is still to come
FAILED = "#000000"
ASKED = "#777777"  # what was asked for, whatever became of it
GRID = "#E3E3E3"
TEXT = "#333333"

_SHORTEST, _LONGEST = 1e-3, 100.0  # seconds, the ends of an axis of latencies


def draw_depth(ax: Axes, runs: Sequence[Run]) -> Axes:
    """Draw how many jobs waited in the line, a curve a run, from its first intended send on."""
    series = [metrics.depth(run.events) for run in runs]
    for run, (times, waiting), style in zip(runs, series, cycle(("-", "--", ":", "-.")), strict=False):
        steps = np.insert(times - _origin(run), 0, 0.0), np.insert(waiting, 0, 0.0)
        _line(ax, COLOURS[run.door], run.name, style).set_data(*steps)
    if len(runs) > 1:
        _legend(ax)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _dress(ax, _depth_title(runs, series), "jobs in the line")


def draw_throughput(ax: Axes, queued: Run, synchronous: Run) -> Axes:
    """Draw how many PDFs each door had delivered, beside how many documents were asked for."""
    rows = [(run, metrics.send_columns(run.sends, run.events)) for run in (queued, synchronous)]
    largest, asked = max(rows, key=lambda row: len(row[0].sends))
    curves = [(_line(ax, ASKED, "asked for", ":"), asked.intended_at - _origin(largest))]
    delivered = []
    for run, columns in rows:
        done = _known(columns.completed_at) - _origin(run)
        curves.append((_line(ax, COLOURS[run.door], run.door), done))
        delivered.append(f"{run.door} {_count(len(done), len(run.sends))}")
    _cumulate(curves)
    _legend(ax)
    return _dress(ax, "PDFs: " + ", ".join(delivered) if largest.sends else "Nothing was asked for", "PDFs")


def draw_waiting(ax: Axes, queued: Run, synchronous: Run) -> Axes:
    """Draw the share of all clients that were served within a time.

    A curve that ends below 100 % says that the others never were.
    """
    ours, theirs = (metrics.send_columns(run.sends, run.events) for run in (queued, synchronous))
    _line(ax, ACCEPTED, "queued, answered").set_data(*_shares(ours.accept))
    _line(ax, COLOURS[QUEUED], "queued, PDF").set_data(*_shares(ours.complete))
    _line(ax, COLOURS[SYNCHRONOUS], "synchronous, PDF").set_data(*_shares(theirs.complete))
    _legend(ax)
    halves = f"{QUEUED} {_median(ours.accept)}, {SYNCHRONOUS} {_median(theirs.accept)}"
    answered = len(ours.accept) or len(theirs.accept)
    title = f"Half of all clients had an answer within:\n{halves}" if answered else "No clients yet"
    _dress(ax, title, "% of all clients")
    ax.set(xlim=_latency_axis(ax, "x"), ylim=(0, 104), xlabel="time since the request was meant to go")
    return ax


def comparison_figure(queued: Run, synchronous: Run) -> Figure:
    """Draw both doors under the same plan, in one picture titled with what became of the requests."""
    figure = _figure(1400, 480)
    figure.set_layout_engine("constrained", w_pad=0.15)
    axes = figure.subplots(1, 3)
    draw_throughput(axes[0], queued, synchronous)
    draw_depth(axes[1], [queued])
    draw_waiting(axes[2], queued, synchronous)
    figure.suptitle(finding(queued, synchronous), x=0.01, ha="left", fontsize=14, color=TEXT, weight="bold")
    return figure


def finding(queued: Run, synchronous: Run) -> str:
    """Say in a sentence what became of the requests at both doors."""
    ours, theirs = metrics.summary(queued), metrics.summary(synchronous)
    if not ours["sent"] or not theirs["sent"]:
        return "Nothing to compare yet"
    missing = ours["accepted"] + ours["failed"] - ours["sent"]
    queue = f"The queue accepted {_count(ours['accepted'], ours['sent'])}"
    unfinished = f" and has no PDF for {missing:,} of them" if missing else ""
    failed = _count(theirs["failed"], theirs["sent"]) if theirs["failed"] else "none"
    return f"{queue}{unfinished}; the synchronous door failed {failed}"


def png(figure: Figure) -> bytes:
    """Paint a figure: the bytes of a PNG file."""
    file = io.BytesIO()
    fast = {"compress_level": 1}  # a live picture has no time for a smaller file
    figure.savefig(file, format="png", pil_kwargs=fast)
    return file.getvalue()


class LiveChart:
    """A picture of the last `window` seconds: the line, PDFs a second, how long each client waited.

    The artists are made once, only their data change. One thread paints; several would need a lock.
    """

    def __init__(self, *, width: int = 1280, height: int = 340, window: float = 60.0) -> None:
        self.figure, self._window = _figure(width, height), window
        self.figure.subplots_adjust(left=0.05, right=0.985, top=0.9, bottom=0.27, wspace=0.24)
        self._line_ax, self._rate_ax, self._wait_ax = self.figure.subplots(1, 3)
        self._depth = _line(self._line_ax, COLOURS[QUEUED], "queued")
        self._rates = {door: _line(self._rate_ax, colour, door) for door, colour in COLOURS.items()}
        self._dots = {
            name: _line(self._wait_ax, colour, name, "none", marker)
            for name, colour, marker in (
                ("queued, answered", ACCEPTED, "."),
                ("queued, PDF", COLOURS[QUEUED], "."),
                ("synchronous, PDF", COLOURS[SYNCHRONOUS], "."),
                ("failed", FAILED, "x"),
            )
        }
        self._prepare()

    def update(
        self,
        now: float,
        *,
        queued: Sequence[JobEvent],
        synchronous: Sequence[JobEvent],
        sends: Sequence[Send],
    ) -> None:
        """Show all events of both doors, and all that was sent to them, as of `now`."""
        self._update_depth(now, queued)
        self._update_rates(now, {QUEUED: queued, SYNCHRONOUS: synchronous})
        recent = [send for send in sends if now - self._window <= send.intended_at]
        self._update_waiting(now, metrics.send_columns(recent, [*queued, *synchronous]), recent)

    def png(self) -> bytes:
        """Paint the picture, always of the same size in pixels."""
        return png(self.figure)

    def _prepare(self) -> None:
        units = ("jobs in the line", "PDFs a second", "waited")
        for ax, unit in zip(self.figure.axes, units, strict=True):
            _dress(ax, "", unit)
            ax.set(xlim=(-self._window, 0), xlabel="seconds ago")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
        self._wait_ax.set_ylim(_latency_axis(self._wait_ax, "y"))
        handles = [*self._rates.values(), *self._dots.values()]
        self.figure.legend(handles=handles, loc="lower center", ncol=6, frameon=False, fontsize=9)
        self.update(0.0, queued=(), synchronous=(), sends=())

    def _update_depth(self, now: float, events: Sequence[JobEvent]) -> None:
        times, waiting = metrics.depth(events)
        last = float(waiting[-1]) if len(waiting) else 0.0
        self._depth.set_data(np.append(times - now, 0.0), np.append(waiting, last))
        _title(self._line_ax, f"{last:,.0f} in the line")
        self._line_ax.set_ylim(0, _ceiling(waiting[times >= now - self._window].max(initial=last)))

    def _update_rates(self, now: float, events: dict[str, Sequence[JobEvent]]) -> None:
        whole = float(
            np.floor(now)
        )  # bins of whole seconds: a bin that slides with the clock makes its count flicker
        highest, lately = 0.0, []
        for door, line in self._rates.items():
            done = metrics.completed_at(events[door])
            begins, rate = metrics.throughput(done, start=whole - self._window, end=whole)
            line.set_data(np.append(begins - now, whole - now), np.append(rate, rate[-1]))
            highest = max(highest, float(rate.max(initial=0.0)))
            lately.append(f"{door} {rate[-5:].mean():.0f}")
        _title(self._rate_ax, "PDFs a second: " + ", ".join(lately))
        self._rate_ax.set_ylim(0, _ceiling(highest))

    def _update_waiting(self, now: float, columns: SendColumns, sends: Sequence[Send]) -> None:
        at = columns.intended_at - now
        ours = np.array([send.door == QUEUED for send in sends], dtype=bool)
        failed = np.array([send.error is not None for send in sends], dtype=bool)
        top = np.full(len(at), 0.5 * _LONGEST)
        rows = ((columns.accept, ours), (columns.complete, ours), (columns.complete, ~ours), (top, failed))
        for dots, (seconds, chosen) in zip(self._dots.values(), rows, strict=True):
            dots.set_data(at[chosen], np.maximum(seconds[chosen], _SHORTEST))
        halves = f"queued {_median(columns.accept[ours])}, synchronous {_median(columns.accept[~ours])}"
        _title(self._wait_ax, f"Median answer: {halves}")


def _figure(width: int, height: int, dpi: int = 100) -> Figure:
    figure = Figure(figsize=(width / dpi, height / dpi), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _line(ax: Axes, colour: str, label: str, style: str = "-", marker: str = "") -> Line2D:
    line = Line2D([], [], color=colour, label=label, ls=style, marker=marker, ms=4)
    line.set_drawstyle("default" if marker else "steps-post")
    return ax.add_line(line)


def _dress(ax: Axes, title: str, unit: str) -> Axes:
    _title(ax, title)
    ax.set(xlabel="seconds since the first request", ylabel=unit)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=TEXT, linewidth=0.6)
    ax.tick_params(colors=TEXT, width=0.6, labelsize=9)
    ax.grid(color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.relim()
    ax.autoscale_view()
    ax.set(xlim=(0, max(ax.get_xlim()[1], 1.0)), ylim=(0, max(ax.get_ylim()[1], 1.0)))
    return ax


def _title(ax: Axes, title: str) -> None:
    ax.set_title(title, loc="left", fontsize=9.5, color=TEXT)


def _legend(ax: Axes) -> None:
    """Name the lines below the axes, where no line can run through their names."""
    spacing = {"fontsize": 8.5, "handlelength": 1.2, "columnspacing": 1.2}
    ax.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.12), ncol=3, frameon=False, **spacing)


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


def _latency_axis(ax: Axes, name: str) -> tuple[float, float]:
    ax.set(**{f"{name}scale": "log"})
    axis = ax.xaxis if name == "x" else ax.yaxis
    axis.set_major_locator(LogLocator())
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: _duration(value)))
    return _SHORTEST, _LONGEST


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
    seconds = np.concatenate([[_SHORTEST / 10], np.maximum(known, _SHORTEST), [_LONGEST]])
    return seconds, np.append(percent, percent[-1])


def _median(latencies: Floats) -> str:
    if not len(latencies):
        return "–"
    middle = float(np.sort(latencies)[(len(latencies) - 1) // 2])  # nan, never served, sorts last
    return "never" if np.isnan(middle) else _duration(middle)


def _duration(seconds: float) -> str:
    value, unit = (1000 * seconds, "ms") if seconds < 1 else (seconds, "s")
    return f"{round(value, 1 if value < 10 else None):,} {unit}".replace(".0 ", " ")


def _count(part: int, whole: int) -> str:
    return f"all {whole:,}" if part == whole > 0 else f"{part:,} of {whole:,}"


def _ceiling(value: float) -> float:
    """The next of 10, 20, 50, 100, … above a value: an axis that grows in steps does not tremble."""
    power = 10.0 ** np.floor(np.log10(max(value, 10.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))
