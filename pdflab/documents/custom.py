"""The free text: a title, paragraphs, and a list of points.

Read next: invoice.py.
"""

from pdflab.documents.page import ACCENT, MARGIN, READING, Sheet
from pdflab.documents.requests import CustomRequest


def draw_custom(request: CustomRequest, *, created_at: float) -> bytes:
    """Draw a text and give the bytes of its PDF."""
    sheet = Sheet(request.title, created_at=created_at, paper=request.paper)
    sheet.headline(request.title)
    sheet.y += 14
    sheet.prose(request.text)
    for bullet in request.bullets:
        _draw_bullet(sheet, bullet)
    return sheet.finish(request.title)


def _draw_bullet(sheet: Sheet, text: str) -> None:
    sheet.needs(READING.leading)
    sheet.set_fill_color(ACCENT)
    sheet.rect(MARGIN + 2, sheet.y + 5.6, 3.5, 3.5, style="F")
    sheet.paragraph(text, READING, x=MARGIN + 16)
    sheet.y += 4
