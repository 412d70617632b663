"""Two pens draw the same page: one that knows this version of fpdf2, and one that needs to know nothing."""

import io
from typing import Any

import pikepdf
import pypdfium2
import pytest
from fpdf.fonts import SubsetMap
from fpdf.output import OutputProducer, ResourceCatalog
from fpdf.syntax import PDFObject
from pypdf import PdfReader

from pdflab.documents import page
from pdflab.documents.page import Rendered
from pdflab.documents.pen import fits
from pdflab.documents.render import render
from pdflab.documents.requests import parse_request
from pdflab.errors import ImpossibleDocument
from pdflab.service.fontfiles import find_fonts

FONTS = find_fonts()
SCRIPTS = {
    "western": "Crème (brûlée) \\ 5 €",
    "cyrillic": "Счёт № 5, Müller, 12,50 ₽",
    "hebrew": "שלום עולם (123) ABC",
    "arabic": "مرحبا بالعالم",
    "symbols": "up → ☃",
}


@pytest.fixture
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "fits", lambda: False)


def drawn(text: str) -> Rendered:
    data = {"type": "custom", "title": text, "text": text, "bullets": [text]}
    return render(parse_request(data), created_at=0, fonts=FONTS)


def picture(rendered: Rendered) -> Any:
    return pypdfium2.PdfDocument(rendered.pdf)[0].render(scale=1, grayscale=True).to_numpy().astype(int)


def test_the_installed_version_is_one_we_know() -> None:
    """Else everything would still work, several times slower: this is where one would see it."""
    assert fits()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (OutputProducer, "_add_fonts"),
        (OutputProducer, "_add_pdf_obj"),
        (ResourceCatalog, "add"),
        (PDFObject, "__init__"),
    ],
)
def test_another_shape_is_noticed(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that has become another one is not called."""
    monkeypatch.setattr(owner, name, lambda: None)

    assert not fits.__wrapped__()


@pytest.mark.parametrize("script", SCRIPTS)
def test_both_pens_draw_the_same_page(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly a pixel differs, in any script."""
    fast = picture(drawn(SCRIPTS[script]))
    monkeypatch.setattr(page, "fits", lambda: False)
    plain = picture(drawn(SCRIPTS[script]))

    assert (255 - fast).sum() > 100_000
    assert abs(fast - plain).sum() < 0.03 * (255 - fast).sum()


@pytest.mark.usefixtures("_plain")
def test_the_plain_pen_writes_text_that_can_be_read() -> None:
    """Its documents are as good, only later."""
    rendered = drawn("Счёт № 5")

    assert "Счёт № 5" in PdfReader(io.BytesIO(rendered.pdf)).pages[0].extract_text()
    assert not pikepdf.open(io.BytesIO(rendered.pdf)).check_pdf_syntax()


@pytest.mark.usefixtures("_plain")
def test_the_plain_pen_leaves_no_font_behind() -> None:
    """fpdf2 remembers every glyph of a font until another document is finished: a failed one would stay."""
    request = parse_request({"type": "custom", "title": "Счёт", "text": "Ж\n" * 25_000})
    with pytest.raises(ImpossibleDocument, match="more than 500 pages"):
        render(request, created_at=0, fonts=FONTS)

    assert SubsetMap.pick.cache_info().currsize == SubsetMap.get_glyph.cache_info().currsize == 0


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_file_is_sound(script: str) -> None:
    """No object is malformed, whatever was embedded."""
    assert not pikepdf.open(io.BytesIO(drawn(SCRIPTS[script]).pdf)).check_pdf_syntax()
