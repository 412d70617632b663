"""The page of text: a title, paragraphs and bullets.

Read next: pdflab/service/storage/base.py.
"""

from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.typesetting.characters import reads_from_right
from pdflab.documents.typesetting.page import Rendered, Sheet
from pdflab.documents.typesetting.style import ACCENT, MARGIN, READING
from pdflab.documents.typesetting.typesetter import Typesetter


def draw_custom(request: CustomRequest, *, created_at: float, typesetter: Typesetter) -> Rendered:
    """Return the PDF of a page of text."""
    sheet = Sheet(request.title, created_at=created_at, typesetter=typesetter, paper=request.paper)
    sheet.headline(request.title)
    sheet.y += 14
    sheet.prose(request.text)
    for bullet in request.bullets:
        sheet.needs(READING.leading)
        rtl = reads_from_right(bullet)
        sheet.set_fill_color(ACCENT)
        sheet.rect(sheet.right - 5.5 if rtl else MARGIN + 2, sheet.y + 5.6, 3.5, 3.5, style="F")
        sheet.paragraph(bullet, READING, x=MARGIN + 16 * (not rtl), width=sheet.epw - 16)
        sheet.y += 4
    return sheet.finish(request.title)
