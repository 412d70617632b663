"""The words of an invoice itself, in English, German and French; other locales read English.

Read next: content.py.
"""

from dataclasses import dataclass
from functools import cache

_LANGUAGES = ("en", "de", "fr")
_WORDS = {
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


@dataclass(frozen=True, slots=True)
class Labels:
    """Every word that is printed beside what the request says."""

    language: str
    invoice: str
    issued: str
    due: str
    amount_due: str
    order: str
    reference: str
    seller: str
    buyer: str
    vat: str
    description: str
    quantity: str
    unit: str
    unit_price: str
    discount: str
    amount: str
    carried: str
    brought: str
    net: str
    vat_on: str
    total: str
    paid: str
    payment: str
    terms: str
    scan: str
    page: str


def labels_for(locale: str) -> Labels:
    """Return the words of a locale's language."""
    return _labels(locale[:2] if locale[:2] in _LANGUAGES else _LANGUAGES[0])


@cache
def _labels(language: str) -> Labels:
    place = _LANGUAGES.index(language)
    return Labels(language, **{name: words[place] for name, words in _WORDS.items()})
