"""The request for an invoice: the fields of EN 16931; its sums are calculated from them.

Money and quantities are texts ("12.50") or whole numbers, never floats.
Read next: pdflab/documents/requests/report.py.
"""

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pdflab.documents.requests.base import DocumentRequest, RequestModel
from pdflab.documents.requests.fields import (
    Amount,
    Bic,
    Country,
    Currency,
    Day,
    HolderName,
    Iban,
    Locale,
    Percent,
    Price,
    Quantity,
    Remark,
    ShortText,
    Unit,
    VatId,
    VisibleRemark,
)
from pdflab.documents.requests.money import Totals, add_up, decimals, line_net


class Party(RequestModel):
    """The seller or the buyer."""

    name: ShortText = Field(description="The name on the invoice; up to 200 characters.")
    address: list[ShortText] = Field(
        min_length=1, max_length=6, description="One to six lines, as on a letter."
    )
    country: Country | None = Field(None, description="ISO 3166 code, such as DE.")
    vat_id: VatId | None = Field(None, description="The VAT number, with its country, such as DE123456789.")


class Line(RequestModel):
    """One item of an invoice: its net amount is quantity × price less the discount, rounded half-up once."""

    description: VisibleRemark = Field(description="What was sold; up to 2,000 characters.")
    quantity: Quantity = Field(
        description='How many: a string or a whole number, more than 0, such as "1.5".'
    )
    unit: Unit = Field("pcs", description="The unit of the quantity.")
    unit_price: Price = Field(
        description='The price of one, without VAT: a string or a whole number, such as "12.50".'
    )
    vat_rate: Percent = Field(
        description='VAT in percent, 0 to 100: a string or a whole number, such as "19".'
    )
    discount: Percent = Field(
        Decimal(0),
        description='Discount on this line in percent, 0 to 100: a string or a whole number, such as "5".',
    )


class Account(RequestModel):
    """The bank account to pay to."""

    iban: Iban = Field(description="With or without blanks; its check digits are verified.")
    bic: Bic | None = Field(None, description="The bank, 8 or 11 characters; required only outside the EEA.")
    name: HolderName | None = Field(
        None, description="The account holder, if it is not the seller; up to 70 characters."
    )


class InvoiceRequest(DocumentRequest):
    """An invoice in the fields of EN 16931; its sums are calculated, never sent.

    It keeps the arithmetic rules BR-CO-10 to BR-CO-17 and BR-CO-25. It does not check whether a tax office
    requires a country, a VAT number or a reason for an exemption: the sender has to know.
    """

    type: Literal["invoice"] = Field(description="Which document: an invoice.")
    number: ShortText = Field(description="The number of the invoice.")
    issued: Day = Field(description="The date of issue, such as 2026-01-31.")
    currency: Currency = Field(
        description="ISO 4217 code, such as EUR; amounts have the decimals of the currency: 2, JPY 0, KWD 3."
    )
    locale: Locale = Field("en_GB", description="How numbers and dates are written, such as de_DE.")
    seller: Party = Field(description="Who sells.")
    buyer: Party = Field(description="Who buys.")
    buyer_reference: ShortText | None = Field(None, description="The buyer's reference, printed as it is.")
    order_number: ShortText | None = Field(None, description="The buyer's order.")
    lines: list[Line] = Field(min_length=1, max_length=500, description="1 to 500 items.")
    paid: Amount = Field(
        Decimal(0), description='Paid in advance, VAT included: a string or a whole number, such as "100.00".'
    )
    terms: Remark | None = Field(None, description="When and how to pay; up to 2,000 characters.")
    due: Day | None = Field(
        None,
        validate_default=True,
        description="The day it is to be paid; required if an amount is due and `terms` is empty.",
    )
    account: Account | None = Field(
        None, description="Where to pay; for an amount due in EUR, a QR code for banking apps is drawn."
    )
    note: Remark | None = Field(None, description="A remark below the totals; up to 2,000 characters.")

    @property
    def caption(self) -> str:
        """Return the name of the buyer."""
        return self.buyer.name

    @cached_property
    def nets(self) -> tuple[Decimal, ...]:
        """Return the net amount of each line, rounded to the decimals of the currency."""
        return tuple(
            line_net(line.quantity, line.unit_price, currency=self.currency, discount=line.discount)
            for line in self.lines
        )

    @cached_property
    def totals(self) -> Totals:
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
        if not due and not info.data.get("terms") and _is_amount_due(info.data):  # EN 16931, BR-CO-25
            raise ValueError("is required while an amount is due; or fill in `terms`")
        return due


def _is_amount_due(data: dict[str, Any]) -> bool:
    if not data.keys() >= {"currency", "lines", "paid"}:
        return False  # another field is wrong and gets its own message
    return InvoiceRequest.model_construct(**data).totals.due > 0
