"""The lines of an invoice: a heading on every page, and the sum so far carried from each page to the next.

Numbers get the width they need, and are never broken while the page has room; the description takes the rest.
Read next: documents/invoice/totals.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, zip_longest

from pdflab.documents.content import items_of
from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.invoice.translations import Labels, labels_for
from pdflab.documents.requests import InvoiceRequest
from pdflab.documents.typesetting.bidi import reads_from_right
from pdflab.documents.typesetting.page import (
    ACCENT,
    BODY,
    FAINT,
    GUTTER,
    LABEL,
    MARGIN,
    MUTED,
    PADDING,
    Sheet,
    Style,
)
from pdflab.documents.typesetting.table import share_width

CARRIED = Style(8.5, bold=True, colour=MUTED)
CARRY_HEIGHT = CARRIED.leading + 2 * PADDING

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Lane:
    """A column: its lines begin at `x`, or end there when `right`; a `snug` one holds each of its texts."""

    title: str
    x: float
    width: float
    right: bool
    snug: bool


def draw_items(sheet: Sheet, request: InvoiceRequest, *, tail: float) -> None:
    """Draw the lines; `tail` is the height of what must not stand on a page without the last of them."""
    titles, rows = items_of(request)
    sums = list(accumulate(request.nets, initial=Decimal(0)))
    lanes = _lanes(sheet, titles, rows)
    labels, formats = labels_for(request.locale), formats_for(request.locale, request.currency)
    _Ledger(sheet, lanes, labels, lambda done: formats.amount(sums[done])).draw(rows, tail=tail)


def _lanes(sheet: Sheet, titles: Row, rows: Sequence[Row]) -> list[Lane]:
    columns = list(zip(*rows, strict=True))
    wanted = [
        sheet.epw if place == 1 else _widest(sheet, title, texts)
        for place, (title, texts) in enumerate(zip(titles, columns, strict=True))
    ]
    widths = share_width(wanted, sheet.epw - GUTTER * (len(titles) - 1))
    lanes, x = [], MARGIN
    for place, (title, width, wish) in enumerate(zip(titles, widths, wanted, strict=True)):
        right = place not in (0, 1, 3)  # but number, description and unit
        lanes.append(Lane(title, x + width * right, width, right, width >= wish))
        x += width + GUTTER
    return lanes


def _widest(sheet: Sheet, title: str, texts: Row) -> float:
    widths = [sheet.width_of(text, BODY) for text in set(texts) if text]
    return max(widths, default=0.0) if not title else max(sheet.width_of(title, LABEL), *widths, 0.0)


class _Ledger:
    """A table on its way down the pages; `sum_of` writes the sum of so many lines."""

    def __init__(
        self, sheet: Sheet, lanes: Sequence[Lane], labels: Labels, sum_of: Callable[[int], str]
    ) -> None:
        self.sheet, self.lanes, self.labels, self.sum_of = sheet, lanes, labels, sum_of
        self.titles = self._levels([lane.title for lane in lanes], LABEL, snug=False)

    def draw(self, rows: Sequence[Row], *, tail: float) -> None:
        """Draw all rows; only one that no page could hold is divided."""
        heading = len(self.titles) * LABEL.leading + 2 * PADDING
        for number, row in enumerate(rows):
            levels = self._levels(row, BODY)
            height = len(levels) * BODY.leading + 2 * PADDING
            height += CARRY_HEIGHT if number < len(rows) - 1 else tail
            if number == 0:
                self.sheet.needs(heading + height)
                self._draw_heading()
            elif self.sheet.y + height > self.sheet.bottom:
                self._turn(number)
            self._draw_row(number, levels)

    def _levels(self, row: Row, style: Style, *, snug: bool = True) -> list[Row]:
        """Wrap the cells of a row, and give its lines from top to bottom."""
        wrapped = [
            [text]
            if not text or (snug and lane.snug and "\n" not in text)
            else self.sheet.wrap(text, lane.width, style)
            for lane, text in zip(self.lanes, row, strict=True)
        ]
        return list(zip_longest(*wrapped, fillvalue=""))

    def _draw_heading(self) -> None:
        self.sheet.y += PADDING
        for level in self.titles:
            self._draw_level(level, LABEL)
        self.sheet.y += PADDING
        self.sheet.bar(self.sheet.epw, 1, ACCENT)

    def _draw_row(self, number: int, levels: Sequence[Row]) -> None:
        self.sheet.y += PADDING
        rtl = reads_from_right("\n".join(level[1] for level in levels))
        for level in levels:
            if self.sheet.y + BODY.leading + PADDING + CARRY_HEIGHT > self.sheet.bottom:
                self._turn(number)
                self.sheet.y += PADDING
            self._draw_level(level, BODY, rtl=rtl)
        self.sheet.y += PADDING
        self.sheet.bar(self.sheet.epw, 0.5, FAINT)

    def _draw_level(self, level: Row, style: Style, *, rtl: bool = False) -> None:
        put = self.sheet.put
        for place, (lane, text) in enumerate(zip(self.lanes, level, strict=True)):
            if not text:
                continue
            if rtl and place == 1:
                put(text, style, x=lane.x + lane.width, right=True, rtl=True)
            else:
                put(text, style, x=lane.x, right=lane.right)
        self.sheet.y += style.leading

    def _turn(self, done: int) -> None:
        """Go to a new page and take the sum of the lines above along."""
        self._draw_sum(self.labels.carried, self.sum_of(done))
        self.sheet.add_page()
        self._draw_heading()
        self._draw_sum(self.labels.brought, self.sum_of(done))
        self.sheet.bar(self.sheet.epw, 0.5, FAINT)

    def _draw_sum(self, label: str, amount: str) -> None:
        self.sheet.y += PADDING
        self.sheet.put(label, CARRIED, x=self.lanes[1].x)
        self.sheet.put(amount, CARRIED, x=self.sheet.right, right=True)
        self.sheet.y += CARRIED.leading + PADDING
