"""The text of the QR code by which a banking app fills in a transfer in euro.

Source: European Payments Council, EPC069-12, version 2. Read next: pdflab/documents/invoice/qr.py.
"""

from decimal import Decimal

from pdflab.documents.requests.iban import SEPA_LENGTHS
from pdflab.documents.typesetting.text_cleaning import clean

_MIN_AMOUNT, _MAX_AMOUNT = Decimal("0.01"), Decimal("999999999.99")
_ENCODINGS = {"utf-8": 1, "iso-8859-1": 2}


def transfer_text(
    *, name: str, iban: str, amount: Decimal, remittance: str, bic: str | None = None
) -> bytes | None:
    """Return the text of a transfer in euro, with the name cut at 70 characters, the remittance at 140.

    Returns None if the amount is not 0.01 to 999,999,999.99, if the text has more than 331 bytes, or if the
    account is not in the Single Euro Payments Area.
    """
    if iban[:2] not in SEPA_LENGTHS or not _MIN_AMOUNT <= amount <= _MAX_AMOUNT:
        return None
    name, remittance = " ".join(clean(name).split())[:70], " ".join(clean(remittance).split())[:140]
    euro = f"EUR{amount:.2f}".rstrip("0").rstrip(".")
    rest = ("SCT", bic or "", name, iban, euro, "", "", remittance)
    encoding = "iso-8859-1" if max(name + remittance) <= "\xff" else "utf-8"
    text = "\n".join(("BCD", "002", str(_ENCODINGS[encoding]), *rest)).encode(encoding)
    return text if len(text) <= 331 else None
