"""The pen writes sound files, and refuses an fpdf2 whose private parts are not those that it knows."""

import io

import pikepdf
import pytest
from fpdf import FPDF
from fpdf.output import OutputProducer, ResourceCatalog

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.page import Rendered
from pdflab.documents.typesetting.text_writer import _look_for_private_parts
from pdflab.errors import UsageError
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


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (OutputProducer, "_add_fonts"),
        (OutputProducer, "_add_pdf_obj"),
        (ResourceCatalog, "add"),
        (FPDF, "_set_min_pdf_version"),
    ],
)
@pytest.mark.parametrize("change", ["gone", "another"])
def test_an_unknown_version_is_refused_in_a_sentence(
    owner: type, name: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private function that is gone, or has become another one, is named, and never called."""
    _look_for_private_parts.cache_clear()
    if change == "gone":
        monkeypatch.delattr(owner, name)
    else:
        monkeypatch.setattr(owner, name, lambda: None)

    with pytest.raises(UsageError, match=rf"has changed {owner.__name__}\.{name}, .* pip install fpdf2=="):
        drawn("western")


def test_a_pdf_without_a_catalog_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a field, not a function: only an instance has it."""
    _look_for_private_parts.cache_clear()
    monkeypatch.setattr("pdflab.documents.typesetting.text_writer.FPDF", lambda: None)

    with pytest.raises(UsageError, match=r"has changed FPDF\._resource_catalog, "):
        drawn("western")


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_file_is_sound(script: str) -> None:
    """No object is malformed, whatever was embedded."""
    assert not pikepdf.open(io.BytesIO(drawn(SCRIPTS[script]).pdf)).check_pdf_syntax()
