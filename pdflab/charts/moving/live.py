"""The charts beside the live picture: who waits, PDFs a second, and how long each client waited.

Read next: pdflab/charts/moving/labelled_axes.py.
"""

from collections.abc import Iterable

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.ticker import MaxNLocator
from PIL import Image

from pdflab.analysis.chart_points import Points
from pdflab.analysis.endpoint_history import ANSWERED, DELIVERED, FAILED, OPEN
from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.scene import ENDPOINTS
from pdflab.charts import style
from pdflab.charts.moving.labelled_axes import LabelledAxes, Limits, Ticks
from pdflab.charts.moving.pixels import Pixels
from pdflab.jobs import Endpoint

WIDTH, HEIGHT = 1000, 215  # pixels

_BOXES = ((40, 47, 265, 125), (362, 47, 265, 125), (689, 47, 300, 125))
_DAYS = 30  # of a month
_SHOWN_DAYS = (1, 5, 10, 15, 20, 25, 30)
_LONGER = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)  # times a month: its jobs may wait beyond its end
_LATENCIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
_SINCE = "seconds since the load began"


class LiveChart:
    """Three charts of the present load, side by side. `scale` enlarges everything. Not thread-safe."""

    def __init__(self, *, scale: float = 1.0) -> None:
        figure = style.make_figure(WIDTH, HEIGHT, round(100 * scale))
        titles = ("Who waits", "PDFs in each second", "How long each client waited")
        self._waiting, self._rate, self._latency = self._axes = [
            LabelledAxes(figure, title, box) for title, box in zip(titles, _BOXES, strict=True)
        ]
        self._curves = _add_waiting(self._waiting)
        self._rates, self._wasted = _add_rates(self._rate)
        self._dots = _add_waits(self._latency)
        self._days: float | None = None
        self._limits: tuple[float, ...] = ()
        moving = [*self._curves, *self._rates.values(), self._wasted, *self._dots.values()]
        self._pixels = Pixels(figure, moving)

    def set_days(self, seconds: float | None) -> None:
        """Label the time axis with the days of a month that takes so many seconds, or with seconds again."""
        if seconds != self._days:
            self._days, self._limits = seconds, ()

    def update(self, history: LoadHistory) -> None:
        """Show the present load."""
        curves = [*(history.endpoints[one].clients.points for one in ENDPOINTS), history.queue.points]
        for line, points in zip(self._curves, curves, strict=True):
            _set(line, points)
        rates = {one: _steps(history.endpoints[one].rates()) for one in ENDPOINTS}
        for endpoint, line in self._rates.items():
            _set(line, rates[endpoint])
        useful = _steps(history.endpoints[Endpoint.SYNCHRONOUS].goodput())
        self._wasted.set_xy(_between(rates[Endpoint.SYNCHRONOUS], useful))
        waits = {one: history.endpoints[one].waits() for one in ENDPOINTS}
        for (endpoint, outcome), dots in self._dots.items():
            _set(dots, waits[endpoint][outcome])
        self._set_limits(history, _top(curves), _top(rates.values()))

    def png(self) -> bytes:
        """Return the charts as a PNG on a transparent ground, always of the same size in pixels."""
        return self._pixels.png()

    def image(self) -> Image.Image:
        """Return the charts for an animation."""
        return self._pixels.image()

    def _set_limits(self, history: LoadHistory, waiting: float, rate: float) -> None:
        """Set the ends of the axes; draw them again only if one has changed."""
        axis, arrivals = self._with_days(history.axis, history.age), self._with_days(history.arrivals, 0.0)
        if self._limits == (limits := (*axis, *arrivals, waiting, rate)):
            return
        self._limits = limits
        for axes, top in ((self._waiting, waiting), (self._rate, rate)):
            axes.set_limits(axis, (0.0, top), self._times(axis), _counts(top), self._caption(_SINCE))
        levels = [(seconds, style.duration(seconds)) for seconds in _LATENCIES]
        caption = self._caption(f"when it asked, in {_SINCE}")
        ends = (style.SHORTEST, style.LONGEST)
        self._latency.set_limits(arrivals, ends, self._times(arrivals), levels, caption)
        self._pixels.forget([label for axes in self._axes for label in axes.labels])

    def _with_days(self, axis: Limits, age: float) -> Limits:
        """Return the ends of a whole month or more, if its days are shown."""
        months = (n * self._days for n in _LONGER if self._days and age <= n * self._days)
        return axis if axis[0] else (0.0, next(months, axis[1]))

    def _times(self, axis: Limits) -> Ticks:
        if self._days is None:
            return [(at, f"{at:g}") for at in MaxNLocator(6).tick_values(*axis) if axis[0] <= at <= axis[1]]
        return [((day - 0.5) * self._days / _DAYS, f"{day}") for day in _SHOWN_DAYS]

    def _caption(self, words: str) -> str:
        return words if self._days is None else f"day of the month, which takes {self._days:g} s"


def _add_waiting(axes: LabelledAxes) -> list[Line2D]:
    """Add the clients of each endpoint, in the order of ENDPOINTS, and the jobs in the queue."""
    synchronous = style.add_line(axes.ax, style.WAITING, "clients, synchronous")
    queued = style.add_line(axes.ax, style.WAITING, "clients, queued", ":")
    jobs = style.add_line(axes.ax, style.QUEUED, "jobs")
    for line in (synchronous, queued, jobs):
        line.set_linewidth(2)
    axes.add_key([(str(line.get_label()), [line]) for line in (synchronous, queued, jobs)])
    return [synchronous, queued, jobs]


def _add_rates(axes: LabelledAxes) -> tuple[dict[Endpoint, Line2D], Polygon]:
    """Add the PDFs of each endpoint, and the area between throughput and goodput."""
    rates = {one: style.add_line(axes.ax, style.COLOURS[one], one) for one in ENDPOINTS}
    wasted = Polygon([(0, 0)], color=style.ASKED, alpha=0.5, lw=0)
    axes.ax.add_patch(wasted)
    axes.add_key([*((str(one), [line]) for one, line in rates.items()), ("for nobody", [wasted])])
    return rates, wasted


def _add_waits(axes: LabelledAxes) -> dict[tuple[Endpoint, str], Line2D]:
    """Add the dots of each outcome; in the key, two colours are both endpoints."""
    style.set_latency_axis(axes.ax)
    dots = {(Endpoint.QUEUED, ANSWERED): style.add_line(axes.ax, style.ACCEPTED, "", "none", ".")}
    for endpoint in ENDPOINTS:
        colour = style.COLOURS[endpoint]
        dots[endpoint, OPEN] = style.add_line(axes.ax, colour, "", "none", "o")
        dots[endpoint, OPEN].set(markerfacecolor="none", markersize=3.5, markeredgewidth=0.8)
        dots[endpoint, DELIVERED] = style.add_line(axes.ax, colour, "", "none", ".")
        dots[endpoint, FAILED] = style.add_line(axes.ax, style.FAILED, "", "none", "x")
    named = {"answered 202": ANSWERED, "PDF": DELIVERED, "no PDF yet": OPEN}
    entries = [
        (name, [dots[one, what] for one in ENDPOINTS if (one, what) in dots]) for name, what in named.items()
    ]
    axes.add_key([*entries, ("failed", [dots[Endpoint.QUEUED, FAILED]])])
    return dots


def _set(line: Line2D, points: Points) -> None:
    at, values = np.array(points, dtype=float).reshape(-1, 2).T
    line.set_data(at, np.maximum(values, style.SHORTEST))


def _steps(rates: Points) -> Points:
    """Return rates with the end of their last second."""
    return [*rates, *((second + 1, rate) for second, rate in rates[-1:])]


def _between(upper: Points, lower: Points) -> Points:
    """Return the outline of the area between two curves of steps."""
    return [*_corners(upper), *reversed(_corners(lower))] or [(0.0, 0.0)]


def _corners(steps: Points) -> Points:
    ends = [at for at, _ in steps[1:]]
    return [corner for (at, y), end in zip(steps, ends, strict=False) for corner in ((at, y), (end, y))]


def _counts(top: float) -> Ticks:
    """Return ticks of at most four characters, the room left of the axes."""
    values = MaxNLocator(5, integer=True).tick_values(0.0, top)
    return [
        (value, f"{value / 1000:g}k" if value >= 1000 else f"{value:g}") for value in values if value <= top
    ]


def _top(curves: Iterable[Points]) -> float:
    """Return the next of 10, 20, 50, 100, … above all values, so that an axis seldom changes."""
    value = max((y for points in curves for _, y in points), default=0.0)
    power = 10.0 ** np.floor(np.log10(max(value, 10.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))
