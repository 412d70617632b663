"""The invoice: who, to whom, what for, how much, and how to pay. Its fields are those of EN 16931.

Read next: items.py.
"""

from pdflab.documents.direction import reads_from_right
from pdflab.documents.formats import Formats, formats_for
from pdflab.documents.items import draw_items
from pdflab.documents.labels import Labels, labels_for
from pdflab.documents.page import BODY, FAINT, GUTTER, LABEL, MARGIN, STRONG, Rendered, Sheet, Style
from pdflab.documents.requests import InvoiceRequest, Party
from pdflab.documents.settlement import ABOVE, Settlement
from pdflab.documents.typesetting import Typesetter

FACTS_A_ROW = 4
MOST_REMARKS = 80.0  # a short remark stays with the sums; a long one may flow to the next page


def draw_invoice(request: InvoiceRequest, *, created_at: float, setter: Typesetter) -> Rendered:
    """Draw an invoice."""
    formats, labels = formats_for(request.locale, request.currency), labels_for(request.locale)
    title = f"{labels.invoice} {request.number}"
    sheet = Sheet(title, created_at=created_at, setter=setter, author=request.seller.name)
    sheet.set_lang(labels.language)
    sheet.page_of = labels.page
    settlement = Settlement(sheet, request, formats, labels)
    remarks = _remarks(request, labels)
    sheet.headline(title)
    sheet.y += 10
    _draw_facts(sheet, _facts(request, formats, labels))
    _draw_parties(sheet, request, labels)
    tail = settlement.height + min(_height(sheet, remarks), MOST_REMARKS)
    draw_items(sheet, request, formats, labels, tail=tail)
    settlement.draw()
    _draw_remarks(sheet, remarks)
    return sheet.finish(_signature(request.seller, labels))


def _facts(request: InvoiceRequest, formats: Formats, labels: Labels) -> list[tuple[str, str, Style]]:
    facts = [
        (labels.issued, formats.day(request.issued), BODY),
        (labels.due, formats.day(request.due) if request.due else "", BODY),
        (labels.amount_due, formats.sum(request.totals.due), STRONG),
        (labels.order, request.order_number or "", BODY),
        (labels.reference, request.buyer_reference or "", BODY),
    ]
    return [fact for fact in facts if fact[1]]


def _draw_facts(sheet: Sheet, facts: list[tuple[str, str, Style]]) -> None:
    width = (sheet.epw - GUTTER * (FACTS_A_ROW - 1)) / FACTS_A_ROW
    for start in range(0, len(facts), FACTS_A_ROW):
        top, ends = sheet.y, []
        for place, (label, value, style) in enumerate(facts[start : start + FACTS_A_ROW]):
            x = MARGIN + place * (width + GUTTER)
            sheet.y = top
            _flow(sheet, label, LABEL, x=x, width=width)
            _flow(sheet, value, style, x=x, width=width)
            ends.append(sheet.y)
        sheet.y = max(ends) + 8
    sheet.y += 10


def _draw_parties(sheet: Sheet, request: InvoiceRequest, labels: Labels) -> None:
    top, ends = sheet.y, []
    for column, (label, party) in enumerate(((labels.seller, request.seller), (labels.buyer, request.buyer))):
        sheet.y = top
        x = MARGIN + column * (sheet.epw + GUTTER) / 2
        _draw_party(sheet, party, labels, label=label, x=x)
        ends.append(sheet.y)
    sheet.y = max(ends) + 22


def _draw_party(sheet: Sheet, party: Party, labels: Labels, *, label: str, x: float) -> None:
    width = (sheet.epw - GUTTER) / 2
    sheet.bar(width, 0.5, FAINT, x=x)
    sheet.y += 6
    sheet.put(label, LABEL, x=x)
    sheet.y += LABEL.leading + 2
    _flow(sheet, party.name, STRONG, x=x, width=width)
    identity = (party.country, party.vat_id and f"{labels.vat} {party.vat_id}")
    for line in (*party.address, " · ".join(part for part in identity if part)):
        if line:
            _flow(sheet, line, BODY, x=x, width=width)


def _flow(sheet: Sheet, text: str, style: Style, *, x: float, width: float) -> None:
    """Draw lines below each other, all flush left: a form in English stays one, whatever is filled in."""
    rtl = reads_from_right(text)
    for line in sheet.wrap(text, width, style):
        sheet.needs(style.leading)
        sheet.put(line, style, x=x, rtl=rtl)
        sheet.y += style.leading


def _remarks(request: InvoiceRequest, labels: Labels) -> list[tuple[str, Style]]:
    texts = [(labels.terms, LABEL), (request.terms, BODY)] if request.terms else []
    return [(text, style) for text, style in (*texts, (request.note, BODY)) if text]


def _height(sheet: Sheet, remarks: list[tuple[str, Style]]) -> float:
    return ABOVE + sum(len(sheet.wrap(text, sheet.epw, style)) * style.leading + 6 for text, style in remarks)


def _draw_remarks(sheet: Sheet, remarks: list[tuple[str, Style]]) -> None:
    sheet.y += ABOVE
    for text, style in remarks:
        sheet.needs(style.leading + (2 * BODY.leading if style is LABEL else 0))
        sheet.paragraph(text, style)
        sheet.y += 0 if style is LABEL else 6


def _signature(seller: Party, labels: Labels) -> str:
    return f"{seller.name} · {labels.vat} {seller.vat_id}" if seller.vat_id else seller.name
