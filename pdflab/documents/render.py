"""A request in, the bytes of its PDF out: the one door of the renderer.

The same request and the same creation date give the same bytes, whoever draws them and when.
Read next: page.py, then invoice.py.
"""

from fpdf.errors import FPDFException, FPDFUnicodeEncodingException

from pdflab.documents.custom import draw_custom
from pdflab.documents.invoice import draw_invoice
from pdflab.documents.report import draw_report
from pdflab.documents.requests import CustomRequest, DocumentRequest, InvoiceRequest, ReportRequest
from pdflab.errors import ImpossibleDocument


def render(request: DocumentRequest, *, created_at: float) -> bytes:
    """Draw a document; `created_at`, in seconds since the epoch, becomes its creation date.

    Raises ImpossibleDocument when the request is valid and yet cannot be drawn.
    """
    try:
        return _draw(request, created_at=created_at)
    except UnicodeEncodeError as error:
        raise _no_glyph(error.object[error.start]) from None
    except FPDFUnicodeEncodingException as error:
        raise _no_glyph(error.character) from None
    except FPDFException as error:
        raise ImpossibleDocument(f"this document cannot be drawn: {error}") from error


def _draw(request: DocumentRequest, *, created_at: float) -> bytes:
    match request:
        case CustomRequest():
            return draw_custom(request, created_at=created_at)
        case InvoiceRequest():
            return draw_invoice(request, created_at=created_at)
        case ReportRequest():
            return draw_report(request, created_at=created_at)


def _no_glyph(character: str) -> ImpossibleDocument:
    code = f"U+{ord(character):04X}"
    return ImpossibleDocument(
        f"this document's font has no glyph for {character!r} ({code}): replace that character"
    )
