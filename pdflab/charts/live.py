"""The live picture: the last minute of both endpoints, painted again and again without costing the
endpoints a core.

What stays (axes, ticks, names) is painted once and kept; a frame adds only the lines. No text moves, as it
costs more than all the lines; the numbers stand above the picture, in words of the page.

Read next: pdflab/notebook/poller.py.
"""

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray
from PIL import Image

from pdflab.analysis.rolling_window import ANSWERED, DELIVERED, ENDPOINTS, Points, RollingWindow
from pdflab.analysis.rolling_window import FAILED as REFUSED
from pdflab.charts.style import (
    ACCEPTED,
    COLOURS,
    FAILED,
    GRID,
    SHORTEST,
    TEXT,
    add_line,
    latency_axis,
    make_figure,
    style_axes,
)
from pdflab.jobs import Endpoint

_FAILURES_AT = 50.0  # seconds, on the axis of waiting: they are marked above everybody who was served
_LABELS, _MARGIN, _LEGEND = 0.034, 0.008, 0.1  # of the picture: beside some axes, and below all
_SHADES = 12  # of each colour, from itself to white: what smooth edges need
_TITLES = ("Jobs in the line", "PDFs in each second", "How long each client waited")


class LiveChart:
    """A picture of the last `window` seconds: the line, PDFs a second, how long each client waited.

    The artists are made once, only their data change; `scale` makes all of it larger. One thread paints.
    """

    def __init__(
        self, *, width: int = 1000, height: int = 310, window: float = 60.0, scale: float = 1.0
    ) -> None:
        self.figure, self._window = make_figure(width, height), window
        self.figure.set_dpi(self.figure.dpi * scale)
        self.figure.subplots_adjust(left=0.035, right=0.985, top=0.91, bottom=0.25, wspace=0.25)
        self._canvas: Any = self.figure.canvas  # matplotlib has no types for it
        self._kept: NDArray[np.uint8] | None = None  # the pixels of what stays
        self._changed: list[Axes] = []  # whose pixels are no longer right
        self._palette = _palette()
        self._depth_ax, self._rate_ax, self._wait_ax = self.figure.subplots(1, 3, width_ratios=(1, 1, 1.3))
        self._depth = add_line(self._depth_ax, COLOURS[Endpoint.QUEUED], "queued")
        self._rates = {
            endpoint: add_line(self._rate_ax, colour, endpoint) for endpoint, colour in COLOURS.items()
        }
        self._dots = {
            (Endpoint.QUEUED, ANSWERED): _dots(self._wait_ax, ACCEPTED, "queued, answered"),
            (Endpoint.QUEUED, DELIVERED): _dots(self._wait_ax, COLOURS[Endpoint.QUEUED], "queued, PDF"),
            (Endpoint.SYNCHRONOUS, DELIVERED): _dots(
                self._wait_ax, COLOURS[Endpoint.SYNCHRONOUS], "synchronous, PDF"
            ),
        }
        self._failed = add_line(self._wait_ax, FAILED, "failed", "none", "x")
        self._moving = [self._depth, *self._rates.values(), *self._dots.values(), self._failed]
        self._prepare()

    def update(self, now: float, minute: RollingWindow) -> None:
        """Show a minute as of `now`, in seconds since the epoch."""
        depth = minute.depth()
        if not depth or depth[0][0] > now - self._window:
            depth.insert(0, (now - self._window, 0.0))
        depth.append((now, depth[-1][1]))
        _set(self._depth, now, depth)
        self._reach(self._depth_ax, max(waiting for _, waiting in depth))
        rates = {endpoint: minute.rates(endpoint, now) for endpoint in ENDPOINTS}
        for endpoint, line in self._rates.items():
            _set(line, now, [*rates[endpoint], (rates[endpoint][-1][0] + 1, rates[endpoint][-1][1])])
        self._reach(self._rate_ax, max(rate for made in rates.values() for _, rate in made))
        for (endpoint, what), dots in self._dots.items():
            _set(dots, now, minute.waits(endpoint, what))
        failed = [asked_at for endpoint in ENDPOINTS for asked_at, _ in minute.waits(endpoint, REFUSED)]
        _set(self._failed, now, [(asked_at, _FAILURES_AT) for asked_at in failed])

    def png(self) -> bytes:
        """Paint the picture, always of the same size in pixels."""
        pixels = self._paint_what_stays()
        for artist in self._moving:
            self.figure.draw_artist(artist)
        file = io.BytesIO()
        few = Image.fromarray(pixels).convert("RGB").quantize(palette=self._palette, dither=Image.Dither.NONE)
        few.save(file, format="PNG", compress_level=1)  # a third of the time that all colours would take
        return file.getvalue()

    def _paint_what_stays(self) -> NDArray[np.uint8]:
        """Return the canvas' own pixels, with nothing but what stays on them."""
        if self._kept is None:
            self._canvas.draw()
        pixels: NDArray[np.uint8] = np.asarray(self._canvas.buffer_rgba())
        if self._kept is not None:
            pixels[:] = self._kept
            for ax in self._changed:
                self._paint_anew(ax, pixels)
        if self._kept is None or self._changed:
            self._kept, self._changed = pixels.copy(), []
        return pixels

    def _paint_anew(self, ax: Axes, pixels: NDArray[np.uint8]) -> None:
        """Wipe what belongs to some axes, and draw them: a quarter of what the whole picture costs."""
        height, width = pixels.shape[:2]
        left, right = ax.get_position().x0 - _LABELS, ax.get_position().x1 + _MARGIN
        pixels[: round(height * (1 - _LEGEND)), round(width * left) : round(width * right)] = 255
        ax.draw(self._canvas.get_renderer())

    def _prepare(self) -> None:
        for ax, title in zip(self.figure.axes, _TITLES, strict=True):
            style_axes(ax, title, "")
            ax.set(xlim=(-self._window, 0), xlabel="seconds ago", ylim=(0, 10))
            ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
            ax.yaxis.set_major_formatter(FuncFormatter(_count))
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
        self._wait_ax.set_ylim(latency_axis(self._wait_ax, "y"))
        handles = [*self._rates.values(), *self._dots.values(), self._failed]
        self.figure.legend(
            handles=handles, loc="lower center", ncol=6, frameon=False, fontsize=9, markerscale=2
        )
        for artist in self._moving:
            artist.set_animated(True)  # left out of what is kept

    def _reach(self, ax: Axes, value: float) -> None:
        """Let an axis end above a value; it is painted anew only when it has to grow or shrink."""
        if ax.get_ylim() != (0.0, top := _ceiling(value)):
            ax.set_ylim(0.0, top)
            self._changed.append(ax)


def _dots(ax: Axes, colour: str, label: str) -> Line2D:
    return add_line(ax, colour, label, "none", ".")


def _set(line: Line2D, now: float, points: Points) -> None:
    at, values = np.array(points, dtype=float).reshape(-1, 2).T
    line.set_data(at - now, np.maximum(values, SHORTEST))


def _count(value: float, _: int | None) -> str:
    """Write a count in four characters: a tick has no room for more."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _ceiling(value: float) -> float:
    """The next of 10, 20, 50, 100, … above a value: an axis that grows in steps does not tremble."""
    power = 10.0 ** np.floor(np.log10(max(value, 10.0)))
    return float(next(step * power for step in (1, 2, 5, 10) if value <= step * power))


def _palette() -> Image.Image:
    """The colours that a frame can have: white, the grid, and each of ours in its shades towards white."""
    ours = [*COLOURS.values(), ACCEPTED, FAILED, TEXT]
    full = np.array([_rgb(colour) for colour in ours])
    shares = np.arange(_SHADES)[:, None, None] / _SHADES
    shades = (full * (1 - shares) + 255 * shares).round().reshape(-1, 3)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([[_rgb("#FFFFFF"), _rgb(GRID)], shades]).astype(np.uint8).tobytes())
    return palette


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
