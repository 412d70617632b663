"""What may be asked for: the three kinds of request, with their limits.

Money and quantities are texts ("12.50") or whole numbers, never floats. The same models describe the API.
Read next: fields.py, documents/error_messages.py, then render.py.
"""

from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from pdflab.documents.error_messages import told
from pdflab.documents.fields import (
    Bic,
    Cell,
    Country,
    Currency,
    Day,
    Exact,
    Iban,
    Label,
    Locale,
    OneLine,
    Percent,
    Printable,
    Prose,
    Remark,
    Unsigned,
    Value,
    VatId,
    Visible,
    Words,
)
from pdflab.documents.invoice.money import Totals, add_up, decimals, line_net
from pdflab.errors import InvalidRequest


def parse_request(data: object) -> "DocumentRequest":
    """Check decoded JSON and give the request it describes.

    Raises InvalidRequest with the first 20 problems, each a path such as `lines.2.quantity` and a sentence.
    """
    if not isinstance(data, dict):
        raise InvalidRequest([("", 'a request is a JSON object, such as {"type": "custom", ...}')])
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        raise InvalidRequest(told(error)) from None


def request_schema(*, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """Return the JSON schema of a request; `ref_template` says where its parts will live."""
    return _adapter().json_schema(ref_template=ref_template)


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
    country: Country | None = Field(None, description="ISO 3166 code, such as DE.")
    vat_id: VatId | None = Field(None, description="The VAT number, with its country, such as DE123456789.")


class Line(_Model):
    """One item of an invoice; its net amount is quantity × price less the discount, rounded half-up once."""

    description: Annotated[Remark, Visible] = Field(description="What was sold; up to 2,000 characters.")
    quantity: Annotated[Decimal, Field(gt=0, le=10**6, decimal_places=4), Exact, Unsigned] = Field(
        description='How many: a string or a whole number, more than 0, such as "1.5".'
    )
    unit: Annotated[str, Field(min_length=1, max_length=16), Printable, OneLine] = Field(
        "pcs", description="Of what."
    )
    unit_price: Annotated[Decimal, Field(ge=0, le=10**9, decimal_places=4), Exact, Unsigned] = Field(
        description='The price of one, without VAT: a string or a whole number, such as "12.50".'
    )
    vat_rate: Percent = Field(
        description='VAT in percent, 0 to 100: a string or a whole number, such as "19".'
    )
    discount: Percent = Field(
        Decimal(0),
        description='Off this line, in percent, 0 to 100: a string or a whole number, such as "5".',
    )


class Account(_Model):
    """Where the money goes."""

    iban: Iban = Field(description="With or without blanks; its check digits are verified.")
    bic: Bic | None = Field(None, description="The bank, 8 or 11 characters; needed outside the EEA only.")
    name: Annotated[Words, Field(max_length=70)] | None = Field(
        None, description="Whose account, when it is not the seller's name; up to 70 characters."
    )


class InvoiceRequest(_Model):
    """An invoice in the fields of EN 16931; its sums are calculated, never sent.

    The arithmetic rules BR-CO-10 to BR-CO-17 and BR-CO-25 are kept; that countries, VAT ids and reasons for
    an exemption are there where a tax office wants them is left to the sender.
    """

    type: Literal["invoice"] = Field(description="Which document: an invoice.")
    number: Words = Field(description="The number of the invoice.")
    issued: Day = Field(description="The day it was issued, such as 2026-01-31.")
    currency: Currency = Field(
        description="ISO 4217 code, such as EUR; amounts have the decimals of the currency: 2, JPY 0, KWD 3."
    )
    locale: Locale = Field("en_GB", description="How numbers and days are written, such as de_DE.")
    seller: Party = Field(description="Who sells.")
    buyer: Party = Field(description="Who buys.")
    buyer_reference: Words | None = Field(None, description="What the buyer asked to be told.")
    order_number: Words | None = Field(None, description="The buyer's order.")
    lines: list[Line] = Field(min_length=1, max_length=500, description="1 to 500 items.")
    paid: Annotated[Decimal, Field(ge=0, le=10**15, decimal_places=4), Exact, Unsigned] = Field(
        Decimal(0), description='Paid in advance, VAT included: a string or a whole number, such as "100.00".'
    )
    terms: Remark | None = Field(None, description="When and how to pay; up to 2,000 characters.")
    due: Day | None = Field(
        None,
        validate_default=True,
        description="The day it is to be paid; needed if anything is left to pay, unless `terms` tell.",
    )
    account: Account | None = Field(
        None, description="Where to pay; with an amount due in EUR, a code for banking apps is drawn, too."
    )
    note: Remark | None = Field(None, description="A remark below the totals; up to 2,000 characters.")

    @cached_property
    def nets(self) -> tuple[Decimal, ...]:
        """Return what each line costs without VAT, to the coin."""
        return tuple(
            line_net(line.quantity, line.unit_price, currency=self.currency, discount=line.discount)
            for line in self.lines
        )

    @cached_property
    def totals(self) -> Totals:
        """Return the sums, to the coin."""
        rates = (line.vat_rate for line in self.lines)
        return add_up(zip(self.nets, rates, strict=True), currency=self.currency, paid=self.paid)

    @field_validator("paid")
    @classmethod
    def _paid_in_coins(cls, paid: Decimal, info: ValidationInfo) -> Decimal:
        currency = info.data.get("currency", "")
        if paid != round(paid, decimals(currency)):
            raise ValueError(
                f"must have at most {decimals(currency)} digits behind the point, as {currency} has"
            )
        return paid

    @field_validator("due")
    @classmethod
    def _due_or_terms(cls, due: date | None, info: ValidationInfo) -> date | None:
        issued = info.data.get("issued")
        if due and issued and due < issued:
            raise ValueError(f"must not be before the day of issue, {issued}")
        if not due and not info.data.get("terms") and _leaves_to_pay(info.data):  # EN 16931, BR-CO-25
            raise ValueError("is required, or else `terms`: something is left to pay")
        return due


class Figure(_Model):
    """One key figure."""

    label: Annotated[Label, Visible] = Field(description="What it counts; up to 60 characters.")
    value: Annotated[str, Field(max_length=40), Printable, OneLine, Visible] = Field(
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


def _leaves_to_pay(data: dict[str, Any]) -> bool:
    if not data.keys() >= {"currency", "lines", "paid"}:
        return False  # another field is wrong, and will be named
    return InvoiceRequest.model_construct(**data).totals.due > 0
