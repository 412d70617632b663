"""Samples are realistic, repeatable and light."""

import json
import subprocess
import sys

import pytest

from pdflab.documents.render import render
from pdflab.documents.requests import parse_request
from pdflab.documents.samples import KINDS, impossible, sample
from pdflab.errors import ImpossibleDocument


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_request(kind: str) -> None:
    """Same seed, same data; another seed, other data; and all of it is JSON."""
    assert sample(kind, 7) == sample(kind, 7) == json.loads(json.dumps(sample(kind, 7)))
    assert sample(kind, 7) != sample(kind, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sample_can_be_drawn(kind: str) -> None:
    """No seed makes a request that is refused or impossible."""
    for seed in range(40):
        assert render(parse_request(sample(kind, seed)), created_at=0).startswith(b"%PDF-")


def test_an_invoice_has_as_many_lines_as_wanted() -> None:
    """About twelve by themselves; exactly the number that was asked for."""
    usual = [len(sample("invoice", seed)["lines"]) for seed in range(200)]

    assert 11 < sum(usual) / len(usual) < 13
    assert len(sample("invoice", 1, lines=300)["lines"]) == 300


def test_the_impossible_request_is_valid_and_cannot_be_drawn() -> None:
    """It passes the door, and fails in the worker with a reason."""
    request = parse_request(impossible())

    with pytest.raises(ImpossibleDocument, match=r"no glyph for '𒊺' \(U\+122BA\)"):
        render(request, created_at=0)


def test_samples_load_neither_models_nor_renderer() -> None:
    """A load generator stays light."""
    code = "import sys, pdflab.documents.samples; print(sorted({'pydantic', 'fpdf'} & set(sys.modules)))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
