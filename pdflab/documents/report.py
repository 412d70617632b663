"""The report: a title, key figures, and sections with text, tables and charts.

Charts are lines and rectangles of the PDF itself: sharp at any size, and no plotting library to load.
Read next: samples.py.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pdflab.documents.page import (
    ACCENT,
    BODY,
    FAINT,
    GUTTER,
    HEADING,
    INK,
    LABEL,
    MARGIN,
    MUTED,
    READING,
    SMALL,
    STRONG,
    Column,
    Sheet,
    Style,
    draw_table,
    share_width,
    shorten,
    width_of,
    wrap,
)
from pdflab.documents.requests import Chart, Figure, ReportRequest, Section, Table

SUBTITLE = Style(12, colour=MUTED)
FIGURE = Style(18, bold=True, colour=ACCENT)
FIGURES_A_ROW = 4
CHART_HEIGHT = 150.0
AXIS_WIDTH = 44.0


def draw_report(request: ReportRequest, *, created_at: float) -> bytes:
    """Draw a report and give the bytes of its PDF."""
    sheet = Sheet(request.title, created_at=created_at, author=request.author or "")
    day = datetime.fromtimestamp(created_at, UTC).date().isoformat()
    sheet.headline(request.title)
    if request.subtitle:
        sheet.paragraph(request.subtitle, SUBTITLE)
    sheet.y += 8
    sheet.paragraph(" · ".join(part for part in (request.author, day) if part), SMALL)
    sheet.y += 16
    for start in range(0, len(request.figures), FIGURES_A_ROW):
        _draw_figures(sheet, request.figures[start : start + FIGURES_A_ROW])
    for section in request.sections:
        _draw_section(sheet, section)
    return sheet.finish(request.title)


def _draw_figures(sheet: Sheet, figures: Sequence[Figure]) -> None:
    step = (sheet.epw + GUTTER) / FIGURES_A_ROW
    labels = [wrap(figure.label, step - GUTTER, SMALL) for figure in figures]
    height = 34 + max(len(lines) for lines in labels) * SMALL.leading
    sheet.needs(height)
    for place, (figure, lines) in enumerate(zip(figures, labels, strict=True)):
        x = MARGIN + place * step
        sheet.bar(step - GUTTER, 1, FAINT, x=x)
        sheet.put(figure.value, _fitted(figure.value, step - GUTTER), x=x, y=sheet.y + 8)
        for level, line in enumerate(lines):
            sheet.put(line, SMALL, x=x, y=sheet.y + 34 + level * SMALL.leading)
    sheet.y += height + 16


def _fitted(value: str, width: float) -> Style:
    """Choose a size at which a key figure fits: it is never cut."""
    return Style(min(FIGURE.size, FIGURE.size * width / width_of(value, FIGURE)), bold=True, colour=ACCENT)


def _draw_section(sheet: Sheet, section: Section) -> None:
    sheet.y += 10
    lines = wrap(section.heading, sheet.epw, HEADING)
    sheet.needs(
        len(lines) * HEADING.leading + 4 * READING.leading
    )  # a heading is never the last thing on a page
    sheet.paragraph(section.heading, HEADING)
    sheet.y += 5
    if section.text.strip():
        sheet.prose(section.text)
    if section.table:
        draw_table(sheet, _columns(section.table, sheet.epw), section.table.rows)
        sheet.y += 14
    if section.chart:
        _draw_chart(sheet, section.chart)


def _columns(table: Table, total: float) -> list[Column]:
    wanted = [
        max(width_of(title, LABEL), *(width_of(row[index], BODY) for row in table.rows), 20)
        for index, title in enumerate(table.columns)
    ]
    widths = share_width(wanted, total - GUTTER * (len(wanted) - 1))
    return [
        Column(title, width, _is_numeric([row[index] for row in table.rows]))
        for index, (title, width) in enumerate(zip(table.columns, widths, strict=True))
    ]


def _is_numeric(cells: Sequence[str]) -> bool:
    """Tell whether all filled cells are numbers, perhaps with a sign, a currency or a percent."""
    number = re.compile(r"[-+–−]?\s*[€$£¥]?\s*[0-9][0-9.,' \u00a0]*\s*[€$£¥%]?")
    filled = [cell.strip() for cell in cells if cell.strip() not in ("", "-", "–")]
    return bool(filled) and all(number.fullmatch(cell) for cell in filled)


def _draw_chart(sheet: Sheet, chart: Chart) -> None:
    sheet.needs(CHART_HEIGHT + 50 + STRONG.leading * len(wrap(chart.title, sheet.epw, STRONG)))
    sheet.y += 4
    sheet.paragraph(chart.title, STRONG)
    sheet.y += 11
    ticks = _ticks(chart.values, from_zero=chart.kind == "bar")
    _draw_scale(sheet, ticks)
    if chart.kind == "bar":
        _draw_bars(sheet, chart, ticks)
    else:
        _draw_curve(sheet, chart, ticks)
    _draw_labels(sheet, chart.labels)
    sheet.y += CHART_HEIGHT + 30


def _draw_scale(sheet: Sheet, ticks: Sequence[float]) -> None:
    for tick in ticks:
        height = _height(sheet, tick, ticks)
        sheet.set_fill_color(FAINT)
        sheet.rect(MARGIN + AXIS_WIDTH, height - 0.25, sheet.epw - AXIS_WIDTH, 0.5, style="F")
        sheet.put(_tick_text(tick, ticks), SMALL, x=MARGIN + AXIS_WIDTH - 8, y=height - 5.5, right=True)


def _draw_bars(sheet: Sheet, chart: Chart, ticks: Sequence[float]) -> None:
    base = _height(sheet, 0, ticks)
    step = (sheet.epw - AXIS_WIDTH) / len(chart.values)
    sheet.set_fill_color(ACCENT)
    for place, value in enumerate(chart.values):
        top, width = _height(sheet, value, ticks), min(step * 0.62, 44)
        left = MARGIN + AXIS_WIDTH + step * (place + 0.5) - width / 2
        sheet.rect(left, min(top, base), width, abs(base - top), style="F")
    sheet.set_fill_color(INK)
    sheet.rect(MARGIN + AXIS_WIDTH, base - 0.4, sheet.epw - AXIS_WIDTH, 0.8, style="F")


def _draw_curve(sheet: Sheet, chart: Chart, ticks: Sequence[float]) -> None:
    step = (sheet.epw - AXIS_WIDTH) / len(chart.values)
    left = MARGIN + AXIS_WIDTH + step / 2
    points = [(left + step * place, _height(sheet, value, ticks)) for place, value in enumerate(chart.values)]
    sheet.set_draw_color(ACCENT)
    sheet.set_line_width(1.6)
    if len(points) > 1:
        sheet.polyline(points)
    sheet.set_fill_color(ACCENT)
    for x, y in points if len(points) <= 24 else ():
        sheet.circle(x, y, 2.2, style="F")


def _draw_labels(sheet: Sheet, labels: Sequence[str]) -> None:
    step = (sheet.epw - AXIS_WIDTH) / len(labels)
    every = math.ceil(min(max(width_of(label, SMALL) for label in labels) + 6, 60) / step)
    for place in range(0, len(labels), every):
        text = shorten(labels[place], max(step * every - 6, 20), SMALL)
        middle = MARGIN + AXIS_WIDTH + step * (place + 0.5)
        left = min(middle - width_of(text, SMALL) / 2, sheet.right - width_of(text, SMALL))
        sheet.put(text, SMALL, x=left, y=sheet.y + CHART_HEIGHT + 5)


def _height(sheet: Sheet, value: float, ticks: Sequence[float]) -> float:
    """Give the y of a value on the page: ticks[0] is the bottom of the plot, ticks[-1] its top."""
    return sheet.y + CHART_HEIGHT * (1 - (value - ticks[0]) / (ticks[-1] - ticks[0]))


def _ticks(values: Sequence[float], *, from_zero: bool) -> list[float]:
    """Choose four to seven round numbers that span the values: steps of 1, 2 or 5 times a power of ten."""
    low, high = min(values), max(values)
    if from_zero or 0 <= low < high / 2:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low < 1e-6 * max(abs(low), abs(high), 1e-3):
        high = low + max(abs(low), 1.0)
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return [step * count for count in range(math.floor(low / step), math.ceil(high / step) + 1)]


def _tick_text(tick: float, ticks: Sequence[float]) -> str:
    step = ticks[1] - ticks[0]
    for size, suffix in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if max(abs(ticks[0]), abs(ticks[-1])) >= size and step >= size / 1000:
            unit = 1e3 if suffix == "k" else size
            return f"{tick / unit:,.6g}{suffix}"
    return f"{tick:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"
