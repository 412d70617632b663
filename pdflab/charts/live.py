"""The live chart: the last minute of both endpoints, redrawn with little processor time.

Axes, ticks and names are drawn once and cached; a frame adds only the curves. No text changes, because text
costs more than all curves; the numbers are HTML above the chart.

Read next: pdflab/notebook/room.py.
"""

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray
from PIL import Image, ImageColor

from pdflab.analysis.rolling_window import ANSWERED, DELIVERED, ENDPOINTS, FAILED, Points, RollingWindow
from pdflab.charts import style
from pdflab.jobs import Endpoint

WIDTH, HEIGHT = 1000, 310  # pixels

_MINUTE = 60.0  # seconds
_FAILURES_AT = 50.0  # seconds: failures are drawn above all latencies
_LABELS, _MARGIN, _LEGEND = 0.034, 0.008, 0.1  # shares of the chart: beside some axes, and below all
_SHADES = 12  # of each colour, down to white, for smooth edges
_TITLES = ("Jobs in the queue", "PDFs in each second", "How long each client waited")


class LiveChart:
    """A chart of the last minute: queue depth, PDFs a second, latency of each client.

    The artists are made once; only their data change. `scale` enlarges everything. Not thread-safe.
    """

    def __init__(self, *, scale: float = 1.0) -> None:
        self.figure = style.make_figure(WIDTH, HEIGHT, round(100 * scale))
        self.figure.subplots_adjust(left=0.035, right=0.985, top=0.91, bottom=0.25, wspace=0.25)
        self._canvas: Any = self.figure.canvas  # matplotlib has no types for it
        self._kept: NDArray[np.uint8] | None = None  # the pixels of the axes
        self._changed: list[Axes] = []  # whose kept pixels are outdated
        self._palette = _palette()
        self._depth_ax, self._rate_ax, waits = self.figure.subplots(1, 3, width_ratios=(1, 1, 1.3))
        light, (blue, orange) = style.ACCEPTED, style.COLOURS.values()
        self._depth = style.add_line(self._depth_ax, blue, "queued")
        self._rates = {
            Endpoint.QUEUED: style.add_line(self._rate_ax, blue, "queued"),
            Endpoint.SYNCHRONOUS: style.add_line(self._rate_ax, orange, "synchronous"),
        }
        self._dots = {
            (Endpoint.QUEUED, ANSWERED): style.add_line(waits, light, "queued, answered", "none", "."),
            (Endpoint.QUEUED, DELIVERED): style.add_line(waits, blue, "queued, PDF", "none", "."),
            (Endpoint.SYNCHRONOUS, DELIVERED): style.add_line(waits, orange, "synchronous, PDF", "none", "."),
        }
        self._failed = style.add_line(waits, style.FAILED, "failed", "none", "x")
        self._moving = [self._depth, *self._rates.values(), *self._dots.values(), self._failed]
        self._prepare()

    def update(self, now: float, window: RollingWindow) -> None:
        """Set the curves as of `now`, in seconds since the epoch."""
        depth = window.depth()
        if not depth or depth[0][0] > now - _MINUTE:
            depth.insert(0, (now - _MINUTE, 0.0))
        depth.append((now, depth[-1][1]))
        _set(self._depth, now, depth)
        self._set_top(self._depth_ax, max(waiting for _, waiting in depth))
        rates = {endpoint: window.rates(endpoint, now) for endpoint in ENDPOINTS}
        for endpoint, line in self._rates.items():
            _set(line, now, [*rates[endpoint], (rates[endpoint][-1][0] + 1, rates[endpoint][-1][1])])
        self._set_top(self._rate_ax, max(rate for made in rates.values() for _, rate in made))
        for (endpoint, what), dots in self._dots.items():
            _set(dots, now, window.waits(endpoint, what))
        failed = [asked_at for endpoint in ENDPOINTS for asked_at, _ in window.waits(endpoint, FAILED)]
        _set(self._failed, now, [(asked_at, _FAILURES_AT) for asked_at in failed])

    def png(self) -> bytes:
        """Return the chart as a PNG, always of the same size in pixels."""
        pixels = self._draw_axes()
        for artist in self._moving:
            self.figure.draw_artist(artist)
        file = io.BytesIO()
        few = Image.fromarray(pixels).convert("RGB").quantize(palette=self._palette, dither=Image.Dither.NONE)
        few.save(file, format="PNG", compress_level=1)  # takes a third of the time of all colours
        return file.getvalue()

    def _draw_axes(self) -> NDArray[np.uint8]:
        """Return the canvas' own pixels, with only the axes on them."""
        if self._kept is None:
            self._canvas.draw()
        pixels: NDArray[np.uint8] = np.asarray(self._canvas.buffer_rgba())
        if self._kept is not None:
            pixels[:] = self._kept
            for ax in self._changed:
                self._redraw(ax, pixels)
        if self._kept is None or self._changed:
            self._kept, self._changed = pixels.copy(), []
        return pixels

    def _redraw(self, ax: Axes, pixels: NDArray[np.uint8]) -> None:
        """Draw one of the axes again, for a quarter of the cost of all."""
        height, width = pixels.shape[:2]
        left, right = ax.get_position().x0 - _LABELS, ax.get_position().x1 + _MARGIN
        pixels[: round(height * (1 - _LEGEND)), round(width * left) : round(width * right)] = 255
        ax.draw(self._canvas.get_renderer())

    def _prepare(self) -> None:
        for ax, title in zip(self.figure.axes, _TITLES, strict=True):
            style.style_axes(ax, title, "")
            ax.set(xlim=(-_MINUTE, 0), xlabel="seconds ago", ylim=(0, 10))
            ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            ax.yaxis.set_major_formatter(FuncFormatter(_count))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
        style.set_latency_axis(self.figure.axes[2])
        handles = [*self._rates.values(), *self._dots.values(), self._failed]
        look = {"ncol": 6, "frameon": False, "fontsize": 9, "markerscale": 2}
        self.figure.legend(handles=handles, loc="lower center", **look)
        for artist in self._moving:
            artist.set_animated(True)  # not drawn with the axes

    def _set_top(self, ax: Axes, value: float) -> None:
        """Set the top of an axis above a value, and redraw the axis only if its top changes."""
        if ax.get_ylim() != (0.0, top := _ceiling(value)):
            ax.set_ylim(0.0, top)
            self._changed.append(ax)


def _set(line: Line2D, now: float, points: Points) -> None:
    at, values = np.array(points, dtype=float).reshape(-1, 2).T
    line.set_data(at - now, np.maximum(values, style.SHORTEST))


def _count(value: float, _: int | None) -> str:
    """Return a count in at most four characters, the width of a tick label."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _ceiling(value: float) -> float:
    """Return the next of 10, 20, 50, 100, … above a value, so that an axis seldom changes."""
    power = 10.0 ** np.floor(np.log10(max(value, 10.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))


def _palette() -> Image.Image:
    """Return the colours of a frame: white, the grid, and shades of each of our colours."""
    ours = [*style.COLOURS.values(), style.ACCEPTED, style.FAILED, style.TEXT]
    full = np.array([ImageColor.getrgb(colour) for colour in ours])
    shares = np.arange(_SHADES)[:, None, None] / _SHADES
    shades = (full * (1 - shares) + 255 * shares).round().reshape(-1, 3)
    palette = Image.new("P", (1, 1))
    plain = [ImageColor.getrgb("white"), ImageColor.getrgb(style.GRID)]
    palette.putpalette(np.concatenate([plain, shades]).astype(np.uint8).tobytes())
    return palette
