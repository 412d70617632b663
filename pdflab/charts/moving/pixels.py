"""Draws a figure many times a second: what stays is drawn once, texts are cached, few colours encode fast.

Read next: pdflab/charts/moving/live.py.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image, ImageColor

from pdflab.charts import style

_SHADES = 12  # of each colour, down to white, for smooth edges
_CACHED_TEXTS = 4_000  # of some kilobytes


@dataclass(slots=True)
class FastText:
    """A text that changes often, at a place in pixels from the lower left; `size` is in pixels.

    `align` is the share of its width that lies left of x: 0, 0.5 or 1. Its middle is at y. A matplotlib Text
    would take a millisecond to draw.
    """

    x: float
    y: float
    size: float
    colour: str = style.TEXT
    bold: bool = False
    align: float = 0.0
    text: str = ""

    @property
    def width(self) -> int:
        """How many pixels it is wide."""
        return len(_ink(self.text, round(self.size), self.bold, self.align).T)

    def draw(self, pixels: NDArray[np.uint8], scale: float) -> None:
        """Draw it on RGBA pixels."""
        if not self.text:
            return
        ink = _ink(self.text, round(self.size * scale), self.bold, self.align)
        top = round(len(pixels) - self.y * scale - len(ink) / 2)
        left = round(self.x * scale - ink.shape[1] * self.align)
        ink = ink[max(0, -top) :, max(0, -left) :]  # what lies beyond the edge is cut
        under = pixels[max(0, top) :, max(0, left) :, :3][: len(ink), : ink.shape[1]]
        share = ink[: len(under), : under.shape[1], None] / 255
        under[:] = under * (1 - share) + np.array(ImageColor.getrgb(self.colour)) * share


class Pixels:
    """The pixels of a figure whose `moving` artists and `labels` change.

    Colours are those of style, in shades down to white; others turn into the nearest.
    """

    def __init__(self, figure: Figure, moving: Sequence[Artist], labels: Sequence[FastText] = ()) -> None:
        self._figure, self._moving, self._labels = figure, moving, labels
        self._canvas: Any = figure.canvas  # matplotlib has no types for it
        self._kept: NDArray[np.uint8] | None = None
        self._still: Sequence[FastText] = ()
        for artist in moving:
            artist.set_animated(True)  # not drawn with the rest

    def forget(self, still: Sequence[FastText]) -> None:
        """Draw everything again the next time, with labels that change no more often than this."""
        self._kept, self._still = None, still

    def image(self) -> Image.Image:
        """Return the figure as it is now, in few colours."""
        if self._kept is None:
            self._canvas.draw()
            self._kept = np.asarray(self._canvas.buffer_rgba()).copy()
            for label in self._still:
                label.draw(self._kept, self._figure.dpi / 100)
        pixels: NDArray[np.uint8] = np.asarray(self._canvas.buffer_rgba())
        pixels[:] = self._kept
        for artist in filter(_shows, self._moving):
            self._figure.draw_artist(artist)
        for label in self._labels:
            label.draw(pixels, self._figure.dpi / 100)
        return image_of(pixels)

    def png(self) -> bytes:
        """Return the figure as a PNG; white is transparent, for a page of any colour."""
        file = io.BytesIO()
        self.image().save(file, format="PNG", compress_level=1, transparency=0)
        return file.getvalue()


def _shows(artist: Artist) -> bool:
    """Return whether there is anything to draw: an empty line would take as long as ten dots."""
    return artist.get_visible() and not (isinstance(artist, Line2D) and np.size(artist.get_xdata()) == 0)


def image_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return RGBA pixels as an image in the colours of style, and their shades."""
    return Image.fromarray(pixels).convert("RGB").quantize(palette=_palette(), dither=Image.Dither.NONE)


@lru_cache(_CACHED_TEXTS)
def _ink(text: str, size: int, bold: bool, align: float) -> NDArray[np.uint8]:
    """Return how dark each pixel of a text is."""
    font: Any = get_font(findfont(FontProperties(weight="bold" if bold else "normal")))
    font.set_size(size, 72)
    lines = []
    for line in text.split("\n"):
        font.set_text(line, 0.0)
        font.draw_glyphs_to_bitmap(antialiased=True)
        ink, below = np.asarray(font.get_image()), round(font.get_descent() / 64)
        row = np.zeros((round(1.25 * size), ink.shape[1]), np.uint8)
        end = len(row) - round(0.25 * size) + below
        ink = ink[max(0, len(ink) - end) :]
        row[end - len(ink) : end] = ink[: len(row)]
        lines.append(row)
    width = max(row.shape[1] for row in lines)
    spare = [width - row.shape[1] for row in lines]
    sides = [(0, more) if align == 0 else (more // 2, more - more // 2) for more in spare]
    return np.vstack([np.pad(row, ((0, 0), side)) for row, side in zip(lines, sides, strict=True)])


@lru_cache(1)
def _palette() -> Image.Image:
    """Return white, and each colour of style in shades down to white."""
    ours = dict.fromkeys([*style.COLOURS.values(), *style.SHADED])
    full = np.array([ImageColor.getrgb(colour) for colour in ours])
    shares = np.arange(_SHADES)[:, None, None] / _SHADES
    shades = (full * (1 - shares) + 255 * shares).round().reshape(-1, 3)
    plain = [ImageColor.getrgb("white"), ImageColor.getrgb(style.GRID)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([plain, shades]).astype(np.uint8).tobytes())
    return palette
