"""The report: a title page with key figures and contents, then sections of text, tables and charts.

The page of a section is known only once it is drawn: the contents are reserved first and filled in last.
Read next: pdflab/documents/report/charts.py.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from pdflab.documents.report.charts import ChartBlock
from pdflab.documents.requests.report import Figure, ReportRequest, Section, Table
from pdflab.documents.typesetting.characters import clean, reads_from_right
from pdflab.documents.typesetting.page import Rendered, Sheet
from pdflab.documents.typesetting.style import (
    ACCENT,
    FAINT,
    GUTTER,
    HEADING,
    MARGIN,
    MUTED,
    PADDING,
    READING,
    SMALL,
    Style,
)
from pdflab.documents.typesetting.table import Column, TableBlock, share_width, widest
from pdflab.documents.typesetting.typesetter import Typesetter

SUBTITLE = Style(12, colour=MUTED)
FIGURE = Style(18, bold=True, colour=ACCENT)
FIGURES_A_ROW = 4
TITLE_TOP = 150.0
NUMBER_WIDTH = 40.0  # of a page number in the contents

_NUMBER = re.compile(
    r"[-+–−(]?\s*([A-Z]{3}\b|[$£¥\u20a0-\u20cf])?\s*[-–−]?[0-9][0-9.,'’ \u00a0\u202f]*\)?"
    r"\s*([A-Z]{3}\b|[$£¥%‰\u20a0-\u20cf])?"
)


class _Place(NamedTuple):
    page: int
    y: float


def draw_report(request: ReportRequest, *, created_at: float, typesetter: Typesetter) -> Rendered:
    """Return the PDF of a report."""
    sheet = Sheet(request.title, created_at=created_at, typesetter=typesetter, author=request.author or "")
    sheet.set_subject(" ".join(clean(request.subtitle or "Report").split()))
    day = datetime.fromtimestamp(created_at, UTC).date().isoformat()
    signature = " · ".join(part for part in (request.author, day) if part)
    _draw_title(sheet, request, signature)
    entries = _reserve_contents(sheet, request.sections)
    sheet.add_page()
    starts = [_draw_section(sheet, section) for section in request.sections]
    for section, entry, start in zip(request.sections, entries, starts, strict=True):
        _draw_entry(sheet, section.heading, entry, start)
    return sheet.finish(signature)


def _draw_title(sheet: Sheet, request: ReportRequest, signature: str) -> None:
    sheet.y = TITLE_TOP
    sheet.headline(request.title)
    if request.subtitle:
        sheet.y += 4
        sheet.paragraph(request.subtitle, SUBTITLE)
    sheet.y += 12
    sheet.paragraph(signature, SMALL)
    sheet.y += 40
    for start in range(0, len(request.figures), FIGURES_A_ROW):
        _draw_figures(sheet, request.figures[start : start + FIGURES_A_ROW])


def _draw_figures(sheet: Sheet, figures: Sequence[Figure]) -> None:
    step = (sheet.epw + GUTTER) / FIGURES_A_ROW
    width = step - GUTTER
    height = 34 + max(len(sheet.wrap(figure.label, width, SMALL)) for figure in figures) * SMALL.leading
    sheet.needs(height)
    top = sheet.y
    for place, figure in enumerate(figures):
        x, sheet.y = MARGIN + place * step, top
        value, rtl = " ".join(figure.value.split()), reads_from_right(figure.label)
        # a long value gets smaller type
        size = FIGURE.size * min(1, width / max(1, sheet.width_of(value, FIGURE)))
        sheet.bar(width, 1, FAINT, x=x)
        sheet.put(value, replace(FIGURE, size=size), x=x + width * rtl, y=top + 8, right=rtl)
        sheet.y += 34
        sheet.paragraph(figure.label, SMALL, x=x, width=width)
    sheet.y = top + height + 16


def _reserve_contents(sheet: Sheet, sections: Sequence[Section]) -> list[_Place]:
    """Reserve room for the contents, on as many pages as needed, and return the place of each line."""
    places = []
    sheet.y += 24
    sheet.needs(HEADING.leading + 6 + 2 * READING.leading)
    sheet.put("Contents", HEADING)
    sheet.y += HEADING.leading + 6
    for section in sections:
        lines = sheet.wrap(section.heading, sheet.epw - NUMBER_WIDTH, READING)
        height = len(lines) * READING.leading + 2 * PADDING
        sheet.needs(height)
        places.append(_Place(sheet.page, sheet.y))
        sheet.y += height
    return places


def _draw_entry(sheet: Sheet, heading: str, entry: _Place, start: _Place) -> None:
    """Fill in a line of the contents, with a link to its section."""
    sheet.page, sheet.y = entry.page, entry.y
    sheet.bar(sheet.epw, 0.5, FAINT)
    sheet.y += PADDING
    sheet.paragraph(heading, READING, width=sheet.epw - NUMBER_WIDTH)
    sheet.put(str(start.page), READING, x=sheet.right, y=sheet.y - READING.leading, right=True)
    target = sheet.add_link(y=start.y, page=start.page)
    sheet.link(MARGIN, entry.y, sheet.epw, sheet.y - entry.y + PADDING, target)


def _draw_section(sheet: Sheet, section: Section) -> _Place:
    """Draw a section; return the place of its heading."""
    table = _table(sheet, section.table) if section.table else None
    chart = ChartBlock(sheet, section.chart) if section.chart else None
    heading = len(sheet.wrap(section.heading, sheet.epw, HEADING)) * HEADING.leading
    sheet.y += 10 if sheet.y > MARGIN else 0
    # a heading shares its page with what follows: three lines, a row, or a chart
    beginning = table.beginning if table else chart.height if chart else 0
    sheet.needs(heading + 5 + (3 * READING.leading if section.text.strip() else beginning))
    place = _Place(sheet.page, sheet.y)
    sheet.start_section(" ".join(clean(section.heading).split()))
    sheet.paragraph(section.heading, HEADING)
    sheet.y += 5
    if section.text.strip():
        sheet.prose(section.text)
    if table:
        table.draw()
        sheet.y += 14
    if chart:
        chart.draw()
    return place


def _table(sheet: Sheet, table: Table) -> TableBlock:
    texts = [[row[index] for row in table.rows] for index in range(len(table.columns))]
    wanted = [max(20, widest(sheet, title, cells)) for title, cells in zip(table.columns, texts, strict=True)]
    widths = share_width(wanted, sheet.epw - GUTTER * (len(wanted) - 1))
    columns = map(Column, table.columns, widths, map(_is_numeric, texts))
    return TableBlock(sheet, list(columns), table.rows)


def _is_numeric(cells: Sequence[str]) -> bool:
    """Return whether all filled cells are numbers, maybe with a sign, a currency or a percent sign."""
    filled = [cell.strip() for cell in cells if cell.strip() not in ("", "-", "–")]
    return bool(filled) and all(_NUMBER.fullmatch(cell) for cell in filled)
