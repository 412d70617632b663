"""The naive rendering is slow, not wrong: what it is measured against shows the same things."""

import io
import re
from typing import Any, cast

import pytest
from fpdf.fonts import CoreFont
from pypdf import PdfReader

from pdflab.benchmarks.platypus import platypus_invoice
from pdflab.documents.invoice.content import translations_for
from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.naive_render import naive_custom, naive_invoice
from pdflab.documents.render import render
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.typesetting.font_book import FontBook

INVOICE = cast("InvoiceRequest", parse_request(sample_request("invoice", 1, lines=12)))


def words_of(pdf: bytes) -> set[str]:
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return set(re.findall(r"\S+", text))


@pytest.mark.parametrize("draw", [naive_invoice, platypus_invoice])
def test_the_yardsticks_show_every_value_that_ours_shows(draw: object) -> None:
    """No word and no number of our invoice is missing: the benchmark compares the same work."""
    theirs = words_of(draw(INVOICE))  # type: ignore[operator]
    ours = words_of(render(INVOICE, created_at=0, fonts=FontBook()).pdf)

    numbering = {"Page", "of", *translations_for(INVOICE.locale)["page"].format(number=1, count=1).split()}
    assert {word for word in ours if any(letter.isalnum() for letter in word)} - theirs <= numbering


def test_the_naive_text_has_its_paragraphs_and_points() -> None:
    """The free text is whole, too."""
    data = sample_request("custom", 1)
    request = cast("CustomRequest", parse_request(data))

    assert set(f"{data['title']} {data['text']}".split()) <= words_of(naive_custom(request))


def test_the_naive_measures_each_letter_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its time goes: to place a text, fpdf2 measures over twenty times as many letters as it has."""
    measured = 0
    get_text_width = CoreFont.get_text_width

    def counted(font: CoreFont, text: str, *rest: Any) -> float:
        nonlocal measured
        measured += len(text)
        return get_text_width(font, text, *rest)

    monkeypatch.setattr(CoreFont, "get_text_width", counted)
    letters = sum(map(len, words_of(naive_invoice(INVOICE))))

    assert measured > 20 * letters
