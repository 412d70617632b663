"""The texts of an invoice in the language and number format of its locale, without layout.

Read next: pdflab/documents/invoice/translations.py.
"""

from typing import NamedTuple

from pdflab.documents.invoice.formats import Formats, formats_for
from pdflab.documents.invoice.payment import transfer_text
from pdflab.documents.invoice.qr import qr_rows
from pdflab.documents.invoice.translations import translations_for
from pdflab.documents.requests.iban import format_iban
from pdflab.documents.requests.invoice import InvoiceRequest, Party


class Fact(NamedTuple):
    """A labelled value about the whole invoice."""

    label: str
    value: str
    strong: bool = False


def title_of(request: InvoiceRequest) -> str:
    """Return the title."""
    return f"{translations_for(request.locale)['invoice']} {request.number}"


def facts_of(request: InvoiceRequest) -> list[Fact]:
    """Return the dates, the amount due and the buyer's references."""
    labels, formats = translations_for(request.locale), _formats_of(request)
    facts = [
        Fact(labels["issued"], formats.day(request.issued)),
        Fact(labels["due"], formats.day(request.due) if request.due else ""),
        Fact(labels["amount_due"], formats.sum(request.totals.due), strong=True),
        Fact(labels["order"], request.order_number or ""),
        Fact(labels["reference"], request.buyer_reference or ""),
    ]
    return [fact for fact in facts if fact.value]


def parties_of(request: InvoiceRequest) -> list[tuple[list[str], list[str]]]:
    """Return, for seller and buyer, the lines (label, name, address) and the country and VAT number."""
    labels = translations_for(request.locale)

    def lines(label: str, party: Party) -> tuple[list[str], list[str]]:
        identity = (party.country, party.vat_id and f"{labels['vat']} {party.vat_id}")
        return [label, party.name, *party.address], [part for part in identity if part]

    return [lines(labels["seller"], request.seller), lines(labels["buyer"], request.buyer)]


def items_of(request: InvoiceRequest) -> tuple[list[str], list[list[str]]]:
    """Return the titles of the columns and the cells of each line, without an empty column of discounts."""
    labels, formats = translations_for(request.locale), _formats_of(request)
    columns = ("description", "quantity", "unit", "unit_price", "discount")
    titles = ["", *(labels[column] for column in columns), f"{labels['vat']} %", labels["amount"]]
    rows = [
        [
            str(number),
            line.description,
            formats.number(line.quantity),
            line.unit,
            formats.price(line.unit_price),
            formats.number(line.discount) if line.discount else "",
            formats.number(line.vat_rate),
            formats.amount(net),
        ]
        for number, (line, net) in enumerate(zip(request.lines, request.nets, strict=True), start=1)
    ]
    if not any(line.discount for line in request.lines):
        for cells in (titles, *rows):
            del cells[5]
    return titles, rows


def sums_of(request: InvoiceRequest) -> list[tuple[str, str]]:
    """Return label and amount of each total; an advance payment and the amount due come last."""
    labels, formats, totals = translations_for(request.locale), _formats_of(request), request.totals
    sums = [(labels["net"], formats.amount(totals.net))]
    for group in totals.vat:
        label = labels["vat_on"].format(rate=formats.number(group.rate), net=formats.amount(group.net))
        sums.append((label, formats.amount(group.vat)))
    sums.append((f"{labels['total']} {request.currency}", formats.amount(totals.gross)))
    if totals.paid:
        sums.append((labels["paid"], formats.amount(-totals.paid)))
        sums.append((f"{labels['amount_due']} {request.currency}", formats.amount(totals.due)))
    return sums


def account_of(request: InvoiceRequest) -> list[str]:
    """Return label, name, IBAN and BIC of the account, if the request has one."""
    account = request.account
    if not account:
        return []
    label, name = translations_for(request.locale)["payment"], account.name or request.seller.name
    bic = [f"BIC {account.bic}"] if account.bic else []
    return [label, name, format_iban(account.iban), *bic]


def code_of(request: InvoiceRequest) -> list[str]:
    """Return the rows of the QR code for banking apps; none unless an amount in euro is due."""
    account = request.account
    if not account or request.currency != "EUR":
        return []
    text = transfer_text(
        name=account.name or request.seller.name,
        iban=account.iban,
        bic=account.bic,
        amount=request.totals.due,
        remittance=request.number,
    )
    return qr_rows(text) if text else []


def _formats_of(request: InvoiceRequest) -> Formats:
    return formats_for(request.locale, request.currency)
