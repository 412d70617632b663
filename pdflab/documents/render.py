"""A request in, the bytes of its PDF out: the one endpoint of the renderer.

The same request, fonts and creation date give the same bytes, whoever draws them and when.
Read next: documents/typesetting/page.py, then documents/invoice/invoice.py.
"""

from fpdf.errors import FPDFException

from pdflab.documents.kinds import KINDS
from pdflab.documents.requests.base import DocumentRequest
from pdflab.documents.typesetting.bidi import count_rtl
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import ImpossibleDocument

_MAX_EFFORT = 4_000_000  # some seconds on a slow core; a page of western text is 5,000


def render(request: DocumentRequest, *, created_at: float, fonts: FontBook) -> Rendered:
    """Draw a document; `created_at`, in seconds since the epoch, becomes its creation date.

    A character that none of the fonts has becomes a box, and is named in what is returned.
    Raises ImpossibleDocument when the request is valid and yet cannot be drawn: it has more than 500 pages,
    or so much text that is costly to set that it would hold a worker for many seconds.
    """
    text = request.model_dump_json()
    if effort(text) > _MAX_EFFORT:
        raise ImpossibleDocument("this document has too much text: ask for it in parts")
    try:
        draw = KINDS[request.type].draw
        return draw(request, created_at=created_at, typesetter=fonts.typesetter(text))
    except (FPDFException, ValueError, NotImplementedError, RecursionError) as error:
        raise ImpossibleDocument(f"this document cannot be drawn: {error}") from error


def effort(text: str) -> int:
    """Estimate what a text costs to set, in western characters.

    Text that is read from right to left is ordered and shaped; a character is looked for in each font once.
    """
    if text.isascii():
        return len(text)
    return len(text) + 20 * count_rtl(text) + 100 * len(set(text))
