"""The invoice: title, facts, seller and buyer, lines, totals and remarks.

Read next: pdflab/documents/invoice/lines.py.
"""

from collections.abc import Mapping, Sequence

from pdflab.documents.invoice.content import Fact, facts_of, parties_of, title_of
from pdflab.documents.invoice.lines import draw_items
from pdflab.documents.invoice.totals import ABOVE, TotalsBlock
from pdflab.documents.invoice.translations import translations_for
from pdflab.documents.requests.invoice import InvoiceRequest, Party
from pdflab.documents.typesetting.page import (
    BODY,
    FAINT,
    GUTTER,
    LABEL,
    MARGIN,
    STRONG,
    Rendered,
    Sheet,
    Style,
)
from pdflab.documents.typesetting.typesetter import Typesetter

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
    tail = totals.height + min(_height(sheet, remarks), MAX_REMARKS)
    draw_items(sheet, request, tail=tail)
    totals.draw()
    _draw_remarks(sheet, remarks)
    return sheet.finish(_signature(request.seller, labels))


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


def _remarks(request: InvoiceRequest, labels: Mapping[str, str]) -> list[tuple[str, Style]]:
    texts = [(labels["terms"], LABEL), (request.terms, BODY)] if request.terms else []
    return [(text, style) for text, style in (*texts, (request.note, BODY)) if text]


def _height(sheet: Sheet, remarks: list[tuple[str, Style]]) -> float:
    return ABOVE + sum(len(sheet.wrap(text, sheet.epw, style)) * style.leading + 6 for text, style in remarks)


def _draw_remarks(sheet: Sheet, remarks: list[tuple[str, Style]]) -> None:
    sheet.y += ABOVE
    for text, style in remarks:
        sheet.needs(style.leading + (2 * BODY.leading if style is LABEL else 0))
        sheet.paragraph(text, style)
        sheet.y += 0 if style is LABEL else 6


def _signature(seller: Party, labels: Mapping[str, str]) -> str:
    return f"{seller.name} · {labels['vat']} {seller.vat_id}" if seller.vat_id else seller.name
