"""Samples are realistic, repeatable and light."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from pdflab.documents.kinds import KINDS, parse_request, sample_request
from pdflab.documents.render import render
from pdflab.documents.requests.iban import is_iban
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.samples.requests import catalogue
from pdflab.documents.typesetting.font import is_western
from pdflab.errors import ImpossibleDocument
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()


def invoice(seed: int, *, lines: int | None = None) -> InvoiceRequest:
    request = parse_request(sample_request("invoice", seed, lines=lines))
    assert isinstance(request, InvoiceRequest)
    return request


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_request(kind: str) -> None:
    """Same seed, same data; another seed, other data; and all of it is JSON."""
    assert (
        sample_request(kind, 7) == sample_request(kind, 7) == json.loads(json.dumps(sample_request(kind, 7)))
    )
    assert sample_request(kind, 7) != sample_request(kind, 8)


def test_a_seed_makes_the_same_request_in_every_process() -> None:
    """Two hash seeds, and markets met in another order, change nothing."""
    seeds = list(range(60))
    code = (
        "import json, sys; from pdflab.documents.kinds import KINDS, sample_request;"
        "made = {(kind, seed): sample_request(kind, seed) for kind in KINDS for seed in "
        "json.loads(sys.argv[1])};"
        "print(json.dumps([made[key] for key in sorted(made)]))"
    )
    made = [
        subprocess.check_output(
            [sys.executable, "-c", code, json.dumps(order)], env=os.environ | {"PYTHONHASHSEED": hash_seed}
        )
        for hash_seed, order in (("1", seeds), ("2", seeds[::-1]))
    ]

    assert made[0] == made[1]
    assert json.loads(made[0]) == [sample_request(kind, seed) for kind in KINDS for seed in seeds]


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_can_be_drawn(kind: str) -> None:
    """No seed makes a request that is refused or impossible, or that lacks a glyph."""
    for seed in range(40):
        made = render(parse_request(sample_request(kind, seed)), created_at=0, fonts=FONTS)

        assert made.pdf.startswith(b"%PDF-")
        assert not made.missing_glyphs


def test_an_invoice_has_as_many_lines_as_wanted() -> None:
    """About twelve by themselves; exactly the number that was asked for."""
    usual = [len(sample_request("invoice", seed)["lines"]) for seed in range(200)]

    assert 11 < sum(usual) / len(usual) < 13
    assert len(sample_request("invoice", 1, lines=300)["lines"]) == 300


def test_most_samples_are_western_and_all_markets_are_met() -> None:
    """Four in five can be drawn with a core font; the others cover every script."""
    requests = [invoice(seed) for seed in range(600)]

    western = sum(is_western(request.model_dump_json()) for request in requests)
    assert 0.75 < western / len(requests) < 0.9
    assert {request.locale for request in requests} == {market["locale"] for market in catalogue()["markets"]}


def test_an_invoice_makes_sense() -> None:
    """What is due comes after what was issued, euros have an account, and a deposit is less than the sum."""
    for seed in range(200):
        request = invoice(seed)

        assert request.due
        assert request.due > request.issued
        assert request.seller.name != request.buyer.name
        assert (request.account is not None) == (request.currency == "EUR")
        assert request.account is None or is_iban(request.account.iban)
        assert 0 <= request.totals.paid < request.totals.gross


def test_vat_is_charged_at_home_alone() -> None:
    """An invoice to another country has no VAT; one at home has, on nearly every line."""
    kinds = Counter(
        (request.buyer.country == request.seller.country, any(line.vat_rate for line in request.lines))
        for request in map(invoice, range(300))
    )

    assert set(kinds) == {(True, True), (False, False)}


def test_every_language_has_all_its_words() -> None:
    """A market finds its products, its units and its thanks."""
    markets, products = catalogue()["markets"], catalogue()["products"]
    for market in markets:
        words = catalogue()["languages"][market["language"]]
        assert len(words["products"]) == len(set(words["products"])) == len(products)
        assert words["thanks"]
        assert set(words["units"]) <= {product["unit"] for product in products}
    assert sum(market["share"] for market in markets) == 100


def test_a_text_of_too_many_pages_is_valid_and_cannot_be_drawn() -> None:
    """It passes the endpoint, and fails in the worker with a reason."""
    request = parse_request(
        {"type": "custom", "title": "The longest receipt", "text": "\n\n".join("§" * 16_600)}
    )

    with pytest.raises(ImpossibleDocument, match="pages"):
        render(request, created_at=0, fonts=FONTS)


def test_samples_load_neither_models_nor_renderer() -> None:
    """A load generator stays light."""
    code = (
        "import sys, pdflab.documents.samples.requests;"
        "print(sorted({'pydantic', 'fpdf', 'babel', 'segno'} & set(sys.modules)))"
    )

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
