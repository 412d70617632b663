"""The text writer makes sound files."""

import io

import pikepdf
import pytest

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.page import Rendered
from pdflab.documents.typesetting.style import INK
from pdflab.documents.typesetting.text_writer import TextWriter
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()
SCRIPTS = {
    "western": "Crème (brûlée) \\ 5 €",
    "cyrillic": "Счёт № 5, Müller, 12,50 ₽",
    "hebrew": "שלום עולם (123) ABC",
    "arabic": "مرحبا بالعالم",
    "symbols": "up → ☃",
}


def drawn(text: str) -> Rendered:
    data = {"type": "custom", "title": text, "text": text, "bullets": [text]}
    return render(parse_request(data), created_at=0, fonts=FONTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_file_is_sound(script: str) -> None:
    """No object is malformed, whatever was embedded."""
    assert not pikepdf.open(io.BytesIO(drawn(SCRIPTS[script]).pdf)).check_pdf_syntax()


def test_bars_are_one_shape() -> None:
    """Between two shapes that touch, viewers draw a seam."""
    pdf = TextWriter()
    pdf.add_page()

    pdf.bars([(0, 2, 0), (1, 3, 1)], 10, 20, unit=2, colour=INK)

    assert bytes(pdf.pages[1].contents).split()[-12:] == b"0 0 2 1 re 1 1 2 1 re f Q".split()
