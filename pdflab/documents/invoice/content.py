"""The texts of an invoice in the language and number format of its locale, without layout.

Labels are in English, German and French; other locales get English.
Read next: pdflab/documents/invoice/formats.py.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.invoice.qr import qr_rows
from pdflab.documents.requests.iban import SEPA_LENGTHS, format_iban
from pdflab.documents.requests.invoice import InvoiceRequest, Party
from pdflab.documents.typesetting.characters import clean

_MIN_AMOUNT, _MAX_AMOUNT = Decimal("0.01"), Decimal("999999999.99")
_LANGUAGES = ("en", "de", "fr")
_LABELS = {
    "invoice": ("Invoice", "Rechnung", "Facture"),
    "issued": ("Issued", "Rechnungsdatum", "Date"),
    "due": ("Due", "Fällig am", "Échéance"),
    "amount_due": ("Amount due", "Zahlbetrag", "Net à payer"),
    "order": ("Your order", "Ihre Bestellung", "Votre commande"),
    "reference": ("Your reference", "Ihre Referenz", "Votre référence"),
    "seller": ("From", "Von", "De"),
    "buyer": ("Bill to", "An", "À"),
    "vat": ("VAT", "USt", "TVA"),
    "description": ("Description", "Beschreibung", "Désignation"),
    "quantity": ("Quantity", "Menge", "Quantité"),
    "unit": ("Unit", "Einheit", "Unité"),
    "unit_price": ("Unit price", "Einzelpreis", "Prix unitaire"),
    "discount": ("Discount %", "Rabatt %", "Remise %"),
    "amount": ("Amount", "Betrag", "Montant"),
    "carried": ("Carried forward", "Übertrag", "À reporter"),
    "brought": ("Brought forward", "Übertrag", "Report"),
    "net": ("Net", "Netto", "Total HT"),
    "vat_on": ("VAT {rate} % on {net}", "USt {rate} % auf {net}", "TVA {rate} % sur {net}"),
    "total": ("Total", "Gesamt", "Total TTC"),
    "paid": ("Paid in advance", "Anzahlung", "Acompte"),
    "payment": ("Payment", "Zahlung", "Paiement"),
    "terms": ("Terms", "Bedingungen", "Conditions"),
    "scan": ("Scan to pay", "Zum Bezahlen scannen", "Scanner pour payer"),
    "page": ("Page {number} of {count}", "Seite {number} von {count}", "Page {number} sur {count}"),
}


class Fact(NamedTuple):
    """A labelled value about the whole invoice."""

    label: str
    value: str
    strong: bool = False


@cache
def translations_for(locale: str) -> Mapping[str, str]:
    """Return the labels of a locale's language, by name; `language` is its ISO code."""
    language = locale[:2] if locale[:2] in _LANGUAGES else _LANGUAGES[0]
    place = _LANGUAGES.index(language)
    return {"language": language, **{name: texts[place] for name, texts in _LABELS.items()}}


def title_of(request: InvoiceRequest) -> str:
    return f"{translations_for(request.locale)['invoice']} {request.number}"


def facts_of(request: InvoiceRequest) -> list[Fact]:
    """Return the dates, the amount due and the buyer's references."""
    labels, formats = translations_for(request.locale), formats_for(request.locale, request.currency)
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
    labels, formats = translations_for(request.locale), formats_for(request.locale, request.currency)
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
    labels, formats = translations_for(request.locale), formats_for(request.locale, request.currency)
    totals = request.totals
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
        bic=account.bic or "",
        amount=request.totals.due,
        remittance=request.number,
    )
    return qr_rows(text) if text else []


def transfer_text(*, name: str, iban: str, amount: Decimal, remittance: str, bic: str = "") -> bytes | None:
    """Return the text by which a banking app fills in a transfer in euro (EPC069-12, version 2).

    The name is cut at 70 characters, the remittance at 140.
    Returns None if the amount is not 0.01 to 999,999,999.99, if the text has more than 331 bytes, or if the
    account is not in the Single Euro Payments Area.
    """
    if iban[:2] not in SEPA_LENGTHS or not _MIN_AMOUNT <= amount <= _MAX_AMOUNT:
        return None
    name, remittance = " ".join(clean(name).split())[:70], " ".join(clean(remittance).split())[:140]
    euro = f"EUR{amount:.2f}".rstrip("0").rstrip(".")
    rest = ("SCT", bic, name, iban, euro, "", "", remittance)
    number, encoding = ("2", "iso-8859-1") if max(name + remittance) <= "\xff" else ("1", "utf-8")
    text = "\n".join(("BCD", "002", number, *rest)).encode(encoding)
    return text if len(text) <= 331 else None
