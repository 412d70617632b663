"""The same invoice by reportlab's Platypus, in the style of its user guide: an external yardstick.

Read next: pdflab/documents/naive_render.py.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Image, Paragraph, SimpleDocTemplate, Spacer, Table

from pdflab.documents.invoice.content import facts_of, items_of, parties_of, sums_of, title_of
from pdflab.documents.naive_render import code_image, remarks_of
from pdflab.documents.requests.invoice import InvoiceRequest

_MARGINS = {"leftMargin": 50, "rightMargin": 50, "topMargin": 50, "bottomMargin": 58}  # a frame adds 6
_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=24, leading=34)
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13.3)
_LINES = [
    ("FONTSIZE", (0, 0), (-1, -1), 9.5),
    ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("ALIGN", (2, 0), (2, -1), "RIGHT"),
    ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, colors.lightgrey),
]
_SUMS = [("FONTSIZE", (0, 0), (-1, -1), 9.5), ("ALIGN", (0, 0), (-1, -1), "RIGHT")]


def platypus_invoice(request: InvoiceRequest) -> bytes:
    """Draw an invoice with every value that ours shows, in a core font."""
    output = BytesIO()
    document = SimpleDocTemplate(output, pagesize=A4, title=title_of(request), **_MARGINS)
    document.build(_story(request), onFirstPage=_number_page, onLaterPages=_number_page)
    return output.getvalue()


def _story(request: InvoiceRequest) -> list[Any]:
    titles, rows = items_of(request)
    cells = [(number, _paragraph([text]), *rest) for number, text, *rest in rows]
    space = Spacer(0, 12)
    facts = [f"{fact.label} {fact.value}" for fact in facts_of(request)]
    story = [Paragraph(escape(title_of(request)), _TITLE), _paragraph(facts), space]
    story += [Table([[_paragraph([*lines, *identity]) for lines, identity in parties_of(request)]]), space]
    story += [Table([titles, *cells], _widths(len(titles)), repeatRows=1, style=_LINES), space]
    story += [Table(sums_of(request), hAlign="RIGHT", style=_SUMS), space, _paragraph(remarks_of(request))]
    if code := code_image(request):
        picture = BytesIO()
        code.save(picture, "PNG")
        story.append(Image(picture, 74, 74, hAlign="LEFT"))
    return story


def _widths(columns: int) -> list[float]:
    numbers = [54.0] * (columns - 4)
    return [24.0, A4[0] - 112 - 24 - 50 - 36 - sum(numbers), 50.0, 36.0, *numbers]


def _paragraph(lines: Sequence[str]) -> Paragraph:
    return Paragraph("<br/>".join(map(escape, lines)), _BODY)  # escaped: Platypus reads markup in texts


def _number_page(canvas: Any, _document: Any) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(A4[0] - 56, 38, f"Page {canvas.getPageNumber()}")
