"""The labels of an invoice in English, German and French; other locales get English.

Read next: pdflab/documents/invoice/formats.py.
"""

from collections.abc import Mapping
from functools import cache

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


@cache
def translations_for(locale: str) -> Mapping[str, str]:
    """Return the labels of a locale's language, by name; `language` is its ISO code."""
    language = locale[:2] if locale[:2] in _LANGUAGES else _LANGUAGES[0]
    place = _LANGUAGES.index(language)
    return {"language": language, **{name: texts[place] for name, texts in _LABELS.items()}}
