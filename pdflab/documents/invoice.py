"""The invoice: who, to whom, what for, and how much.

Columns are as wide as their widest number; the description takes the rest.
Read next: money.py for the sums, page.py for the table.
"""

from collections.abc import Sequence
from decimal import Decimal

from pdflab.documents.money import Totals, add_up, format_amount, format_number, format_price, line_net
from pdflab.documents.page import (
    ACCENT,
    BODY,
    FAINT,
    GUTTER,
    LABEL,
    MARGIN,
    STRONG,
    Column,
    Sheet,
    Style,
    draw_table,
    share_width,
    width_of,
)
from pdflab.documents.requests import InvoiceRequest, Party

TOTAL = Style(13, bold=True, colour=ACCENT)
TOTALS_WIDTH = 240.0


def draw_invoice(request: InvoiceRequest, *, created_at: float) -> bytes:
    """Draw an invoice and give the bytes of its PDF."""
    title = f"Invoice {request.number}"
    sheet = Sheet(title, created_at=created_at, author=request.seller.name)
    nets = [line_net(line.quantity, line.unit_price, currency=request.currency) for line in request.lines]
    rates = (line.vat_rate for line in request.lines)
    totals = add_up(zip(nets, rates, strict=True), currency=request.currency)
    sheet.headline(title)
    _draw_dates(sheet, request)
    _draw_parties(sheet, request)
    _draw_lines(sheet, request, nets, tail=_totals_height(totals))
    _draw_totals(sheet, totals, request.currency)
    if request.note:
        sheet.y += 24
        sheet.prose(request.note)
    return sheet.finish(_signature(request.seller))


def _draw_dates(sheet: Sheet, request: InvoiceRequest) -> None:
    facts = [("Issued", str(request.issued)), ("Due", str(request.due or "")), ("Currency", request.currency)]
    sheet.y += 10
    for column, (label, value) in enumerate(fact for fact in facts if fact[1]):
        sheet.put(label, LABEL, x=MARGIN + 100 * column)
        sheet.put(value, BODY, x=MARGIN + 100 * column, y=sheet.y + LABEL.leading)
    sheet.y += LABEL.leading + BODY.leading + 18


def _draw_parties(sheet: Sheet, request: InvoiceRequest) -> None:
    top, ends = sheet.y, []
    for column, (label, party) in enumerate((("From", request.seller), ("Bill to", request.buyer))):
        sheet.y = top
        ends.append(_draw_party(sheet, party, label=label, x=MARGIN + column * (sheet.epw + GUTTER) / 2))
    sheet.y = max(ends) + 22


def _draw_party(sheet: Sheet, party: Party, *, label: str, x: float) -> float:
    width = (sheet.epw - GUTTER) / 2
    sheet.bar(width, 0.5, FAINT, x=x)
    sheet.y += 6
    sheet.put(label, LABEL, x=x)
    sheet.y += LABEL.leading + 2
    sheet.paragraph(party.name, STRONG, x=x, width=width)
    for line in (*party.address, party.country, party.vat_id and f"VAT {party.vat_id}"):
        if line:
            sheet.paragraph(line, BODY, x=x, width=width)
    return sheet.y


def _draw_lines(sheet: Sheet, request: InvoiceRequest, nets: Sequence[Decimal], *, tail: float) -> None:
    titles = ("", "Description", "Quantity", "Unit", "Unit price", "VAT %", "Amount")
    rows = [
        (
            str(number),
            line.description,
            format_number(line.quantity),
            line.unit,
            format_price(line.unit_price, currency=request.currency),
            format_number(line.vat_rate),
            format_amount(net, currency=request.currency),
        )
        for number, (line, net) in enumerate(zip(request.lines, nets, strict=True), start=1)
    ]
    draw_table(sheet, _columns(titles, rows, sheet.epw), rows, tail=tail)


def _columns(titles: Sequence[str], rows: Sequence[Sequence[str]], total: float) -> list[Column]:
    wanted = [
        max(width_of(title, LABEL), *(width_of(row[index], BODY) for row in rows))
        for index, title in enumerate(titles)
        if title != "Description"
    ]
    wanted.insert(1, total)
    widths = share_width(wanted, total - GUTTER * (len(titles) - 1))
    left = ("", "Description", "Unit")
    return [Column(title, width, title not in left) for title, width in zip(titles, widths, strict=True)]


def _draw_totals(sheet: Sheet, totals: Totals, currency: str) -> None:
    sums = [(label, format_amount(amount, currency=currency)) for label, amount in _sums(totals, currency)]
    gross = (f"Total {currency}", format_amount(totals.gross, currency=currency))
    left = sheet.right - max(TOTALS_WIDTH, _widest(sums, BODY), _widest([gross], TOTAL))
    sheet.needs(_totals_height(totals))  # the block stays together
    sheet.y += 16
    for label, amount in sums:
        sheet.needs(16)
        _draw_sum(sheet, label, amount, style=BODY, left=left)
        sheet.y += 16
    sheet.needs(26)
    sheet.bar(sheet.right - left, 1, ACCENT, x=left)
    sheet.y += 7
    _draw_sum(sheet, *gross, style=TOTAL, left=left)
    sheet.y += TOTAL.leading


def _totals_height(totals: Totals) -> float:
    return 16 + 16 * (len(totals.vat) + 1) + 26


def _draw_sum(sheet: Sheet, label: str, amount: str, *, style: Style, left: float) -> None:
    sheet.put(label, style, x=left)
    sheet.put(amount, style, x=sheet.right, right=True)


def _widest(sums: Sequence[tuple[str, str]], style: Style) -> float:
    return max(width_of(label, style) + GUTTER + width_of(amount, style) for label, amount in sums)


def _sums(totals: Totals, currency: str) -> list[tuple[str, Decimal]]:
    groups = [
        (f"VAT {format_number(group.rate)} % on {format_amount(group.net, currency=currency)}", group.vat)
        for group in totals.vat
    ]
    return [("Net", totals.net), *groups]


def _signature(seller: Party) -> str:
    return f"{seller.name} · VAT {seller.vat_id}" if seller.vat_id else seller.name
