"""The first page of a PDF becomes a picture."""

import io

import PIL.Image
import pytest
from pypdfium2 import PdfiumError

from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.lab.first_page import first_page_png


def test_a_page_is_painted_as_wide_as_was_asked_for() -> None:
    """With the proportions of the paper."""
    pdf = render(parse_request(sample_request("invoice", 1)), created_at=0, fonts=FontBook()).pdf

    picture = PIL.Image.open(io.BytesIO(first_page_png(pdf, width=400)))

    assert picture.width == 400
    assert 560 <= picture.height <= 570


def test_what_is_no_pdf_has_no_page() -> None:
    """Who shows a file that may not be one of ours has to expect that."""
    with pytest.raises(PdfiumError):
        first_page_png(b"not a PDF", width=100)
