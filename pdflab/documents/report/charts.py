"""The charts of a report: bars or a line, drawn as vector shapes of the PDF, without a plotting library.

No label is cut or omitted: labels that do not fit side by side are drawn upright.
Read next: pdflab/documents/samples/requests.py.
"""

import math
from collections.abc import Sequence

from pdflab.documents.requests.report import Chart
from pdflab.documents.typesetting.page import Sheet
from pdflab.documents.typesetting.style import ACCENT, FAINT, INK, MARGIN, SMALL, STRONG, Style

PLOT_HEIGHT = 150.0
MAX_LINES = 4  # of a horizontal label
MAX_DOTS = 24  # a line with more points has no dots


class ChartBlock:
    """A chart with its title and labels, measured before it is drawn on one page."""

    def __init__(self, sheet: Sheet, chart: Chart) -> None:
        self.sheet, self.chart = sheet, chart
        self.ticks = _ticks(chart.values, from_zero=chart.kind == "bar")  # from bottom to top
        self.labels = [" ".join(label.split()) for label in chart.labels]
        widest = max(sheet.width_of(_tick_text(tick, self.ticks), SMALL) for tick in self.ticks)
        self.left, self.top = MARGIN + 8 + widest, 0.0
        self.step = (sheet.right - self.left) / len(self.labels)
        self.lines = self._flat(self.step - 6)
        self.upright = Style(min(SMALL.size, self.step * 0.9), colour=SMALL.colour)

    @property
    def height(self) -> float:
        """Return the height in points."""
        title = len(self.sheet.wrap(self.chart.title, self.sheet.epw, STRONG)) * STRONG.leading
        return 4 + title + 11 + PLOT_HEIGHT + 5 + self._labels_height + 16

    @property
    def _labels_height(self) -> float:
        if self.lines:
            return max(map(len, self.lines)) * SMALL.leading
        return max(self.sheet.width_of(label, self.upright) for label in self.labels)

    def draw(self) -> None:
        """Draw the chart, and move the cursor below it."""
        sheet, values = self.sheet, self.chart.values
        sheet.needs(self.height)
        sheet.y += 4
        sheet.paragraph(self.chart.title, STRONG)
        self.top = sheet.y + 11
        self._draw_scale()
        points = [
            (self.left + self.step * (place + 0.5), self._y(value)) for place, value in enumerate(values)
        ]
        if self.chart.kind == "bar":
            self._draw_bars(points)
        else:
            self._draw_curve(points)
        bottom = self.top + PLOT_HEIGHT + 5
        for place, (x, _) in enumerate(points):
            self._draw_label(place, x, bottom)
        sheet.y = bottom + self._labels_height + 16

    def _y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return self.top + PLOT_HEIGHT * (1 - (value - low) / (high - low))

    def _flat(self, width: float) -> list[list[str]] | None:
        """Return the labels wrapped to fit side by side; None if a word or a label is too long."""
        sheet = self.sheet
        if any(sheet.width_of(word, SMALL) > width for label in self.labels for word in label.split()):
            return None
        lines = [sheet.wrap(label, width, SMALL) for label in self.labels]
        return lines if max(map(len, lines)) <= MAX_LINES else None

    def _draw_scale(self) -> None:
        sheet = self.sheet
        for tick in self.ticks:
            y = self._y(tick)
            sheet.set_fill_color(FAINT)
            sheet.rect(self.left, y - 0.25, sheet.right - self.left, 0.5, style="F")
            sheet.put(_tick_text(tick, self.ticks), SMALL, x=self.left - 8, y=y - 5.5, right=True)

    def _draw_bars(self, points: Sequence[tuple[float, float]]) -> None:
        base, width = self._y(0), min(self.step * 0.62, 44)
        self.sheet.set_fill_color(ACCENT)
        for x, y in points:
            self.sheet.rect(x - width / 2, min(y, base), width, abs(base - y), style="F")
        self._draw_zero()

    def _draw_curve(self, points: Sequence[tuple[float, float]]) -> None:
        sheet = self.sheet
        if self.ticks[0] <= 0 <= self.ticks[-1]:
            self._draw_zero()
        sheet.set_draw_color(ACCENT)
        sheet.set_line_width(1.6)
        if len(points) > 1:
            sheet.polyline(points)
        sheet.set_fill_color(ACCENT)
        for x, y in points if len(points) <= MAX_DOTS else ():
            sheet.circle(x, y, 2.2, style="F")

    def _draw_zero(self) -> None:
        self.sheet.set_fill_color(INK)
        self.sheet.rect(self.left, self._y(0) - 0.4, self.sheet.right - self.left, 0.8, style="F")

    def _draw_label(self, place: int, x: float, y: float) -> None:
        sheet, style = self.sheet, self.upright
        if not self.lines:
            with sheet.rotation(90, x=x, y=y):
                sheet.put(self.labels[place], style, x=x, y=y - style.size * 0.69, right=True)
            return
        for level, line in enumerate(self.lines[place]):
            sheet.put(line, SMALL, x=x - sheet.width_of(line, SMALL) / 2, y=y + level * SMALL.leading)


def _ticks(values: Sequence[float], *, from_zero: bool) -> list[float]:
    """Return four to seven round numbers that span the values, in steps of 1, 2 or 5 × a power of ten."""
    low, high = min(values), max(values)
    flat = high - low < 1e-6 * max(abs(low), abs(high))
    if from_zero or flat or 0 <= low < high / 2:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-9:  # all values are about zero
        high = low + 1
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [step * count for count in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _tick_text(tick: float, ticks: Sequence[float]) -> str:
    """Return a tick as text; the largest one decides between thousands, millions and billions."""
    step = ticks[1] - ticks[0]
    for size, suffix in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if max(abs(ticks[0]), abs(ticks[-1])) >= size and step >= size / 1000:
            unit = 1e3 if suffix == "k" else size
            return f"{tick / unit:,.6g}{suffix}" if tick else "0"
    return f"{tick:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"
