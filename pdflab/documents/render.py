"""The renderer: a request in, the bytes of its PDF out.

The same request, fonts and creation date give the same bytes, in every process and at any time.
Read next: pdflab/documents/custom.py.
"""

from fpdf.errors import FPDFException

from pdflab.documents.kinds import KINDS
from pdflab.documents.requests.base import DocumentRequest
from pdflab.documents.typesetting.characters import MAX_EFFORT, least_effort
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import ImpossibleDocument


def render(request: DocumentRequest, *, created_at: float, fonts: FontBook) -> Rendered:
    """Return the PDF of a request; `created_at`, in seconds since the epoch, becomes its creation date.

    A character that no font has becomes a box; its name is in `missing_glyphs`.
    Raises ImpossibleDocument when a valid request cannot be drawn: it has more than 500 pages, or so much
    complex text that it would occupy a worker for many seconds.
    """
    text = request.model_dump_json()
    if least_effort(text) > MAX_EFFORT:
        raise ImpossibleDocument("this document has too much text; split it into several documents")
    try:
        draw = KINDS[request.type].draw
        return draw(request, created_at=created_at, typesetter=fonts.typesetter(text))
    except (FPDFException, ValueError, NotImplementedError, RecursionError) as error:
        raise ImpossibleDocument(f"this document cannot be drawn: {error}") from error
