"""The naive rendering: an invoice as fpdf2's own tutorial would have it, correct and slow.

It is here to be measured and read, never to serve: `pdflab bench render` holds the renderer against it, and a
lesson asks where its time goes. Three things cost, and none of them looks expensive: `table()` and
`multi_cell()` measure a line anew for each of its letters, every cell is laid out twice, and each document
parses and subsets fonts of 6,000 glyphs of its own.
Read next: requests.py, what all of this is asked by.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from fpdf import FPDF
from PIL import Image

from pdflab.documents.formats import formats_for
from pdflab.documents.labels import labels_for
from pdflab.documents.payment import spaced, transfer_text
from pdflab.documents.qr import qr_rows
from pdflab.documents.requests import CustomRequest, InvoiceRequest, Party

FontFiles = tuple[Path, Path]  # regular and bold


class TutorialPDF(FPDF):
    """A document with a page number at the bottom of each page."""

    def __init__(self, fonts: FontFiles | None) -> None:
        super().__init__()
        self.core_fonts_encoding = "cp1252"  # the default knows no euro sign
        self.family = "dejavu" if fonts else "helvetica"
        for style, path in zip(("", "B"), fonts or (), strict=False):
            self.add_font("dejavu", style, path)
        self.add_page()

    def footer(self) -> None:
        """Write the page number; fpdf2 calls this at the end of each page."""
        self.set_y(-15)
        self.set_font(self.family, size=8)
        self.cell(0, 10, f"Page {self.page_no()} of {{nb}}", align="C")

    def write_line(self, text: str, *, size: float = 10, bold: bool = False) -> None:
        """Write a paragraph over the whole width."""
        self.set_font(self.family, style="B" if bold else "", size=size)
        self.multi_cell(0, text=text, new_x="LMARGIN", new_y="NEXT")


def tutorial_invoice(request: InvoiceRequest, *, fonts: FontFiles | None = None) -> bytes:
    """Draw an invoice with every value that ours shows; `fonts` is for texts beyond western Europe."""
    pdf = TutorialPDF(fonts)
    pdf.write_line(title_of(request), size=24, bold=True)
    for fact in facts_of(request):
        pdf.write_line(fact)
    for party in parties_of(request):
        _write_party(pdf, party)
    _write_table(pdf, *items_of(request))
    _write_sums(pdf, request)
    for line in payment_of(request):
        pdf.write_line(line)
    if code := code_of(request):
        pdf.image(code, w=26)
    return bytes(pdf.output())


def tutorial_custom(request: CustomRequest, *, fonts: FontFiles | None = None) -> bytes:
    """Draw a text: a title, its paragraphs and its points."""
    pdf = TutorialPDF(fonts)
    pdf.write_line(request.title, size=24, bold=True)
    pdf.write_line(request.text)
    for bullet in request.bullets:
        pdf.write_line(f"- {bullet}")
    return bytes(pdf.output())


def _write_party(pdf: TutorialPDF, lines: Sequence[str]) -> None:
    pdf.ln(4)
    for place, line in enumerate(lines):
        pdf.write_line(line, bold=place < 2)


def _write_table(pdf: TutorialPDF, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    pdf.ln(4)
    pdf.set_font(pdf.family, size=9)
    others = ("RIGHT",) * (len(titles) - 4)
    widths = (5, 38, 11, 9, *(12 for _ in others))
    with pdf.table(col_widths=widths, text_align=("RIGHT", "LEFT", "RIGHT", "LEFT", *others)) as table:
        table.row(titles)
        for row in rows:
            table.row(row)


def _write_sums(pdf: TutorialPDF, request: InvoiceRequest) -> None:
    pdf.ln(4)
    with pdf.table(col_widths=(70, 30), text_align=("RIGHT", "RIGHT"), first_row_as_headings=False) as table:
        for cells in sums_of(request):
            table.row(cells)


# What an invoice says, as texts; the other yardstick, bench/platypus.py, uses it too.


def title_of(request: InvoiceRequest) -> str:
    """Give the headline."""
    return f"{labels_for(request.locale).invoice} {request.number}"


def facts_of(request: InvoiceRequest) -> list[str]:
    """Give the days, what is to be paid, and what the buyer asked to be told."""
    labels, formats = labels_for(request.locale), formats_for(request.locale, request.currency)
    facts = [
        (labels.issued, formats.day(request.issued)),
        (labels.due, request.due and formats.day(request.due)),
        (labels.amount_due, formats.sum(request.totals.due)),
        (labels.order, request.order_number),
        (labels.reference, request.buyer_reference),
    ]
    return [f"{label} {value}" for label, value in facts if value]


def parties_of(request: InvoiceRequest) -> list[list[str]]:
    """Give the lines of the seller and of the buyer, a label first."""
    labels = labels_for(request.locale)

    def lines(label: str, party: Party) -> list[str]:
        vat = party.vat_id and f"{labels.vat} {party.vat_id}"
        return [line for line in (label, party.name, *party.address, party.country, vat) if line]

    return [lines(labels.seller, request.seller), lines(labels.buyer, request.buyer)]


def items_of(request: InvoiceRequest) -> tuple[list[str], list[list[str]]]:
    """Give the headings of the columns, and the cells of each line."""
    labels, formats = labels_for(request.locale), formats_for(request.locale, request.currency)
    discount = any(line.discount for line in request.lines)
    titles = ["", labels.description, labels.quantity, labels.unit, labels.unit_price]
    titles += [*([labels.discount] if discount else []), f"{labels.vat} %", labels.amount]
    rows = [
        [
            str(number),
            line.description,
            formats.number(line.quantity),
            line.unit,
            formats.price(line.unit_price),
            *([formats.number(line.discount)] if discount else []),
            formats.number(line.vat_rate),
            formats.amount(net),
        ]
        for number, (line, net) in enumerate(zip(request.lines, request.nets, strict=True), start=1)
    ]
    return titles, rows


def sums_of(request: InvoiceRequest) -> Iterator[tuple[str, str]]:
    """Give the sums below the lines, each with its name."""
    labels, formats = labels_for(request.locale), formats_for(request.locale, request.currency)
    totals = request.totals
    yield labels.net, formats.amount(totals.net)
    for group in totals.vat:
        label = labels.vat_on.format(rate=formats.number(group.rate), net=formats.amount(group.net))
        yield label, formats.amount(group.vat)
    yield f"{labels.total} {request.currency}", formats.amount(totals.gross)
    if totals.paid:
        yield labels.paid, formats.amount(-totals.paid)
        yield f"{labels.amount_due} {request.currency}", formats.amount(totals.due)


def payment_of(request: InvoiceRequest) -> list[str]:
    """Give where and how to pay, and the remarks."""
    labels, account = labels_for(request.locale), request.account
    lines: list[str | None] = [labels.terms, request.terms] if request.terms else []
    if account:
        lines += [labels.payment, account.name or request.seller.name, spaced(account.iban)]
        lines += [account.bic and f"BIC {account.bic}", labels.scan if code_of(request) else None]
    return [line for line in (*lines, request.note) if line]


def code_of(request: InvoiceRequest) -> Image.Image | None:
    """Give the code for banking apps as a picture; its modules come as cheap as ours, to be fair."""
    account = request.account
    if not account or request.currency != "EUR":
        return None
    name, amount = account.name or request.seller.name, request.totals.due
    text = transfer_text(
        name=name, iban=account.iban, bic=account.bic, amount=amount, remittance=request.number
    )
    rows = qr_rows(text) if text else []
    picture = Image.new("1", (len(rows), len(rows)), 1)
    picture.putdata([module == "0" for row in rows for module in row])
    return picture if rows else None
