"""The invoice: title, facts, seller and buyer, lines with a running sum on each page, totals and remarks.

Read next: pdflab/documents/invoice/totals.py.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

from pdflab.documents.invoice.content import Fact, facts_of, items_of, parties_of, title_of, translations_for
from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.invoice.totals import ABOVE, TotalsBlock
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.typesetting.page import Rendered, Sheet
from pdflab.documents.typesetting.style import BODY, FAINT, GUTTER, LABEL, MARGIN, STRONG, Style
from pdflab.documents.typesetting.table import Carry, Cells, Column, TableBlock, share_width, widest
from pdflab.documents.typesetting.typesetter import Typesetter

NUMBER, DESCRIPTION, UNIT = 0, 1, 3  # the columns without numbers to sum
FACTS_A_ROW = 4
MAX_REMARKS = 80.0  # points of the remarks that stay on one page with the totals; the rest may flow on


def draw_invoice(request: InvoiceRequest, *, created_at: float, typesetter: Typesetter) -> Rendered:
    """Return the PDF of an invoice."""
    labels, title = translations_for(request.locale), title_of(request)
    sheet = Sheet(title, created_at=created_at, typesetter=typesetter, author=request.seller.name)
    sheet.set_lang(labels["language"])
    sheet.page_of = labels["page"]
    totals = TotalsBlock(sheet, request)
    remarks = _remarks(request, labels)
    sheet.headline(title)
    sheet.y += 10
    _draw_facts(sheet, facts_of(request))
    _draw_parties(sheet, parties_of(request))
    heights = (len(sheet.wrap(text, sheet.epw, style)) * style.leading + 6 for text, style in remarks)
    _draw_items(sheet, request, tail=totals.height + min(ABOVE + sum(heights), MAX_REMARKS))
    totals.draw()
    _draw_remarks(sheet, remarks)
    seller = request.seller
    return sheet.finish(f"{seller.name} · {labels['vat']} {seller.vat_id}" if seller.vat_id else seller.name)


def _draw_facts(sheet: Sheet, facts: Sequence[Fact]) -> None:
    width = (sheet.epw - GUTTER * (FACTS_A_ROW - 1)) / FACTS_A_ROW
    for start in range(0, len(facts), FACTS_A_ROW):
        top, ends = sheet.y, []
        for place, fact in enumerate(facts[start : start + FACTS_A_ROW]):
            x = MARGIN + place * (width + GUTTER)
            sheet.y = top
            sheet.paragraph(fact.label, LABEL, x=x, width=width, left=True)
            sheet.paragraph(fact.value, STRONG if fact.strong else BODY, x=x, width=width, left=True)
            ends.append(sheet.y)
        sheet.y = max(ends) + 8
    sheet.y += 10


def _draw_parties(sheet: Sheet, parties: Sequence[tuple[Sequence[str], Sequence[str]]]) -> None:
    top, ends = sheet.y, []
    for column, ((label, name, *address), identity) in enumerate(parties):
        sheet.y = top
        x, width = MARGIN + column * (sheet.epw + GUTTER) / 2, (sheet.epw - GUTTER) / 2
        sheet.bar(width, 0.5, FAINT, x=x)
        sheet.y += 6
        sheet.put(label, LABEL, x=x)
        sheet.y += LABEL.leading + 2
        sheet.paragraph(name, STRONG, x=x, width=width, left=True)
        for line in [*address, " · ".join(identity)] if identity else address:
            sheet.paragraph(line, BODY, x=x, width=width, left=True)
        ends.append(sheet.y)
    sheet.y = max(ends) + 22


def _draw_items(sheet: Sheet, request: InvoiceRequest, *, tail: float) -> None:
    """Draw the lines; the last one shares its page with what follows, which is `tail` points high."""
    titles, rows = items_of(request)
    labels, formats = translations_for(request.locale), formats_for(request.locale, request.currency)
    sums = list(accumulate(request.nets, initial=Decimal(0)))
    carry = Carry(labels["carried"], labels["brought"], DESCRIPTION, lambda done: formats.amount(sums[done]))
    TableBlock(sheet, _columns(sheet, titles, rows), rows, carry=carry).draw(tail=tail)


def _columns(sheet: Sheet, titles: Cells, rows: Sequence[Cells]) -> list[Column]:
    wanted = [
        sheet.epw if place == DESCRIPTION else widest(sheet, title, texts)
        for place, (title, texts) in enumerate(zip(titles, zip(*rows, strict=True), strict=True))
    ]
    widths = share_width(wanted, sheet.epw - GUTTER * (len(titles) - 1))
    return [
        Column(title, width, right=place not in (NUMBER, DESCRIPTION, UNIT), snug=width >= wish)
        for place, (title, width, wish) in enumerate(zip(titles, widths, wanted, strict=True))
    ]


def _remarks(request: InvoiceRequest, labels: Mapping[str, str]) -> list[tuple[str, Style]]:
    texts = [(labels["terms"], LABEL), (request.terms, BODY)] if request.terms else []
    return [(text, style) for text, style in (*texts, (request.note, BODY)) if text]


def _draw_remarks(sheet: Sheet, remarks: list[tuple[str, Style]]) -> None:
    sheet.y += ABOVE
    for text, style in remarks:
        sheet.needs(style.leading + (2 * BODY.leading if style is LABEL else 0))
        sheet.paragraph(text, style)
        sheet.y += 0 if style is LABEL else 6
