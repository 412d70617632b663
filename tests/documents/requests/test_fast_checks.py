"""The compiled check of a field takes nothing that the full one refuses, and makes the same of the rest."""

from decimal import Decimal
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from pdflab.documents.kinds import parse_request
from pdflab.documents.requests import fields
from pdflab.documents.requests.base import problems_in
from pdflab.documents.requests.invoice import InvoiceRequest, Line
from pdflab.errors import InvalidRequest

TEXTS = {
    name: getattr(fields, name) for name in ("ShortText", "Remark", "VisibleRemark", "Prose", "Cell", "Unit")
}
NUMBERS = {
    "quantity": Line.__annotations__["quantity"],
    "unit_price": Line.__annotations__["unit_price"],
    "vat_rate": Line.__annotations__["vat_rate"],
    "paid": InvoiceRequest.__annotations__["paid"],
}
likely = st.text(alphabet=st.sampled_from(" \n\t\u00a0\u00adaZ~é\u0301Йß€\u2028–\u200b0"), max_size=8)
numbers = st.one_of(
    st.integers(-3, 10**17),
    st.floats(allow_nan=False),
    st.from_regex(r"[-+]?[0-9]{1,18}(\.[0-9]{0,6})?", fullmatch=True),
    st.sampled_from(
        ["", "-0", "0.0", "1e3", "٣", "1_0", " 1", "1 ", "100.00", "1000000", "1000000.0001", True]
    ),
)


def outcome(annotated: Any, value: object) -> Any:
    try:
        return TypeAdapter(annotated).validate_python(value)
    except ValidationError as error:
        return problems_in(error)


def full(annotated: Any) -> Any:
    """The same field without its compiled check."""
    kind, *checks = get_args(annotated)
    return Annotated[kind, *(check for check in checks if not isinstance(check, fields._Fast))]


@pytest.mark.parametrize("name", TEXTS)
@given(text=st.one_of(likely, st.text(max_size=20)))
def test_a_text_is_judged_as_by_the_full_check(name: str, text: str) -> None:
    """With the same result, or the same sentences."""
    assert outcome(TEXTS[name], text) == outcome(full(TEXTS[name]), text)


@pytest.mark.parametrize("name", NUMBERS)
@given(value=numbers)
def test_a_number_is_judged_as_by_the_full_check(name: str, value: object) -> None:
    """To the last digit: two numbers that are equal may be printed differently."""
    ours, theirs = outcome(NUMBERS[name], value), outcome(full(NUMBERS[name]), value)

    assert ours == theirs
    if isinstance(theirs, Decimal):
        assert str(ours) == str(theirs)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(fields.ShortText, "Jörg & Söhne GmbH"), (fields.ShortText, "ООО Ромашка"), (fields.Percent, "19")],
)
def test_a_usual_value_needs_no_python(kind: Any, value: str) -> None:
    """It passes the compiled check, so that the full one is not asked."""
    [fast] = [check for check in get_args(kind) if isinstance(check, fields._Fast)]

    assert str(SchemaValidator(fast.schema).validate_python(value)) == value


@pytest.mark.parametrize("name", [fields.FAST, fields.FULL, ""])
def test_a_field_of_any_name_is_named_in_its_error(name: str) -> None:
    """Whatever a client calls it, a marker of ours or nothing at all."""
    with pytest.raises(InvalidRequest) as refused:
        parse_request({"type": "custom", "title": "t", "text": "x", name: 1})

    assert [field for field, _ in refused.value.problems] == [name or '""']
