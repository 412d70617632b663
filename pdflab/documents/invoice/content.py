"""What an invoice says, as texts in the language and the signs of its locale; how it looks is said elsewhere.

Read next: documents/invoice/invoice.py, which draws it.
"""

from typing import NamedTuple

from pdflab.documents.invoice.formats import Formats, formats_for
from pdflab.documents.invoice.payment import transfer_text
from pdflab.documents.invoice.qr import qr_rows
from pdflab.documents.invoice.translations import translations_for
from pdflab.documents.requests.iban import format_iban
from pdflab.documents.requests.invoice import InvoiceRequest, Party


class Fact(NamedTuple):
    """Something about the whole invoice."""

    label: str
    value: str
    strong: bool = False


def title_of(request: InvoiceRequest) -> str:
    """Return the headline."""
    return f"{translations_for(request.locale)['invoice']} {request.number}"


def facts_of(request: InvoiceRequest) -> list[Fact]:
    """Return the days, what is to be paid, and what the buyer asked to be told."""
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
    """Return the lines of the seller and of the buyer, a label and the name first; then country and VAT
    id.
    """
    labels = translations_for(request.locale)

    def lines(label: str, party: Party) -> tuple[list[str], list[str]]:
        identity = (party.country, party.vat_id and f"{labels['vat']} {party.vat_id}")
        return [label, party.name, *party.address], [part for part in identity if part]

    return [lines(labels["seller"], request.seller), lines(labels["buyer"], request.buyer)]


def items_of(request: InvoiceRequest) -> tuple[list[str], list[list[str]]]:
    """Return the headings of the columns, and the cells of each line; no discount, no column for it."""
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
    """Return the sums below the lines, each with its name; a deposit and what is left come last."""
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
    """Return where to pay, if it is said: a label, the name, the IBAN, the BIC."""
    account = request.account
    if not account:
        return []
    label, name = translations_for(request.locale)["payment"], account.name or request.seller.name
    bic = [f"BIC {account.bic}"] if account.bic else []
    return [label, name, format_iban(account.iban), *bic]


def code_of(request: InvoiceRequest) -> list[str]:
    """Return the rows of the code for banking apps, or none: it exists for euros that are still to be
    paid.
    """
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
