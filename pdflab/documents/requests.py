"""What may be asked for: the three kinds of request, with their limits, and what is wrong with a bad one.

Money and quantities are texts ("12.50") or whole numbers, never floats. The same models describe the API.
Read next: render.py.
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from pdflab.errors import InvalidRequest

MOST_PROBLEMS = 20

_SENTENCES = {
    "value_error": "{error}",
    "missing": "is required",
    "extra_forbidden": "is not known here: remove it, or correct its spelling",
    "string_type": "must be a text",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be blank",
    "string_pattern_mismatch": "must be capital letters only, such as DE for a country or EUR for a currency",
    "too_short": "must have at least {min_length} entries, not {actual_length}",
    "too_long": "must have at most {max_length} entries, not {actual_length}",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "literal_error": "must be {expected}",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "float_type": "must be a number",
}


def parse_request(data: object) -> "DocumentRequest":
    """Check decoded JSON and give the request it describes.

    Raises InvalidRequest with the first 20 problems, each a path such as `lines.2.quantity` and a sentence.
    """
    if not isinstance(data, dict):
        raise InvalidRequest([("", 'a request is a JSON object, such as {"type": "custom", ...}')])
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)[:MOST_PROBLEMS]
        raise InvalidRequest([_problem(details) for details in problems]) from None


def request_schema(*, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """Give the JSON schema of a request; `ref_template` says where its parts will live."""
    return _adapter().json_schema(ref_template=ref_template)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if found := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text):
        raise ValueError(f"remove the control character U+{ord(found[0]):04X}: it cannot be printed")
    return text


def _visible(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _exact(value: object) -> object:
    if isinstance(value, float):
        raise ValueError(f'write "{value}" as a string: a float cannot hold every cent')
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError('must be a number written as a string, such as "12.50", or a whole number')
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?", value):
        raise ValueError('write a number as digits with a point before the cents, such as "1234.50"')
    return value


def _iso_day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    if isinstance(value, date):
        return value
    raise ValueError('write a day as year-month-day, such as "2026-01-31"')


Printable = AfterValidator(_plain)
Visible = AfterValidator(_visible)
Words = Annotated[str, Field(min_length=1, max_length=200), Printable, Visible]
Remark = Annotated[str, Field(max_length=2_000), Printable]
Prose = Annotated[str, Field(max_length=50_000), Printable]
Cell = Annotated[str, Field(max_length=300), Printable]
Label = Annotated[str, Field(max_length=60), Printable]
Day = Annotated[date, BeforeValidator(_iso_day, json_schema_input_type=date)]
Exact = BeforeValidator(_exact, json_schema_input_type=str | int)
Unsigned = AfterValidator(abs)  # "-0" is not negative, and would be printed with its sign
Value = Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False, strict=True)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomRequest(_Model):
    """A page of text: a title, paragraphs and a list."""

    type: Literal["custom"] = Field(description="Which document: a free text.")
    title: Words = Field(description="Up to 200 characters.")
    text: Prose = Field(description="Paragraphs separated by blank lines; up to 50,000 characters.")
    bullets: list[Remark] = Field([], max_length=200, description="Up to 200 points below the text.")
    paper: Literal["A4", "Letter"] = Field("A4", description="The size of the paper.")


class Party(_Model):
    """Who sells, or who buys."""

    name: Words = Field(description="The name on the invoice; up to 200 characters.")
    address: list[Words] = Field(min_length=1, max_length=6, description="One to six lines, as on a letter.")
    country: str | None = Field(None, pattern="^[A-Z]{2}$", description="ISO 3166 code, such as DE.")
    vat_id: Label | None = Field(None, description="The VAT number, with its country, such as DE123456789.")


class Line(_Model):
    """One item of an invoice."""

    description: Annotated[Remark, Visible] = Field(description="What was sold; up to 2,000 characters.")
    quantity: Annotated[Decimal, Field(gt=0, le=10**6, decimal_places=4), Exact, Unsigned] = Field(
        description='How many: a string or a whole number, more than 0, such as "1.5".'
    )
    unit: Annotated[str, Field(min_length=1, max_length=16), Printable] = Field("pcs", description="Of what.")
    unit_price: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4), Exact, Unsigned] = Field(
        description='The price of one, without VAT: a string or a whole number, such as "12.50".'
    )
    vat_rate: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2), Exact, Unsigned] = Field(
        description='VAT in percent, 0 to 100: a string or a whole number, such as "19".'
    )


class InvoiceRequest(_Model):
    """An invoice; its sums are calculated, never sent."""

    type: Literal["invoice"] = Field(description="Which document: an invoice.")
    number: Words = Field(description="The number of the invoice.")
    issued: Day = Field(description="The day it was issued, such as 2026-01-31.")
    due: Day | None = Field(None, description="The day it is to be paid.")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217 code, such as EUR.")
    seller: Party = Field(description="Who sells.")
    buyer: Party = Field(description="Who buys.")
    lines: list[Line] = Field(min_length=1, max_length=500, description="1 to 500 items.")
    note: Remark | None = Field(None, description="A remark below the totals; up to 2,000 characters.")

    @field_validator("due")
    @classmethod
    def _due_after_issued(cls, due: date | None, info: Any) -> date | None:
        issued = info.data.get("issued")
        if due and issued and due < issued:
            raise ValueError(f"must not be before the day of issue, {issued}")
        return due


class Figure(_Model):
    """One key figure."""

    label: Annotated[Label, Visible] = Field(description="What it counts; up to 60 characters.")
    value: Annotated[str, Field(max_length=40), Printable, Visible] = Field(
        description='As it is to be printed, such as "1,240" or "99.2 %".'
    )


class Table(_Model):
    """A table; a column whose cells are all numbers is aligned to the right."""

    columns: list[Label] = Field(min_length=1, max_length=10, description="1 to 10 headings.")
    rows: list[list[Cell]] = Field(max_length=1_000, description="Each as long as the columns.")

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows.{number} has {len(row)} cells, but there are {len(self.columns)} columns"
                )
        return self


class Chart(_Model):
    """A chart of one series."""

    kind: Literal["bar", "line"] = Field(description="How it is drawn.")
    title: Words = Field(description="What it shows.")
    labels: list[Label] = Field(min_length=1, max_length=60, description="1 to 60 labels of the values.")
    values: list[Value] = Field(min_length=1, max_length=60, description="As many numbers as labels.")

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if len(self.labels) != len(self.values):
            raise ValueError(f"there are {len(self.labels)} labels for {len(self.values)} values")
        return self


class Section(_Model):
    """A part of a report."""

    heading: Words = Field(description="Up to 200 characters.")
    text: Prose = Field("", description="Paragraphs separated by blank lines; up to 50,000 characters.")
    table: Table | None = Field(None, description="A table below the text.")
    chart: Chart | None = Field(None, description="A chart below the table.")


class ReportRequest(_Model):
    """A report: key figures, then sections of text, tables and charts."""

    type: Literal["report"] = Field(description="Which document: a report.")
    title: Words = Field(description="Up to 200 characters.")
    subtitle: Words | None = Field(None, description="Up to 200 characters.")
    author: Words | None = Field(None, description="Who wrote it.")
    figures: list[Figure] = Field([], max_length=8, description="Up to 8 key figures.")
    sections: list[Section] = Field(min_length=1, max_length=50, description="1 to 50 sections.")


DocumentRequest = Annotated[CustomRequest | InvoiceRequest | ReportRequest, Field(discriminator="type")]


@cache
def _adapter() -> "TypeAdapter[DocumentRequest]":
    return TypeAdapter(DocumentRequest)


def _problem(details: ErrorDetails) -> tuple[str, str]:
    if details["type"].startswith("union_tag"):
        return "type", 'must name the document: "custom", "invoice" or "report"'
    path = ".".join(str(part) for part in details["loc"][1:])  # the first part repeats the type
    return path, _sentence(details)


def _sentence(details: ErrorDetails) -> str:
    told = _SENTENCES.get(details["type"])
    if told:
        return told.format(**details.get("ctx", {}))
    return details["msg"].replace("Decimal input", "Input").replace("Input should", "must")
