"""The words of an invoice itself, in English, German and French; other locales read English.

Read next: content.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labels:
    """Every word that is printed beside what the request says."""

    language: str = "en"
    invoice: str = "Invoice"
    issued: str = "Issued"
    due: str = "Due"
    amount_due: str = "Amount due"
    order: str = "Your order"
    reference: str = "Your reference"
    seller: str = "From"
    buyer: str = "Bill to"
    vat: str = "VAT"
    description: str = "Description"
    quantity: str = "Quantity"
    unit: str = "Unit"
    unit_price: str = "Unit price"
    discount: str = "Discount %"
    amount: str = "Amount"
    carried: str = "Carried forward"
    brought: str = "Brought forward"
    net: str = "Net"
    vat_on: str = "VAT {rate} % on {net}"
    total: str = "Total"
    paid: str = "Paid in advance"
    payment: str = "Payment"
    terms: str = "Terms"
    scan: str = "Scan to pay"
    page: str = "Page {number} of {count}"


ENGLISH = Labels()
GERMAN = Labels(
    language="de",
    invoice="Rechnung",
    issued="Rechnungsdatum",
    due="Fällig am",
    amount_due="Zahlbetrag",
    order="Ihre Bestellung",
    reference="Ihre Referenz",
    seller="Von",
    buyer="An",
    vat="USt",
    description="Beschreibung",
    quantity="Menge",
    unit="Einheit",
    unit_price="Einzelpreis",
    discount="Rabatt %",
    amount="Betrag",
    carried="Übertrag",
    brought="Übertrag",
    net="Netto",
    vat_on="USt {rate} % auf {net}",
    total="Gesamt",
    paid="Anzahlung",
    payment="Zahlung",
    terms="Bedingungen",
    scan="Zum Bezahlen scannen",
    page="Seite {number} von {count}",
)
FRENCH = Labels(
    language="fr",
    invoice="Facture",
    issued="Date",
    due="Échéance",
    amount_due="Net à payer",
    order="Votre commande",
    reference="Votre référence",
    seller="De",
    buyer="À",
    vat="TVA",
    description="Désignation",
    quantity="Quantité",
    unit="Unité",
    unit_price="Prix unitaire",
    discount="Remise %",
    amount="Montant",
    carried="À reporter",
    brought="Report",
    net="Total HT",
    vat_on="TVA {rate} % sur {net}",
    total="Total TTC",
    paid="Acompte",
    payment="Paiement",
    terms="Conditions",
    scan="Scanner pour payer",
    page="Page {number} sur {count}",
)


def labels_for(locale: str) -> Labels:
    """Give the words of a locale's language."""
    return {"de": GERMAN, "fr": FRENCH}.get(locale[:2], ENGLISH)
