"""A page of a PDF as a picture, so that a notebook shows what was made.

Read next: pdflab/notebook/control_room.py.
"""

import io
from threading import Lock

import PIL.Image
from IPython.display import Image
from pypdfium2 import PdfDocument, PdfiumError

_COLOURS = 32  # enough for text on paper, and a third of the bytes
_ONE_AT_A_TIME = Lock()  # pdfium is not made for several threads: a cell and a control room may both paint


def first_page(pdf: bytes, *, width: int = 420) -> Image:
    """Paint the first page of a PDF, so many pixels wide."""
    file = io.BytesIO()
    _paint(pdf, width).quantize(_COLOURS).save(file, format="PNG", optimize=True)
    return Image(file.getvalue(), width=width)


def thumbnail(pdf: bytes, *, width: int) -> bytes | None:
    """Paint the first page small, as the bytes of a PNG file; None when they are no PDF."""
    file = io.BytesIO()
    try:
        _paint(pdf, width).quantize(_COLOURS).save(file, format="PNG")
    except PdfiumError:
        return None
    return file.getvalue()


def _paint(pdf: bytes, width: int) -> PIL.Image.Image:
    with _ONE_AT_A_TIME:
        document = PdfDocument(pdf)
        try:
            page = document[0]
            picture: PIL.Image.Image = page.render(scale=width / page.get_width()).to_pil()
        finally:
            document.close()
    return picture
