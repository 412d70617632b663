"""A page of a PDF as a picture."""

import io
from pathlib import Path

import PIL.Image

from pdflab.__main__ import main
from pdflab.notebook.preview import first_page, thumbnail


def test_a_page_is_painted_as_wide_as_was_asked_for(tmp_path: Path) -> None:
    """A notebook shows it, a control room shows it small."""
    main(["sample", "invoice", "--out", str(tmp_path / "a.pdf")])
    pdf = (tmp_path / "a.pdf").read_bytes()

    small = thumbnail(pdf, width=110)

    assert small is not None
    assert PIL.Image.open(io.BytesIO(small)).width == 110
    assert PIL.Image.open(io.BytesIO(first_page(pdf).data)).width == 420


def test_what_is_no_pdf_has_no_thumbnail() -> None:
    """A file that is not one of ours must not break the picture beside it."""
    assert thumbnail(b"not a PDF", width=110) is None
