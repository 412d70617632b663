"""The charts of a report: bars or a line, drawn as vector shapes of the PDF, without a plotting library.

No label is cut or omitted: labels that do not fit side by side are drawn upright.
Read next: pdflab/documents/samples/requests.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pdflab.documents.requests.report import Chart
from pdflab.documents.typesetting.page import ACCENT, FAINT, INK, MARGIN, SMALL, STRONG, Sheet, Style

PLOT_HEIGHT = 150.0
MAX_LINES = 4  # of a horizontal label
MAX_DOTS = 24  # a line with more points has no dots


@dataclass(frozen=True, slots=True)
class _Plot:
    """The scales of a chart: ticks[0] is at the bottom of the plot, ticks[-1] at its top.

    `lines` are the horizontal labels, wrapped; None: the labels are upright.
    """

    left: float
    right: float
    ticks: Sequence[float]
    labels: Sequence[str]
    lines: Sequence[Sequence[str]] | None
    top: float = 0

    @property
    def step(self) -> float:
        """Return the width for one label."""
        return (self.right - self.left) / len(self.labels)

    @property
    def bottom(self) -> float:
        return self.top + PLOT_HEIGHT

    @property
    def upright(self) -> Style:
        """Return the style of upright labels, small enough for their number."""
        return Style(min(SMALL.size, self.step * 0.9), colour=SMALL.colour)

    def x(self, place: int) -> float:
        return self.left + self.step * (place + 0.5)

    def y(self, value: float) -> float:
        return self.top + PLOT_HEIGHT * (1 - (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0]))


def draw_chart(sheet: Sheet, chart: Chart) -> None:
    """Draw a chart with its title, on one page."""
    plot = _plot(sheet, chart)
    sheet.needs(_height(sheet, chart, plot))
    sheet.y += 4
    sheet.paragraph(chart.title, STRONG)
    plot = replace(plot, top=sheet.y + 11)
    _draw_scale(sheet, plot)
    if chart.kind == "bar":
        _draw_bars(sheet, plot, chart.values)
    else:
        _draw_curve(sheet, plot, chart.values)
    _draw_labels(sheet, plot, y=plot.bottom + 5)
    sheet.y = plot.bottom + 5 + _labels_height(sheet, plot) + 16


def chart_height(sheet: Sheet, chart: Chart) -> float:
    """Return the height of a chart, with its title and labels."""
    return _height(sheet, chart, _plot(sheet, chart))


def _height(sheet: Sheet, chart: Chart, plot: _Plot) -> float:
    title = len(sheet.wrap(chart.title, sheet.epw, STRONG)) * STRONG.leading
    return 4 + title + 11 + PLOT_HEIGHT + 5 + _labels_height(sheet, plot) + 16


def _plot(sheet: Sheet, chart: Chart) -> _Plot:
    ticks = _ticks(chart.values, from_zero=chart.kind == "bar")
    labels = [" ".join(label.split()) for label in chart.labels]
    left = MARGIN + 8 + max(sheet.width_of(_tick_text(tick, ticks), SMALL) for tick in ticks)
    return _Plot(
        left, sheet.right, ticks, labels, _flat(sheet, labels, (sheet.right - left) / len(labels) - 6)
    )


def _flat(sheet: Sheet, labels: Sequence[str], width: float) -> list[list[str]] | None:
    """Return the labels wrapped to fit side by side; None if a word or a label is too long."""
    if any(sheet.width_of(word, SMALL) > width for label in labels for word in label.split()):
        return None
    lines = [sheet.wrap(label, width, SMALL) for label in labels]
    return lines if max(len(parts) for parts in lines) <= MAX_LINES else None


def _draw_scale(sheet: Sheet, plot: _Plot) -> None:
    for tick in plot.ticks:
        y = plot.y(tick)
        sheet.set_fill_color(FAINT)
        sheet.rect(plot.left, y - 0.25, plot.right - plot.left, 0.5, style="F")
        sheet.put(_tick_text(tick, plot.ticks), SMALL, x=plot.left - 8, y=y - 5.5, right=True)


def _draw_bars(sheet: Sheet, plot: _Plot, values: Sequence[float]) -> None:
    base, width = plot.y(0), min(plot.step * 0.62, 44)
    sheet.set_fill_color(ACCENT)
    for place, value in enumerate(values):
        top = plot.y(value)
        sheet.rect(plot.x(place) - width / 2, min(top, base), width, abs(base - top), style="F")
    _draw_zero(sheet, plot)


def _draw_curve(sheet: Sheet, plot: _Plot, values: Sequence[float]) -> None:
    if plot.ticks[0] <= 0 <= plot.ticks[-1]:
        _draw_zero(sheet, plot)
    points = [(plot.x(place), plot.y(value)) for place, value in enumerate(values)]
    sheet.set_draw_color(ACCENT)
    sheet.set_line_width(1.6)
    if len(points) > 1:
        sheet.polyline(points)
    sheet.set_fill_color(ACCENT)
    for x, y in points if len(points) <= MAX_DOTS else ():
        sheet.circle(x, y, 2.2, style="F")


def _draw_zero(sheet: Sheet, plot: _Plot) -> None:
    sheet.set_fill_color(INK)
    sheet.rect(plot.left, plot.y(0) - 0.4, plot.right - plot.left, 0.8, style="F")


def _draw_labels(sheet: Sheet, plot: _Plot, *, y: float) -> None:
    for place, label in enumerate(plot.labels):
        if plot.lines:
            _draw_flat(sheet, plot.lines[place], x=plot.x(place), y=y)
        else:
            _draw_upright(sheet, label, plot.upright, x=plot.x(place), y=y)


def _draw_flat(sheet: Sheet, lines: Sequence[str], *, x: float, y: float) -> None:
    for level, line in enumerate(lines):
        sheet.put(line, SMALL, x=x - sheet.width_of(line, SMALL) / 2, y=y + level * SMALL.leading)


def _draw_upright(sheet: Sheet, label: str, style: Style, *, x: float, y: float) -> None:
    with sheet.rotation(90, x=x, y=y):
        sheet.put(label, style, x=x, y=y - style.size * 0.69, right=True)


def _labels_height(sheet: Sheet, plot: _Plot) -> float:
    if plot.lines:
        return max(len(parts) for parts in plot.lines) * SMALL.leading
    return max(sheet.width_of(label, plot.upright) for label in plot.labels)


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
