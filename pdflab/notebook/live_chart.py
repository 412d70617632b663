"""The live picture: the last minute of both doors, painted again and again without costing the doors a core.

What stays (axes, ticks, names) is painted once and kept; a frame adds only the lines and the titles. That
makes it six times as cheap: on two cores, a dear picture slows down what it shows.

Read next: notebook/control_room.py.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.image import imsave
from matplotlib.ticker import FuncFormatter

from pdflab import metrics
from pdflab.jobs import JobEvent
from pdflab.metrics import SendColumns
from pdflab.notebook.canvas import (
    ACCEPTED,
    COLOURS,
    FAILED,
    SHORTEST,
    add_line,
    dress,
    latency_axis,
    make_figure,
    set_title,
)
from pdflab.notebook.charts import median
from pdflab.occupancy import depth
from pdflab.run import QUEUED, Send

_FAILURES_AT = 50.0  # seconds, on the axis of waiting: they are marked above everybody who was served


class LiveChart:
    """A picture of the last `window` seconds: the line, PDFs a second, how long each client waited.

    The artists are made once, only their data change. One thread paints; several would need a lock.
    """

    def __init__(self, *, width: int = 1000, height: int = 310, window: float = 60.0) -> None:
        self.figure, self._window = make_figure(width, height), window
        self.figure.subplots_adjust(left=0.055, right=0.985, top=0.9, bottom=0.27, wspace=0.33)
        self._canvas: Any = self.figure.canvas  # matplotlib has no types for it
        self._kept: Any = None  # the pixels of what stays, until an axis changes
        self._moving: list[Artist] = []
        self._recent = {door: _Recent(window) for door in COLOURS}
        self._depth_ax, self._rate_ax, self._wait_ax = self.figure.subplots(
            1, 3, width_ratios=(1.0, 1.15, 1.3)
        )
        self._depth = add_line(self._depth_ax, COLOURS[QUEUED], "queued")
        self._rates = {door: add_line(self._rate_ax, colour, door) for door, colour in COLOURS.items()}
        self._dots = {
            name: add_line(self._wait_ax, colour, name, "none", marker)
            for name, colour, marker in (
                ("queued, answered", ACCEPTED, "."),
                ("queued, PDF", COLOURS[QUEUED], "."),
                ("synchronous, PDF", COLOURS["synchronous"], "."),
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
        """Show all events of both doors, and all that was sent to them, as of `now`; each call tells more."""
        events = {
            door: self._recent[door].follow(told, now)
            for door, told in zip(COLOURS, (queued, synchronous), strict=True)
        }
        self._update_depth(now, events[QUEUED])
        self._update_rates(now, events)
        recent = [send for send in sends if now - self._window <= send.intended_at]
        told = [event for door in events.values() for event in door]
        self._update_waiting(now, metrics.send_columns(recent, told), recent)

    def png(self) -> bytes:
        """Paint the picture, always of the same size in pixels."""
        if self._kept is None:
            self._canvas.draw()
            self._kept = self._canvas.copy_from_bbox(self.figure.bbox)
        self._canvas.restore_region(self._kept)
        for artist in self._moving:
            self.figure.draw_artist(artist)
        file = io.BytesIO()
        imsave(file, np.asarray(self._canvas.buffer_rgba()), format="png", pil_kwargs={"compress_level": 1})
        return file.getvalue()

    def _prepare(self) -> None:
        units = ("jobs in the line", "PDFs a second", "waited")
        for ax, unit in zip(self.figure.axes, units, strict=True):
            self._moving += [*dress(ax, "", unit).get_lines(), set_title(ax, "")]
            ax.set(xlim=(-self._window, 0), xlabel="seconds ago")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
        self._wait_ax.set_ylim(latency_axis(self._wait_ax, "y"))
        set_title(self._wait_ax, "").set_x(-0.15)  # the longest title
        handles = [*self._rates.values(), *self._dots.values()]
        self.figure.legend(
            handles=handles, loc="lower center", ncol=6, frameon=False, fontsize=9, markerscale=2
        )
        for artist in self._moving:
            artist.set_animated(True)  # left out of what is kept
        self.update(0.0, queued=(), synchronous=(), sends=())

    def _update_depth(self, now: float, events: Sequence[JobEvent]) -> None:
        times, waiting = depth(events)
        last = float(waiting[-1]) if len(waiting) else 0.0
        self._depth.set_data(np.append(times - now, 0.0), np.append(waiting, last))
        set_title(self._depth_ax, f"{last:,.0f} in the line")
        self._reach(self._depth_ax, waiting[times >= now - self._window].max(initial=last))

    def _update_rates(self, now: float, events: Mapping[str, Sequence[JobEvent]]) -> None:
        # Bins of whole seconds: a bin that slides with the clock makes its count flicker.
        whole = float(np.floor(now))
        highest, lately = 0.0, []
        for door, line in self._rates.items():
            done = metrics.completed_at(events[door])
            begins, rate = metrics.throughput(done, start=whole - self._window, end=whole)
            line.set_data(np.append(begins - now, whole - now), np.append(rate, rate[-1]))
            highest = max(highest, float(rate.max(initial=0.0)))
            lately.append(f"{door} {rate[-1]:.0f}")
        set_title(self._rate_ax, "PDFs a second: " + ", ".join(lately))
        self._reach(self._rate_ax, highest)

    def _update_waiting(self, now: float, columns: SendColumns, sends: Sequence[Send]) -> None:
        at = columns.intended_at - now
        ours = np.array([send.door == QUEUED for send in sends], dtype=bool)
        failed = np.array([send.error is not None for send in sends], dtype=bool)
        top = np.full(len(at), _FAILURES_AT)
        rows = ((columns.accept, ours), (columns.complete, ours), (columns.complete, ~ours), (top, failed))
        for dots, (seconds, chosen) in zip(self._dots.values(), rows, strict=True):
            dots.set_data(at[chosen], np.maximum(seconds[chosen], SHORTEST))
        halves = f"queued {median(columns.accept[ours])}, synchronous {median(columns.accept[~ours])}"
        set_title(self._wait_ax, f"Median answer: {halves}")

    def _reach(self, ax: Axes, value: float) -> None:
        """Let an axis end above a value; what is kept is painted anew only when it has to grow or shrink."""
        if ax.get_ylim() != (0.0, top := _ceiling(value)):
            ax.set_ylim(0.0, top)
            self._kept = None


class _Recent:
    """The events of jobs that had no ending before the window, so that an hour costs what a minute costs."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._taken = 0
        self._events: list[JobEvent] = []

    def follow(self, events: Sequence[JobEvent], now: float) -> list[JobEvent]:
        """Take what is new in a list that grows, and drop the jobs that ended before the window."""
        self._events += events[self._taken :]
        self._taken = len(events)
        over = {e.job_id for e in self._events if e.state.is_ending and e.at < now - self._window}
        self._events = [event for event in self._events if event.job_id not in over]
        return self._events


def _ceiling(value: float) -> float:
    """The next of 10, 20, 50, 100, … above a value: an axis that grows in steps does not tremble."""
    power = 10.0 ** np.floor(np.log10(max(value, 10.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))
