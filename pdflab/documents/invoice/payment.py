"""How an invoice is paid: the text that a banking app reads from a code.

The code is the European Payments Council's EPC069-12, version 2: a transfer in euro.
Read next: documents/invoice/qr.py.
"""

from decimal import Decimal

from pdflab.documents.requests.iban import SEPA_LENGTHS
from pdflab.documents.typesetting.text_cleaning import clean

_MIN_AMOUNT, _MAX_AMOUNT = Decimal("0.01"), Decimal("999999999.99")
_ENCODINGS = {"utf-8": 1, "iso-8859-1": 2}


def transfer_text(
    *, name: str, iban: str, amount: Decimal, remittance: str, bic: str | None = None
) -> bytes | None:
    """Return the text of a transfer in euro, or None where EPC069-12 has no room for it, or the account is
    in a country that takes no such transfer.

    It holds amounts of 0.01 to 999,999,999.99; a name is cut at 70 characters, a remittance at 140.
    """
    if iban[:2] not in SEPA_LENGTHS or not _MIN_AMOUNT <= amount <= _MAX_AMOUNT:
        return None
    name, remittance = " ".join(clean(name).split())[:70], " ".join(clean(remittance).split())[:140]
    euro = f"EUR{amount:.2f}".rstrip("0").rstrip(".")
    rest = ("SCT", bic or "", name, iban, euro, "", "", remittance)
    encoding = "iso-8859-1" if max(name + remittance) <= "\xff" else "utf-8"
    text = "\n".join(("BCD", "002", str(_ENCODINGS[encoding]), *rest)).encode(encoding)
    return text if len(text) <= 331 else None
