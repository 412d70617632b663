"""A page of a PDF as a picture, so that a notebook shows what was made.

Read next: notebook/control_room.py.
"""

import io
from pathlib import Path

from IPython.display import Image
from pypdfium2 import PdfDocument

_COLOURS = 32  # enough for text on paper, and a third of the bytes


def first_page(pdf: Path, *, width: int = 420) -> Image:
    """Paint the first page of a PDF, so many pixels wide."""
    document = PdfDocument(pdf)
    try:
        page = document[0]
        picture = page.render(scale=width / page.get_width()).to_pil()
    finally:
        document.close()
    file = io.BytesIO()
    picture.quantize(_COLOURS).save(file, format="PNG", optimize=True)
    return Image(file.getvalue(), width=width)
