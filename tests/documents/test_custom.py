"""The free text: what was written, on the paper that was asked for."""

import io
from typing import Any

import pytest
from pypdf import PdfReader

from pdflab.documents.custom import draw_custom
from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.requests.custom import CustomRequest
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()


def read(**data: Any) -> PdfReader:
    request = parse_request({"type": "custom", "title": "Notes", "text": "", **data})
    return PdfReader(io.BytesIO(render(request, created_at=0, fonts=FONTS).pdf))


def test_title_paragraphs_and_points_come_back() -> None:
    """Accents, quotes and the euro sign can be read from the file."""
    page = read(text="Première – “fine”\n\n5 € for Zoë", bullets=["Crème brûlée"]).pages[0].extract_text()

    for words in ("Notes", "Première – “fine”", "5 € for Zoë", "Crème brûlée", "Page 1 of 1"):
        assert words in page


def test_rendering_only_chooses_the_fonts() -> None:
    """The same bytes come from the drawing itself."""
    request = CustomRequest(type="custom", title="Notes", text="Plain.")
    drawn = draw_custom(request, created_at=0, typesetter=FONTS.typesetter(""))

    assert drawn == render(request, created_at=0, fonts=FONTS)


@pytest.mark.parametrize(("paper", "size"), [("A4", (595.28, 841.89)), ("Letter", (612, 792))])
def test_the_paper_is_the_one_asked_for(paper: str, size: tuple[float, float]) -> None:
    """A4 by the millimetre, Letter by the inch."""
    box = read(paper=paper).pages[0].mediabox

    assert (float(box.width), float(box.height)) == pytest.approx(size, abs=0.01)


def test_two_hundred_points_go_on_over_the_pages() -> None:
    """None is lost, and each page is numbered."""
    pages = [page.extract_text() for page in read(bullets=[f"point {n}" for n in range(200)]).pages]

    assert all(f"point {n}\n" in "".join(pages) for n in range(200))
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, start=1))


@pytest.mark.parametrize(
    "name", ['O\'Brien "and" sons', "a/b\\c", "(((", ")", "%PDF-1.4", "endstream endobj", "<< /JS >>", "{nb}"]
)
def test_a_name_is_only_ever_text(name: str) -> None:
    """What means something to a PDF is drawn, and means nothing."""
    reader = read(title=name, text=name, bullets=[name])

    assert reader.pages[0].extract_text().count(name) >= 3
    assert reader.metadata is not None
    assert reader.metadata.title == name


def test_a_name_cannot_turn_its_line_round() -> None:
    """An override of direction is dropped: the letters stay in their order."""
    text = read(text="invoice\u202efdp.exe\u202c \u2066x\u2069").pages[0].extract_text()

    assert "invoicefdp.exe x" in text
