"""The lines of an invoice: a table with a heading and a running sum on each page.

Columns of numbers get the required width; the description gets the rest.
Read next: pdflab/documents/invoice/totals.py.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate

from pdflab.documents.invoice.content import items_of
from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.invoice.translations import translations_for
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.typesetting.page import BODY, GUTTER, LABEL, Sheet
from pdflab.documents.typesetting.table import Carry, Cells, Column, draw_table, share_width

NUMBER, DESCRIPTION, UNIT = 0, 1, 3  # the columns without numbers to sum


def draw_items(sheet: Sheet, request: InvoiceRequest, *, tail: float) -> None:
    """Draw the lines; the last one shares its page with what follows, which is `tail` points high."""
    titles, rows = items_of(request)
    labels, formats = translations_for(request.locale), formats_for(request.locale, request.currency)
    sums = list(accumulate(request.nets, initial=Decimal(0)))
    carry = Carry(labels["carried"], labels["brought"], DESCRIPTION, lambda done: formats.amount(sums[done]))
    draw_table(sheet, _columns(sheet, titles, rows), rows, carry=carry, tail=tail)


def _columns(sheet: Sheet, titles: Cells, rows: Sequence[Cells]) -> list[Column]:
    wanted = [
        sheet.epw if place == DESCRIPTION else _widest(sheet, title, texts)
        for place, (title, texts) in enumerate(zip(titles, zip(*rows, strict=True), strict=True))
    ]
    widths = share_width(wanted, sheet.epw - GUTTER * (len(titles) - 1))
    return [
        Column(
            title,
            width,
            right=place not in (NUMBER, DESCRIPTION, UNIT),
            snug=width >= wish,
            turns=place == DESCRIPTION,
        )
        for place, (title, width, wish) in enumerate(zip(titles, widths, wanted, strict=True))
    ]


def _widest(sheet: Sheet, title: str, texts: Cells) -> float:
    widths = [sheet.width_of(text, BODY) for text in set(texts) if text]
    return max(widths, default=0.0) if not title else max(sheet.width_of(title, LABEL), *widths, 0.0)
