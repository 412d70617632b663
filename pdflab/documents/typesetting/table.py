"""The table: rows under a heading that each page repeats, with sums carried forward to the next page.

Read next: pdflab/documents/typesetting/typesetter.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest
from typing import NamedTuple

from pdflab.documents.typesetting.characters import reads_from_right
from pdflab.documents.typesetting.page import Sheet
from pdflab.documents.typesetting.style import ACCENT, BODY, FAINT, GUTTER, LABEL, MARGIN, PADDING, Style

CARRIED = replace(LABEL, size=8.5)

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `width` is without the gutter.

    Right-to-left text is flush right, but not in a `snug` column, whose texts fit on a line each.
    """

    title: str
    width: float
    right: bool = False
    snug: bool = False


class Carry(NamedTuple):
    """Labels of the running sum at the foot and head of a page, below column `place`."""

    foot: str
    head: str
    place: int
    sum_of: Callable[[int], str]


class TableBlock:
    """Rows under a heading that each page repeats, measured before they are drawn."""

    def __init__(
        self, sheet: Sheet, columns: Sequence[Column], rows: Sequence[Cells], *, carry: Carry | None = None
    ) -> None:
        self.sheet, self.columns, self.rows, self.carry = sheet, columns, rows or [()], carry
        self.carry_height = CARRIED.leading + 2 * PADDING if carry else 0.0
        self.lefts = [*accumulate((column.width + GUTTER for column in columns), initial=MARGIN)]
        self.titles = [column.title for column in columns]
        self.heading = self._levels(self.titles, LABEL)
        self.heading_height = _height(self.heading, LABEL)

    @property
    def beginning(self) -> float:
        """Return the height of the heading with the first row, which share a page."""
        return self.heading_height + _height(self._levels(self.rows[0], BODY), BODY)

    def draw(self, *, tail: float = 0) -> None:
        """Draw the table; only a row higher than a page is divided.

        `tail` is the height of the content that shares a page with the last row.
        """
        for number, row in enumerate(self.rows):
            levels = self._levels(row, BODY)
            height = _height(levels, BODY) + (self.carry_height if number < len(self.rows) - 1 else tail)
            if number == 0:
                self.sheet.needs(self.heading_height + height)
                self._draw_heading()
            elif self.sheet.y + height > self.sheet.bottom:
                self._break_page(number)
            self._draw_row(number, row, levels)

    def _levels(self, row: Cells, style: Style) -> list[Cells]:
        """Wrap the cells of a row; return its lines from top to bottom."""
        wrapped = [
            [text]
            if not text or (column.snug and "\n" not in text)
            else self.sheet.wrap(text, column.width, style)
            for column, text in zip(self.columns, row, strict=False)
        ]
        return list(zip_longest(*wrapped, fillvalue=""))

    def _draw_heading(self) -> None:
        self.sheet.y += PADDING
        for level in self.heading:
            self._draw_level(level, self.titles, LABEL)
        self.sheet.y += PADDING
        self.sheet.bar(self.sheet.epw, 1, ACCENT)

    def _draw_row(self, number: int, row: Cells, levels: Sequence[Cells]) -> None:
        self.sheet.y += PADDING
        for level in levels:
            if self.sheet.y + BODY.leading + PADDING + self.carry_height > self.sheet.bottom:
                self._break_page(number)
                self.sheet.y += PADDING
            self._draw_level(level, row, BODY)
        self.sheet.y += PADDING
        self.sheet.bar(self.sheet.epw, 0.5, FAINT)

    def _break_page(self, done: int) -> None:
        """Start a new page, and carry the sum of the rows above forward."""
        self._draw_sum(done, foot=True)
        self.sheet.add_page()
        self._draw_heading()
        self._draw_sum(done, foot=False)

    def _draw_level(self, level: Cells, row: Cells, style: Style) -> None:
        for text, cell, column, left in zip(level, row, self.columns, self.lefts, strict=False):
            if text:
                rtl = not column.right and reads_from_right(cell)
                right = column.right or (rtl and not column.snug)
                self.sheet.put(text, style, x=left + column.width * right, right=right, rtl=rtl)
        self.sheet.y += style.leading

    def _draw_sum(self, done: int, *, foot: bool) -> None:
        if not self.carry:
            return
        self.sheet.y += PADDING
        label = self.carry.foot if foot else self.carry.head
        self.sheet.put(label, CARRIED, x=self.lefts[self.carry.place])
        self.sheet.put(self.carry.sum_of(done), CARRIED, x=self.sheet.right, right=True)
        self.sheet.y += CARRIED.leading + PADDING
        if not foot:
            self.sheet.bar(self.sheet.epw, 0.5, FAINT)


def widest(sheet: Sheet, title: str, texts: Cells) -> float:
    """Return the width of a column whose title and texts fit on a line each."""
    return max([sheet.width_of(title, LABEL), *(sheet.width_of(text, BODY) for text in set(texts))])


def share_width(wanted: Sequence[float], total: float) -> list[float]:
    """Return the width of each column: as wanted, or with the widest ones narrowed if they do not fit."""
    widths, left = list(wanted), total
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for rank, index in enumerate(order):
        widths[index] = min(wanted[index], left / (len(wanted) - rank))
        left -= widths[index]
    return [width + left / len(wanted) for width in widths]


def _height(levels: Sequence[Cells], style: Style) -> float:
    return len(levels) * style.leading + 2 * PADDING
