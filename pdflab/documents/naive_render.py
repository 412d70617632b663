"""The naive renderer: an invoice as in fpdf2's tutorial, correct and slow.

`pdflab bench render` uses it. Three costs are hidden: `table()` and `multi_cell()` measure a line again for
each of its letters, every cell is laid out twice, and each document parses and subsets its own fonts.
Read next: pdflab/benchmarks/render.py.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fpdf import FPDF
from PIL import Image

from pdflab.documents.invoice import content
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.requests.invoice import InvoiceRequest

FontFiles = tuple[Path, Path]  # regular and bold


def naive_invoice(request: InvoiceRequest, *, fonts: FontFiles | None = None) -> bytes:
    """Return an invoice with every value that ours shows; `fonts` are for texts beyond western Europe."""
    pdf = _start(content.title_of(request), fonts)
    for fact in content.facts_of(request):
        _write(pdf, f"{fact.label} {fact.value}")
    for lines, identity in content.parties_of(request):
        _write(pdf, "\n".join(["", *lines, *identity, ""]))
    titles, rows = content.items_of(request)
    others = len(titles) - 4
    widths, aligned = (5, 38, 11, 9, *[12] * others), ("RIGHT", "LEFT", "RIGHT", "LEFT", *["RIGHT"] * others)
    _write_table(pdf, [titles, *rows], col_widths=widths, text_align=aligned)
    _write_table(pdf, content.sums_of(request), text_align="RIGHT", first_row_as_headings=False)
    for line in remarks_of(request):
        _write(pdf, line)
    if code := code_image(request):
        pdf.image(code, w=26)
    return bytes(pdf.output())


def naive_custom(request: CustomRequest) -> bytes:
    """Return a page of text: a title, paragraphs and bullets."""
    pdf = _start(request.title)
    for text in (request.text, *(f"- {bullet}" for bullet in request.bullets)):
        _write(pdf, text)
    return bytes(pdf.output())


def _start(title: str, fonts: FontFiles | None = None) -> FPDF:
    pdf = FPDF()
    pdf.core_fonts_encoding = "cp1252"  # the default has no euro sign
    for style, path in zip(("", "B"), fonts or (), strict=False):
        pdf.add_font("dejavu", style, path)
    pdf.add_page()
    pdf.set_font("dejavu" if fonts else "helvetica", "B", 24)
    _write(pdf, title)
    pdf.set_font(style="", size=9)
    return pdf


def _write(pdf: FPDF, text: str) -> None:
    pdf.multi_cell(0, text=text, new_x="LMARGIN", new_y="NEXT")


def _write_table(pdf: FPDF, rows: Iterable[Sequence[str]], **layout: Any) -> None:
    with pdf.table(**layout) as table:
        for row in rows:
            table.row(row)


# Shared with benchmarks/platypus.py, which draws the same invoice.


def remarks_of(request: InvoiceRequest) -> list[str]:
    """Return terms, account and remarks."""
    labels = content.translations_for(request.locale)
    terms = [labels["terms"], request.terms] if request.terms else []
    scan = labels["scan"] if content.code_of(request) else ""
    return [line for line in (*terms, *content.account_of(request), scan, request.note) if line]


def code_image(request: InvoiceRequest) -> Image.Image | None:
    """Return the QR code for banking apps as a picture, made by the same fast module, for fairness."""
    rows = content.code_of(request)
    picture = Image.new("1", (len(rows), len(rows)), 1)
    picture.putdata([module == "0" for row in rows for module in row])
    return picture if rows else None
