"""The live picture: a row for each endpoint, in which a dot is a client or a job, and moves.

Above a few hundred, the dots become a bar. A running lab, a saved run and a simulation give the same picture.

Read next: pdflab/charts/moving/pixels.py.
"""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from pdflab.analysis.scene import ENDPOINTS, EndpointScene, Moves, Renderer, RendererState, Scene
from pdflab.charts import style
from pdflab.charts.moving.pixels import FastText, Pixels
from pdflab.jobs import Endpoint

WIDTH, HEIGHT = 1000, 250  # pixels

_ROW = 125  # pixels, the height of an endpoint's row
_MIDDLE = 60  # of the boxes and arrows, above the bottom of a row
_CLIENTS, _ENDPOINT, _QUEUE, _RENDERERS, _PDFS = 132, 390, 500, 736, 932  # the left end of each part
_BOX_WIDTH = 90  # of an endpoint
_SEAT = (88, 19)  # width and height of a renderer
_SEATS = 8
_MAX_NAME = 6  # letters: of a worker elsewhere, the end
_CROWD = (230, 60)  # width and height of an area of dots
_PITCHES = (10, 6)  # between two dots: the first that has room for all
_MAX_MOVING = 5  # dots on an arrow
_ARROWS = (_CLIENTS + 236, _ENDPOINT + _BOX_WIDTH + 2, _QUEUE + 210, _PDFS - 20)
_NO_QUEUE = "no queue: all who are not\nserved yet wait at the left"
_NAMES = {Endpoint.SYNCHRONOUS: "Synchronous\nendpoint", Endpoint.QUEUED: "Queued\nendpoint"}
_DOES = {Endpoint.SYNCHRONOUS: "renders,\nthen answers", Endpoint.QUEUED: "answers 202\nat once"}


class JobPicture:
    """Both endpoints at one instant, as one picture. `scale` enlarges everything. Not thread-safe."""

    def __init__(self, *, scale: float = 1.0) -> None:
        figure = style.make_figure(WIDTH, HEIGHT, round(100 * scale))
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        ax.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
        ax.set_axis_off()
        self._rows = {one: _Row(ax, one, place * _ROW) for place, one in enumerate(reversed(ENDPOINTS))}
        rows = self._rows.values()
        moving = [artist for row in rows for artist in row.moving]
        labels = [label for row in rows for label in row.labels]
        self._pixels = Pixels(figure, moving, [label for label in labels if not label.text])
        self._pixels.forget([label for label in labels if label.text])  # these stay as they are

    def update(self, scene: Scene) -> None:
        """Show a scene."""
        for endpoint, row in self._rows.items():
            row.update(scene[endpoint])

    def png(self) -> bytes:
        """Return the picture as a PNG on a transparent ground, always of the same size in pixels."""
        return self._pixels.png()

    def image(self) -> Image.Image:
        """Return the picture for an animation."""
        return self._pixels.image()


class _Row:
    """The artists of one endpoint; its dots are all dots of one colour."""

    def __init__(self, ax: Axes, endpoint: Endpoint, bottom: int) -> None:
        self._queued, self._middle = endpoint == Endpoint.QUEUED, bottom + _MIDDLE
        self.moving, self.labels = list[Line2D | Rectangle](), list[FastText]()
        colour, top = style.COLOURS[endpoint], bottom + _ROW - 24
        self._label(8, top, 15, _NAMES[endpoint], colour=colour, bold=True)
        self._to_come = self._label(8, self._middle - 10, 12)
        self._clients = _Crowd(ax, self, _CLIENTS, bottom, style.WAITING)
        self._draw_endpoint(ax, endpoint)
        self._outcomes = self._label(_ENDPOINT + _BOX_WIDTH / 2, bottom + 16, 12, align=0.5)
        if self._queued:
            self._queue = _Crowd(ax, self, _QUEUE, bottom, style.QUEUED, mirrored=True)
        else:
            self._label(_QUEUE + 12, self._middle, 12, _NO_QUEUE, colour=style.ASKED)
        self._label(_RENDERERS, top + 6, 12, "workers" if self._queued else "servers")
        self._seats = [_Seat(ax, self, number, bottom) for number in range(_SEATS)]
        self._more = self._label(_RENDERERS, bottom + 8, 11)
        self._stored = self._label(_PDFS, top + 4, 22, bold=True)
        self._label(_PDFS, top - 18, 12, "stored" if self._queued else "rendered")
        self._failed = self._label(_PDFS, top - 34, 12)
        self._lost = self._label(_PDFS, bottom + 16, 15, colour=style.FAILED, bold=True)
        self._on_the_way = self.add(ax.add_line(_dots(style.RENDERING, 7)))
        self._entering = self.add(ax.add_line(_dots(style.QUEUED, 7)))

    def update(self, scene: EndpointScene) -> None:
        """Show the state of this endpoint."""
        self._to_come.text = f"{scene.to_come:,} still\nto be sent" if scene.to_come else ""
        clients = "waiting client" if scene.clients == 1 else "waiting clients"
        self._clients.show(scene.clients, f"{clients}, the longest", scene.longest)
        self._outcomes.text = _outcomes(scene)
        if self._queued:
            again = f" ({scene.retrying:,} retried)" if scene.retrying else ""
            self._queue.show(scene.queued, f"queued{again}, the oldest", scene.oldest, marked=scene.retrying)
        for number, seat in enumerate(self._seats):
            seat.show(scene.renderers[number] if number < len(scene.renderers) else None)
        more = len(scene.renderers) - _SEATS
        self._more.text = f"and {more:,} more" if more > 0 else ""
        self._stored.text = f"{scene.stored:,}"
        self._failed.text = f"{scene.failed:,} failed" if scene.failed else ""
        self._lost.text = f"{scene.lost:,} lost" if scene.lost else ""
        self._show_moves(scene.moves)

    def add(self, artist: Any) -> Any:
        """Note an artist that changes."""
        self.moving.append(artist)
        return artist

    def _label(self, x: float, y: float, size: float, text: str = "", **look: Any) -> FastText:
        label = FastText(x, y, size, text=text, **look)
        self.labels.append(label)
        return label

    def _draw_endpoint(self, ax: Axes, endpoint: Endpoint) -> None:
        ax.add_patch(_box(_ENDPOINT, self._middle - 22, _BOX_WIDTH, 44, style.COLOURS[endpoint]))
        self._label(_ENDPOINT + _BOX_WIDTH / 2, self._middle, 12, _DOES[endpoint], align=0.5)
        look = {"arrowstyle": "->", "color": style.ASKED, "lw": 1}
        for x in _ARROWS if self._queued else (_ARROWS[0], *_ARROWS[2:]):
            ax.annotate("", (x + 18, self._middle), (x, self._middle), arrowprops=look)

    def _show_moves(self, moves: Moves) -> None:
        """Show the jobs that moved since the last picture, on the arrows."""
        on_the_way = [(_ARROWS[2], moves.claimed), (_ARROWS[3], moves.completed)]
        entering = [(_ARROWS[1], moves.accepted)] if self._queued else []
        for artist, flows in ((self._on_the_way, on_the_way), (self._entering, entering)):
            counts = [(x + 8, min(count, _MAX_MOVING)) for x, count in flows]
            points = [(x, self._middle + 9 * (i - (n - 1) / 2)) for x, n in counts for i in range(n)]
            artist.set_data(*np.array(points, dtype=float).reshape(-1, 2).T)


class _Crowd:
    """A number and a dot for each; above a few hundred, a bar."""

    def __init__(
        self, ax: Axes, row: _Row, x: float, bottom: float, colour: str, *, mirrored: bool = False
    ) -> None:
        self._x, self._top, self._mirrored = x, bottom + 70, mirrored
        self._number = row._label(x, bottom + _ROW - 20, 22, bold=True)
        self._words = row._label(x, bottom + _ROW - 42, 12)
        self._dots = row.add(ax.add_line(_dots(colour, 6)))
        self._marked = row.add(ax.add_line(_dots("white", 5, edge=style.FAILED)))
        self._bar = row.add(ax.add_patch(Rectangle((x, bottom + 34), 0, 26, color=colour)))

    def show(self, count: int, words: str, longest: float, *, marked: int = 0) -> None:
        """Show how many there are, and how long the longest has waited; mark the last ones."""
        self._number.text = f"{count:,}"
        self._words.text = f"{words} {style.duration(longest)}" if count else words.split(",")[0]
        places = self._places(count)
        first = max(0, len(places) - marked)
        self._dots.set_data(*places[:first].T)
        self._marked.set_data(*places[first:].T)
        self._bar.set_visible(count > len(places))
        self._bar.set_width((_CROWD[0] - 26) * count / _bar_end(count))

    def _places(self, count: int) -> NDArray[np.float64]:
        """Return the place of each dot; none if there are too many."""
        for pitch in _PITCHES:
            across, down = _CROWD[0] // pitch, _CROWD[1] // pitch
            if count <= across * down:
                self._dots.set_markersize(0.58 * pitch)
                i = np.arange(count)
                along = (i // down + 0.5) * pitch
                x = self._x + (_CROWD[0] - 26 - along if self._mirrored else along)
                return np.column_stack([x, self._top - (i % down + 0.5) * pitch])
        return np.empty((0, 2))


class _Seat:
    """A renderer: its name, what it does, and the dot of the job that it holds."""

    def __init__(self, ax: Axes, row: _Row, number: int, bottom: int) -> None:
        x = _RENDERERS + (_SEAT[0] + 6) * (number % 2)
        y = bottom + 78 - (_SEAT[1] + 4) * (number // 2)
        self._box = row.add(ax.add_patch(_box(x, y, *_SEAT, style.ASKED)))
        self._dot = row.add(ax.add_line(_dots(style.RENDERING, 7)))
        self._dot.set_data([x + 9], [y + _SEAT[1] / 2])
        self._label = row._label(x + 17, y + _SEAT[1] / 2, 11)

    def show(self, renderer: Renderer | None) -> None:
        """Show a renderer, or nobody."""
        self._box.set_visible(renderer is not None)
        self._dot.set_visible(renderer is not None and renderer.job_id is not None)
        self._label.text = _doing(renderer) if renderer else ""
        if renderer is None:
            return
        dead, frozen = renderer.state is RendererState.KILLED, renderer.state is RendererState.FROZEN
        self._label.colour = "white" if dead else style.TEXT
        fill = style.FAILED if dead else style.GRID if frozen else "white"
        edge = style.RENDERING if renderer.state is RendererState.RENDERING else style.FAILED
        self._box.set(facecolor=fill, edgecolor=style.ASKED if renderer.job_id is None else edge)
        self._box.set_linestyle("--" if frozen else "-")


def _doing(renderer: Renderer) -> str:
    name = renderer.name.removeprefix("sync-api-").removeprefix("worker-")[-_MAX_NAME:]
    if renderer.state is not RendererState.RENDERING:
        return f"{name}  {renderer.state}"
    return f"{name}  {renderer.jobs} at once" if renderer.jobs > 1 else f"{name}  {renderer.seconds:.1f} s"


def _outcomes(scene: EndpointScene) -> str:
    counts = ((scene.refused, "refused"), (scene.gave_up, "gave up"), (scene.errors, "errors"))
    return "\n".join(f"{count:,} {words}" for count, words in counts if count)


def _bar_end(count: int) -> int:
    """Return the count of a full bar: the next of 1,000, 2,000, 5,000, 10,000 …"""
    power: int = max(1_000, 10 ** (len(str(count)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= count)


def _dots(colour: str, size: float, *, edge: str = "none") -> Line2D:
    return Line2D([], [], ls="none", marker="o", ms=size * 0.72, mfc=colour, mec=edge, mew=1)


def _box(x: float, y: float, width: float, height: float, edge: str) -> Rectangle:
    return Rectangle((x, y), width, height, facecolor="white", edgecolor=edge, lw=1.2)
