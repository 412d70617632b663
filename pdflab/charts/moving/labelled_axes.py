"""Axes whose texts are labels: with texts of matplotlib, a change of their limits would cost five times more.

Read next: pdflab/analysis/load_history.py.
"""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from pdflab.charts import style
from pdflab.charts.moving.pixels import FastText

Limits = tuple[float, float]
Ticks = Sequence[tuple[float, str]]

_SAMPLE, _GAP = 15, 10  # pixels: the width of a sample in the key, and the gap between two entries


class LabelledAxes:
    """Axes in a `box` of the figure: its left, bottom, width and height in pixels. `labels` has all texts."""

    def __init__(self, figure: Figure, title: str, box: tuple[float, float, float, float]) -> None:
        self._figure, self._box, (across, down) = figure, box, figure.get_size_inches() * 100
        left, bottom, width, height = box
        self.ax = figure.add_axes((left / across, bottom / down, width / across, height / down))
        style.style_bar_axes(self.ax, "", "", grid="both")
        self.ax.tick_params(labelleft=False, labelbottom=False)
        self._lasting = self.labels = [FastText(left, bottom + height + 28, 13, bold=True, text=title)]

    def add_key(self, entries: Sequence[tuple[str, Sequence[Line2D | Patch]]]) -> None:
        """Name lines, dots or areas in a row above the axes; an entry may stand for several."""
        x, y = self._box[0], self._box[1] + self._box[3] + 10
        for text, artists in entries:
            for number, artist in enumerate(artists):
                middle = x + _SAMPLE * (number + 1) / (len(artists) + 1)
                self._figure.add_artist(self._sample(artist, x, middle, y))
            label = FastText(x + _SAMPLE + 4, y, 11, text=text)
            self._lasting.append(label)
            x = label.x + label.width + _GAP

    def set_limits(self, x: Limits, y: Limits, x_ticks: Ticks, y_ticks: Ticks, caption: str) -> None:
        """Set the ends and the ticks of both axes, and the caption below."""
        left, bottom, width, _ = self._box
        self.ax.set(xlim=x, ylim=y)
        self.ax.set(xticks=[at for at, _ in x_ticks], yticks=[at for at, _ in y_ticks])
        self.labels = [*self._lasting, FastText(left + width / 2, bottom - 29, 12, align=0.5, text=caption)]
        for at, text in x_ticks:
            self.labels.append(FastText(self._place(at, y[0])[0], bottom - 12, 12, align=0.5, text=text))
        for at, text in y_ticks:
            self.labels.append(FastText(left - 9, self._place(x[0], at)[1], 12, align=1.0, text=text))

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """Return the place of a value in the figure, in pixels."""
        across, up = self.ax.transData.transform((x, y)) * 100 / self._figure.dpi
        return float(across), float(up)

    def _sample(self, artist: Line2D | Patch, x: float, middle: float, y: float) -> Line2D | Patch:
        """Return a small area, a short line or a dot that looks like an artist."""
        inches = self._figure.dpi_scale_trans
        if isinstance(artist, Patch):
            area = Rectangle((x / 100, (y - 4) / 100), _SAMPLE / 100, 0.08, transform=inches)
            area.set_facecolor(artist.get_facecolor())
            return area
        ends = [middle] if artist.get_linestyle() == "None" else [x, x + _SAMPLE]
        sample = Line2D([], [])
        sample.update_from(artist)  # its clipping, too
        sample.set(clip_box=None, clip_path=None)
        sample.set(data=([end / 100 for end in ends], [y / 100] * len(ends)), transform=inches)
        return sample
