"""What cannot be seen, and what would hold a worker: names, accents, long lines."""

import unicodedata
from decimal import Decimal
from typing import Any

import pytest

from pdflab.documents.invoice.content import transfer_text
from pdflab.documents.kinds import parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.characters import MAX_EFFORT, least_effort
from pdflab.errors import ImpossibleDocument, InvalidRequest
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()


def note(**fields: str) -> dict[str, Any]:
    return {"type": "custom", "title": "t", "text": "x"} | fields


@pytest.mark.parametrize("name", ["\u200b", "\u202e\u200b", " \u2060 "])
def test_a_name_that_cannot_be_seen_is_blank(name: str) -> None:
    """An invoice has a seller: characters that are never drawn make no name."""
    invoice = sample_request("invoice", 1)

    with pytest.raises(InvalidRequest, match=r"seller.name: must not be blank"):
        parse_request(invoice | {"seller": invoice["seller"] | {"name": name}})


@pytest.mark.parametrize("line", ["a\nb", "a\tb", "a\u2028b"])
def test_a_title_is_one_line(line: str) -> None:
    """Sixty lines of a heading would run over the footer, or stand again on each page."""
    with pytest.raises(InvalidRequest, match="title: must be one line"):
        parse_request(note(title=line))


def test_a_pile_of_accents_is_refused_before_it_is_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sorting them takes quadratic time, and holds every thread of the API."""
    parse_request(note(text="e" + "\u0301" * 30))
    with monkeypatch.context() as patch:
        patch.setattr(unicodedata, "normalize", lambda *_: pytest.fail("was normalised"))

        with pytest.raises(InvalidRequest, match="more than 30 accents on one letter"):
            parse_request(note(text="e" + "\u0301\u0317" * 24_999))


def test_the_payee_of_a_transfer_is_the_one_on_the_page() -> None:
    """An override of direction, dropped on paper, does not reach the banking app either."""
    transfer = {"iban": "DE89370400440532013000", "amount": Decimal(1), "remittance": "1"}

    assert transfer_text(name="\u202eABC\u200b GmbH", **transfer) == transfer_text(
        name="ABC GmbH", **transfer
    )


@pytest.mark.parametrize("text", ["a" + "." * 1_100 + "ש", "ש" + "-" * 1_100])
def test_a_long_line_of_dots_beside_a_hebrew_letter_is_drawn(text: str) -> None:
    """The order of a whole paragraph is never asked for at once: that would recurse once a dot."""
    assert render(parse_request(note(text=text)), created_at=0, fonts=FONTS).pages == 1


def test_a_document_that_would_hold_a_worker_is_refused_at_once() -> None:
    """More text from right to left than some seconds can set: the sentence says what to do."""
    sections = [{"heading": "h", "text": "שלום " * 10_000}] * 6
    request = parse_request({"type": "report", "title": "t", "sections": sections})

    with pytest.raises(ImpossibleDocument, match="too much text; split it into several documents"):
        render(request, created_at=0, fonts=FONTS)


def test_ordinary_documents_are_far_from_that_limit() -> None:
    """A novel in Latin or Cyrillic letters is not costly: no plan of ours meets the limit."""
    assert least_effort("слово " * 100_000) < MAX_EFFORT
