"""Each kind as a picture, held against one that a person has looked at.

The references are in pictures/. After a change of the look that is meant, make them anew, and look at them:

    PDFLAB_NEW_PICTURES=1 python -m pytest tests/documents/test_pictures.py
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from test_proofs import invoice_in

from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.page import Sheet
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()  # locates them; none is read yet
PICTURES = Path(__file__).parent / "pictures"
DPI = 55
GREYS = 16
LARGEST = 20_000  # bytes of a reference

DOCUMENTS = {
    "custom": (sample_request("custom", 1), 0),
    "invoice": (invoice_in("de_DE", lines=12), 0),
    "invoice-second-page": (invoice_in("en_GB", lines=40), 1),
    "invoice-cyrillic": (invoice_in("bg_BG", lines=12), 0),
    "invoice-arabic": (invoice_in("ar_SA", lines=12), 0),
    "report-title": (sample_request("report", 1), 0),
    "report-charts": (sample_request("report", 1), 1),
    "report-table": (sample_request("report", 1), 2),
}


def picture_of(data: dict[str, Any], page: int) -> Image.Image:
    """Draw a page in sixteen greys, as the references are kept."""
    pdf = render(parse_request(data), created_at=1_770_000_000, fonts=FONTS).pdf
    grey = pypdfium2.PdfDocument(pdf)[page].render(scale=DPI / 72, grayscale=True).to_pil()
    return grey.quantize(GREYS)


def differs(picture: Image.Image, reference: Image.Image) -> bool:
    """Tell whether more than one in a hundred of the inked pixels changed; the edge of a letter may."""
    if picture.size != reference.size:
        return True
    one, two = (np.asarray(image.convert("L"), dtype=int) for image in (picture, reference))
    inked = (np.minimum(one, two) < 200).sum()
    return bool((abs(one - two) > 64).sum() > inked / 100)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_page_looks_as_it_did_when_a_person_looked(name: str) -> None:
    """Nothing moved, vanished or changed its weight since the reference was approved."""
    picture, file = picture_of(*DOCUMENTS[name]), PICTURES / f"{name}.png"
    if os.environ.get("PDFLAB_NEW_PICTURES"):
        picture.save(file, optimize=True)

    assert not differs(picture, Image.open(file))
    assert file.stat().st_size <= LARGEST


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_comparison_sees_a_point(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that stands 1 pt lower, a third of a millimetre, differs from the reference."""
    put = Sheet.put

    def put_lower(sheet: Sheet, text: str, style: Any, *, y: float | None = None, **where: Any) -> None:
        put(sheet, text, style, y=(sheet.y if y is None else y) + 1, **where)

    monkeypatch.setattr(Sheet, "put", put_lower)

    assert differs(picture_of(*DOCUMENTS[name]), Image.open(PICTURES / f"{name}.png"))


def test_the_comparison_sees_one_line_that_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not the number of lines: a single one among forty is enough."""
    data, page = DOCUMENTS["invoice"]
    reference = picture_of(data, page)
    put, name = Sheet.put, data["seller"]["name"]

    def put_lower(sheet: Sheet, text: str, style: Any, *, y: float | None = None, **where: Any) -> None:
        top = sheet.y if y is None else y
        put(sheet, text, style, y=top + 1 if text == name else top, **where)

    monkeypatch.setattr(Sheet, "put", put_lower)

    assert differs(picture_of(data, page), reference)


def test_the_same_page_in_other_greys_is_the_same() -> None:
    """The tolerance is real: a little more or less ink at the edges of letters is no difference."""
    reference = picture_of(*DOCUMENTS["custom"])
    paler = reference.convert("L").point(lambda value: min(255, value + 24))

    assert not differs(paler, reference)


def test_a_page_of_another_size_differs() -> None:
    """Letter is not A4."""
    data, page = DOCUMENTS["custom"]

    assert differs(picture_of(data | {"paper": "Letter"}, page), picture_of(data, page))
