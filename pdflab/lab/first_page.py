"""The first page of a PDF as a picture.

Read next: pdflab/notebook/job_view.py.
"""

import io
from threading import Lock

from pypdfium2 import PdfDocument

_COLOURS = 32  # enough for text on paper, and a third of the bytes
_LOCK = Lock()  # pdfium is not thread-safe: cells, a control room and a classroom may all draw


def first_page_png(pdf: bytes, *, width: int) -> bytes:
    """Return the first page of a PDF as a PNG file, `width` pixels wide. Raises PdfiumError if it is none."""
    with _LOCK:
        document = PdfDocument(pdf)
        try:
            page = document[0]
            picture = page.render(scale=width / page.get_width()).to_pil()
        finally:
            document.close()
    file = io.BytesIO()
    picture.quantize(_COLOURS).save(file, format="PNG", optimize=True)
    return file.getvalue()
