"""An animation of runs: the live picture and its charts, as a GIF that any page shows.

Read next: pdflab/notebook/room.py.
"""

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.replay import scenes
from pdflab.analysis.run import Run
from pdflab.charts.moving.live import LiveChart
from pdflab.charts.moving.picture import WIDTH, JobPicture
from pdflab.charts.moving.pixels import FastText, image_of

_FRAMES_PER_SECOND = 10
_LAST = 3_000  # milliseconds that the last frame stays
_TITLE = 30  # pixels, the height of the title


def animation(runs: Sequence[Run], title: str, *, speed: float = 1.0, charts: bool = True) -> bytes:
    """Return the runs of one or both endpoints as a GIF, side by side in time; the same runs, the same bytes.

    At a speed of 2, a second of the animation shows two seconds of the runs.
    """
    frames = list(_frames(runs, title, speed, LiveChart() if charts else None))
    pause = 1000 // _FRAMES_PER_SECOND
    durations = [*[pause] * (len(frames) - 1), _LAST]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return file.getvalue()


def _frames(runs: Sequence[Run], title: str, speed: float, chart: LiveChart | None) -> Iterator[Image.Image]:
    picture, history = JobPicture(), LoadHistory()
    for now, scene in scenes(runs, history, frames_per_second=_FRAMES_PER_SECOND, speed=speed):
        picture.update(scene)
        parts = [_title(title, now, speed), picture.image()]
        if chart:
            chart.update(history)
            parts.append(chart.image())
        frame = Image.fromarray(np.vstack([np.asarray(part) for part in parts]))
        frame.putpalette(parts[0].getpalette() or [])
        yield frame


def _title(title: str, now: float, speed: float) -> Image.Image:
    pixels = np.full((_TITLE, WIDTH, 4), 255, np.uint8)
    FastText(8, _TITLE / 2, 15, text=title, bold=True).draw(pixels, 1.0)
    shown = f"{now:.1f} s" + (f", at {speed:g} × speed" if speed != 1 else "")
    FastText(WIDTH - 8, _TITLE / 2, 13, text=shown, align=1.0).draw(pixels, 1.0)
    return image_of(pixels)
