"""The table of kinds: what is entered there is accepted, made up and drawn."""

import json
import subprocess
import sys
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shorthand import ask, client_of

from pdflab.documents.kinds import KINDS, Kind, parse_json, parse_request, request_schema, sample_request
from pdflab.documents.render import render
from pdflab.documents.requests.base import DocumentRequest
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import InvalidRequest
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.settings import Settings


class Label(DocumentRequest):
    type: Literal["shipping-label"]
    address: str


def draw_label(request: Label, **_how: Any) -> Rendered:
    return Rendered(f"%PDF {request.address}".encode(), 1)


def sample_label(seed: int, _lines: int | None) -> dict[str, Any]:
    return {"type": "shipping-label", "address": f"{seed} Main Street"}


@pytest.fixture
def shipping_label(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind("shipping-label", "Shipping label", Label, draw_label, sample_label)
    monkeypatch.setitem(KINDS, "shipping-label", kind)


@pytest.mark.usefixtures("shipping_label")
def test_a_new_kind_is_one_entry_in_the_table() -> None:
    """Its samples are made, checked and drawn, and the schema describes it."""
    request = parse_request(sample_request("shipping-label", 7))

    assert render(request, created_at=0, fonts=FontBook()).pdf == b"%PDF 7 Main Street"
    assert "shipping-label" in request_schema()["discriminator"]["mapping"]


@pytest.mark.usefixtures("shipping_label")
def test_the_api_accepts_a_new_kind(queue: JobQueue, settings: Settings) -> None:
    """POST /generate-pdf takes it, and names it to those who miss the type."""
    api = client_of(queue, settings)

    assert ask(api, sample_request("shipping-label", 7)).status_code == 202
    assert '"report" or "shipping-label"' in ask(api, {"type": "letter"}).text.replace('\\"', '"')


def test_an_unknown_kind_is_refused_by_name() -> None:
    """The table of this test alone had the toy: without it, nothing is left."""
    with pytest.raises(InvalidRequest, match='"custom", "invoice" or "report"'):
        parse_request(sample_label(1, None))


_TEXTS = st.sampled_from(
    [
        '"custom"',
        '"report"',
        '"letter"',
        '"c\\u0075stom"',
        '"a"',
        '"\\ud800"',
        '"\x00"',
        "1",
        "NaN",
        "1e999",
        "[]",
        '["a"]',
    ]
)
_FIELDS = st.tuples(st.sampled_from(["type", "title", "text", "bullets", "paper", "x"]), _TEXTS)


@given(st.lists(_FIELDS, max_size=4), st.sampled_from(["", " ", "\ufeff", "["]))
@example([("type", '"report"')], "")
def test_the_quick_check_accepts_nothing_that_the_full_one_refuses(fields: list[Any], before: str) -> None:
    """Whatever is said twice, in another order or in no JSON: a worker reads the same request later."""
    usual = [("type", '"custom"'), ("title", '"a"'), ("text", '"b"')]
    for order in (usual + fields, fields + usual):
        text = before + "{" + ", ".join(f'"{name}": {value}' for name, value in order) + "}"

        if quick := parse_json(text.encode()):
            assert quick == parse_request(json.loads(text))


@pytest.mark.parametrize("kind", KINDS)
def test_the_quick_check_accepts_what_is_usual(kind: str) -> None:
    """So that a request is decoded once."""
    request = sample_request(kind, 1)

    assert parse_json(json.dumps(request).encode()) == parse_request(request)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_entered_by_its_name(kind: str) -> None:
    """The key, the name and the type of its requests are one word."""
    assert KINDS[kind].name == kind == parse_request(sample_request(kind, 1)).type


def test_the_table_loads_nothing_that_draws() -> None:
    """The API checks requests without the renderer."""
    heavy = {"fpdf", "uharfbuzz", "babel", "segno", "fontTools"}
    code = f"import sys, pdflab.documents.kinds; print(sorted({heavy} & set(sys.modules)))"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
