"""The naive renderer: an invoice as in fpdf2's tutorial, correct and slow.

`pdflab bench render` uses it. Three costs are hidden: `table()` and `multi_cell()` measure a line again for
each of its letters, every cell is laid out twice, and each document parses and subsets its own fonts.
Read next: pdflab/benchmarks/render.py.
"""

from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF
from PIL import Image

from pdflab.documents.invoice import content
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.requests.invoice import InvoiceRequest

FontFiles = tuple[Path, Path]  # regular and bold


class NaivePDF(FPDF):
    """A document with a page number at the bottom of each page."""

    def __init__(self, fonts: FontFiles | None) -> None:
        super().__init__()
        self.core_fonts_encoding = "cp1252"  # the default has no euro sign
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


def naive_invoice(request: InvoiceRequest, *, fonts: FontFiles | None = None) -> bytes:
    """Return an invoice with every value that ours shows; `fonts` are for texts beyond western Europe."""
    pdf = NaivePDF(fonts)
    pdf.write_line(content.title_of(request), size=24, bold=True)
    for fact in content.facts_of(request):
        pdf.write_line(f"{fact.label} {fact.value}")
    for lines, identity in content.parties_of(request):
        pdf.ln(4)
        for place, line in enumerate([*lines, *identity]):
            pdf.write_line(line, bold=place < 2)
    _write_lines(pdf, *content.items_of(request))
    pdf.ln(4)
    with pdf.table(col_widths=(70, 30), text_align=("RIGHT", "RIGHT"), first_row_as_headings=False) as table:
        for cells in content.sums_of(request):
            table.row(cells)
    for line in remarks_of(request):
        pdf.write_line(line)
    if code := code_image(request):
        pdf.image(code, w=26)
    return bytes(pdf.output())


def naive_custom(request: CustomRequest, *, fonts: FontFiles | None = None) -> bytes:
    """Return a page of text: a title, paragraphs and bullets."""
    pdf = NaivePDF(fonts)
    pdf.write_line(request.title, size=24, bold=True)
    pdf.write_line(request.text)
    for bullet in request.bullets:
        pdf.write_line(f"- {bullet}")
    return bytes(pdf.output())


def _write_lines(pdf: NaivePDF, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    pdf.ln(4)
    pdf.set_font(pdf.family, size=9)
    others = ("RIGHT",) * (len(titles) - 4)
    widths = (5, 38, 11, 9, *(12 for _ in others))
    with pdf.table(col_widths=widths, text_align=("RIGHT", "LEFT", "RIGHT", "LEFT", *others)) as table:
        table.row(titles)
        for row in rows:
            table.row(row)


# Shared with benchmarks/platypus.py, which draws the same invoice.


def remarks_of(request: InvoiceRequest) -> list[str]:
    """Return terms, account and remarks."""
    labels = content.translations_for(request.locale)
    terms = [labels["terms"], request.terms] if request.terms else []
    scan = labels["scan"] if content.code_of(request) else ""
    lines = (*terms, *content.account_of(request), scan, request.note)
    return [line for line in lines if line]


def code_image(request: InvoiceRequest) -> Image.Image | None:
    """Return the QR code for banking apps as a picture, made by the same fast module, for fairness."""
    rows = content.code_of(request)
    picture = Image.new("1", (len(rows), len(rows)), 1)
    picture.putdata([module == "0" for row in rows for module in row])
    return picture if rows else None
