"""The first page of a PDF as a picture.

Read next: pdflab/notebook/job_lookup.py.
"""

import io
from threading import Lock

import PIL.Image
from IPython.display import Image
from pypdfium2 import PdfDocument, PdfiumError

_COLOURS = 32  # enough for text on paper, and a third of the bytes
_LOCK = Lock()  # pdfium is not thread-safe: a cell and a control room may both draw


def first_page(pdf: bytes, *, width: int = 420) -> Image:
    """Return the first page of a PDF as a picture, `width` pixels wide."""
    file = io.BytesIO()
    _render(pdf, width).quantize(_COLOURS).save(file, format="PNG", optimize=True)
    return Image(file.getvalue(), width=width)


def thumbnail(pdf: bytes, *, width: int) -> bytes | None:
    """Return the first page as a PNG file, or None if the bytes are no PDF."""
    file = io.BytesIO()
    try:
        _render(pdf, width).quantize(_COLOURS).save(file, format="PNG")
    except PdfiumError:
        return None
    return file.getvalue()


def _render(pdf: bytes, width: int) -> PIL.Image.Image:
    with _LOCK:
        document = PdfDocument(pdf)
        try:
            page = document[0]
            picture: PIL.Image.Image = page.render(scale=width / page.get_width()).to_pil()
        finally:
            document.close()
    return picture
