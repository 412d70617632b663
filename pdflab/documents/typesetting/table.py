"""The table: rows under a heading that each new page repeats.

Read next: documents/invoice/invoice.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pdflab.documents.typesetting.bidi import reads_from_right
from pdflab.documents.typesetting.page import (
    ACCENT,
    BODY,
    FAINT,
    GUTTER,
    LABEL,
    MARGIN,
    PADDING,
    Sheet,
    Style,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `width` has no gutter in it."""

    title: str
    width: float
    right: bool = False


def draw_table(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, tail: float = 0
) -> None:
    """Draw rows under a heading that each new page repeats; only a row that no page could hold is divided.

    `tail` is the height of what follows and must not stand on a page without the last row.
    """
    heading = _Cells(sheet, columns, [column.title for column in columns], LABEL)
    for number, row in enumerate(rows or [()]):
        cells = _Cells(sheet, columns, row, BODY)
        height = cells.height + 2 * PADDING
        height += heading.height + 2 * PADDING if number == 0 else 0
        height += tail if number == len(rows) - 1 else 0
        if sheet.needs(height) or number == 0:
            _draw_heading(sheet, heading)
        _draw_row(sheet, cells, heading)


def share_width(wanted: Sequence[float], total: float) -> list[float]:
    """Give each column the width it wants; if that is too much, only the widest give way."""
    widths, left = list(wanted), total
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for rank, index in enumerate(order):
        widths[index] = min(wanted[index], left / (len(wanted) - rank))
        left -= widths[index]
    return [width + left / len(wanted) for width in widths]


class _Cells:
    """The cells of one row, wrapped: levels of lines, and where each column's lines begin or end."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column], texts: Sequence[str], style: Style) -> None:
        self.style = style
        self.places = []
        wrapped, x = [], MARGIN
        for column, text in zip(columns, texts, strict=False):
            wrapped.append(sheet.wrap(text, column.width, style))
            rtl = reads_from_right(text)
            right = column.right or rtl
            self.places.append((x + column.width * right, right, rtl))
            x += column.width + GUTTER
        self.levels = list(zip_longest(*wrapped, fillvalue=""))
        self.height = len(self.levels) * style.leading

    def draw(self, sheet: Sheet, level: Sequence[str]) -> None:
        for text, (x, right, rtl) in zip(level, self.places, strict=True):
            if text:
                sheet.put(text, self.style, x=x, right=right, rtl=rtl)
        sheet.y += self.style.leading


def _draw_heading(sheet: Sheet, heading: _Cells) -> None:
    sheet.y += PADDING
    for level in heading.levels:
        heading.draw(sheet, level)
    sheet.y += PADDING
    sheet.bar(sheet.epw, 1, ACCENT)


def _draw_row(sheet: Sheet, cells: _Cells, heading: _Cells) -> None:
    sheet.y += PADDING
    for level in cells.levels:
        if sheet.needs(BODY.leading + PADDING):
            _draw_heading(sheet, heading)
            sheet.y += PADDING
        cells.draw(sheet, level)
    sheet.y += PADDING
    sheet.bar(sheet.epw, 0.5, FAINT)
