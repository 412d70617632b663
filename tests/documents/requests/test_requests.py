"""What may be asked for, and what a person reads who asked for something else."""

import json
from typing import Any

import pytest

from pdflab.documents.kinds import KINDS, parse_request, request_schema, sample_request
from pdflab.documents.requests.custom import CustomRequest
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.requests.report import ReportRequest
from pdflab.errors import InvalidRequest

IBAN = "DE71110220330123456789"


def problems_of(data: object) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(data)
    return dict(caught.value.problems)


def invoice_with(**line: Any) -> dict[str, Any]:
    data = sample_request("invoice", 1, lines=3)
    data["lines"][2] |= line
    return data


def report_with(**section: Any) -> dict[str, Any]:
    return sample_request("report", 1) | {"sections": [{"heading": "One", **section}]}


@pytest.mark.parametrize(
    ("kind", "model"), [("custom", CustomRequest), ("invoice", InvoiceRequest), ("report", ReportRequest)]
)
def test_the_type_chooses_the_document(kind: str, model: type) -> None:
    """Each kind becomes its own model."""
    assert isinstance(parse_request(sample_request(kind, 1)), model)


@pytest.mark.parametrize("wrong", [{}, {"type": "letter"}, {"type": None}, {"type": ["invoice"]}])
def test_an_unknown_type_names_the_known_ones(wrong: dict[str, Any]) -> None:
    """Its sentence names all three."""
    sentence = problems_of(wrong)["type"]

    assert all(kind in sentence for kind in KINDS)


@pytest.mark.parametrize("wrong", [None, 7, "invoice", [], [{}]])
def test_what_is_no_object_is_one_problem_without_a_field(wrong: object) -> None:
    """A list or a number is refused as a whole."""
    assert list(problems_of(wrong)) == [""]


def test_a_float_is_refused_with_a_reason() -> None:
    """Money never passes through a float."""
    problems = problems_of(invoice_with(unit_price=12.5))

    assert problems == {"lines.2.unit_price": 'write "12.5" as a string: a float cannot hold every cent'}


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": "-1"},
        {"quantity": 0},
        {"quantity": True},
        {"quantity": None},
        {"quantity": "NaN"},
        {"quantity": "1e3"},
        {"quantity": "1,5"},
        {"quantity": "٣"},
        {"quantity": 10**400},
        {"unit_price": "-0.01"},
        {"unit_price": "1.00001"},
        {"vat_rate": "100.01"},
        {"vat_rate": -1},
        {"discount": "100.5"},
        {"discount": 0.5},
    ],
)
def test_a_number_outside_its_limits_is_named(line: dict[str, Any]) -> None:
    """The path leads to the one wrong field of the one wrong line."""
    assert list(problems_of(invoice_with(**line))) == [f"lines.2.{next(iter(line))}"]


@pytest.mark.parametrize("quantity", [3, "3", "0.0001", "1000000"])
def test_strings_and_whole_numbers_are_quantities(quantity: str | int) -> None:
    """Both ways to write an exact number in JSON are taken."""
    request = parse_request(invoice_with(quantity=quantity))

    assert isinstance(request, InvoiceRequest)
    assert str(request.lines[2].quantity) == str(quantity)


def test_a_negative_zero_is_a_zero() -> None:
    """No amount is printed as -0.00."""
    request = parse_request(invoice_with(unit_price="-0"))

    assert isinstance(request, InvoiceRequest)
    assert str(request.lines[2].unit_price) == "0"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\r", "\x7f", "\x85"])
def test_a_control_character_is_refused_by_its_number(character: str) -> None:
    """What cannot be printed never reaches the renderer."""
    problems = problems_of({"type": "custom", "title": f"Bell{character}", "text": ""})

    assert f"U+{ord(character):04X}" in problems["title"]


@pytest.mark.parametrize("character", ["\u202e", "\u2067", "\u200f"])
def test_marks_of_direction_are_taken(character: str) -> None:
    """They come along when a name is pasted: nobody is turned away for one, and none is drawn."""
    request = parse_request({"type": "custom", "title": f"Ada{character}", "text": ""})

    assert isinstance(request, CustomRequest)
    assert request.title == f"Ada{character}"


def test_a_day_or_terms_are_asked_for_while_something_is_due() -> None:
    """EN 16931, BR-CO-25: either will do, and what is paid in full needs neither."""
    data = sample_request("invoice", 1) | {"due": None}

    assert "`terms`" in problems_of(data)["due"]
    assert parse_request(data | {"terms": "On receipt"})
    assert parse_request(data | {"paid": "9999999.00"})


def test_an_account_is_taken_as_people_write_it() -> None:
    """Blanks and small letters are no mistake."""
    data = sample_request("invoice", 1) | {
        "account": {"iban": "de71 1102 2033 0123 4567 89", "bic": "markdef1 100"}
    }
    request = parse_request(data)

    assert isinstance(request, InvoiceRequest)
    assert request.account
    assert (request.account.iban, request.account.bic) == (IBAN, "MARKDEF1100")


def test_newlines_and_tabs_are_text() -> None:
    """Line ends are taken as Windows writes them, too, and accents as macOS writes them."""
    request = parse_request({"type": "custom", "title": "e\u0301te\u0301", "text": "one\r\n\r\n\ttwo"})

    assert isinstance(request, CustomRequest)
    assert (request.title, request.text) == ("été", "one\n\n\ttwo")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (sample_request("custom", 1) | {"colour": "red"}, "colour"),
        (sample_request("custom", 1) | {"title": "  "}, "title"),
        (sample_request("custom", 1) | {"title": "x" * 201}, "title"),
        (sample_request("custom", 1) | {"title": 7}, "title"),
        (sample_request("custom", 1) | {"paper": "A3"}, "paper"),
        (sample_request("custom", 1) | {"bullets": "one"}, "bullets"),
        (sample_request("invoice", 1) | {"currency": "euro"}, "currency"),
        (sample_request("invoice", 1) | {"issued": 20260131}, "issued"),
        (sample_request("invoice", 1) | {"issued": "2026-02-30"}, "issued"),
        (sample_request("invoice", 1) | {"due": "2020-01-01"}, "due"),
        (sample_request("invoice", 1) | {"due": None}, "due"),
        (sample_request("invoice", 1) | {"locale": "xx_XX"}, "locale"),
        (sample_request("invoice", 1) | {"currency": "JPY", "paid": "0.5"}, "paid"),
        (sample_request("invoice", 1) | {"paid": "-1"}, "paid"),
        (sample_request("invoice", 1) | {"account": {"iban": "DE00 1102 2033 0123 4567 89"}}, "account.iban"),
        (sample_request("invoice", 1) | {"account": {"iban": IBAN, "bic": "BANK"}}, "account.bic"),
        (
            sample_request("invoice", 1) | {"buyer": {"name": "A", "address": ["B"], "vat_id": "123"}},
            "buyer.vat_id",
        ),
        (sample_request("invoice", 1) | {"lines": []}, "lines"),
        (sample_request("invoice", 1, lines=501), "lines"),
        (sample_request("invoice", 1) | {"buyer": "me"}, "buyer"),
        (report_with(table={"columns": ["a", "b"], "rows": [["1", "2"], ["3"]]}), "sections.0.table"),
        (
            report_with(chart={"kind": "pie", "title": "x", "labels": ["a"], "values": [1]}),
            "sections.0.chart.kind",
        ),
        (
            report_with(chart={"kind": "bar", "title": "x", "labels": ["a"], "values": [1, 2]}),
            "sections.0.chart",
        ),
        (
            report_with(chart={"kind": "bar", "title": "x", "labels": ["a"], "values": [float("nan")]}),
            "sections.0.chart.values.0",
        ),
    ],
)
def test_a_wrong_field_is_named(data: dict[str, Any], field: str) -> None:
    """One mistake, one problem, at the path where it was made."""
    assert list(problems_of(data)) == [field]


def test_sentences_are_for_people() -> None:
    """Nothing of the validator's own language comes through."""
    problems = problems_of({"type": "invoice", "lines": [{}], "seller": 1, "currency": "eur", "number": ""})

    text = " ".join(problems.values()).lower()
    assert problems["issued"] == "is required"
    assert not any(
        word in text for word in ("input", "pattern", "tuple", "instance", "pydantic", "value error")
    )


def test_only_the_first_problems_are_reported() -> None:
    """A request with five hundred mistakes is answered with twenty."""
    data = sample_request("invoice", 1) | {"lines": [{"unit_price": 1.5}] * 100}

    with pytest.raises(InvalidRequest) as caught:
        parse_request(data)
    assert len(caught.value.problems) == 20


def test_the_schema_describes_every_field() -> None:
    """The description of the API is made from the models, and nothing in them is left unexplained."""
    schema = request_schema(ref_template="#/components/schemas/{model}")

    fields = [field for part in schema["$defs"].values() for field in part["properties"].values()]
    assert all("description" in field for field in fields)
    assert set(schema["discriminator"]["mapping"]) == set(KINDS)
    assert "#/$defs/" not in json.dumps(schema)
