"""How an invoice is paid: the check digits of an IBAN, and the code that a banking app reads.

The code is the European Payments Council's EPC069-12, version 2: a transfer in euro.
Read next: documents/invoice/qr.py.
"""

from decimal import Decimal

from pdflab.documents.typesetting.text_cleaning import clean

# The Single Euro Payments Area: its countries (EPC409-09) and the length of their IBANs (ISO 13616).
_SEPA = {
    15: "NO",
    16: "BE",
    18: "DK FI NL",
    19: "MK SI",
    20: "AT EE LT LU",
    21: "CH HR LI LV",
    22: "BG DE GB IE ME RS VA",
    23: "GI",
    24: "AD CZ ES MD RO SE SK",
    25: "PT",
    26: "IS",
    27: "FR GR IT MC SM",
    28: "AL CY HU PL",
    31: "MT",
}
_LENGTHS = {country: length for length, countries in _SEPA.items() for country in countries.split()}
_LEAST, _MOST = Decimal("0.01"), Decimal("999999999.99")
_ENCODINGS = {"utf-8": 1, "iso-8859-1": 2}


def is_iban(text: str) -> bool:
    """Return whether a text without blanks is an IBAN whose check digits are right (ISO 13616, ISO 7064)."""
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text.isupper()):
        return False
    fits = len(text) == _LENGTHS.get(text[:2], len(text))
    return fits and text[:2].isalpha() and text[2:4].isdigit() and _remainder(text) == 1


def checked_iban(country: str, account: str) -> str:
    """Make an IBAN of a country's bank and account number, with the check digits that fit."""
    return f"{country}{98 - _remainder(country + '00' + account):02}{account}"


def spaced(iban: str) -> str:
    """Write an IBAN as on paper, in groups of four."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def transfer_text(
    *, name: str, iban: str, amount: Decimal, remittance: str, bic: str | None = None
) -> bytes | None:
    """Return the text of a transfer in euro, or None where EPC069-12 has no room for it, or the account is
    in a country that takes no such transfer.

    It holds amounts of 0.01 to 999,999,999.99; a name is cut at 70 characters, a remittance at 140.
    """
    if iban[:2] not in _LENGTHS or not _LEAST <= amount <= _MOST:
        return None
    name, remittance = " ".join(clean(name).split())[:70], " ".join(clean(remittance).split())[:140]
    euro = f"EUR{amount:.2f}".rstrip("0").rstrip(".")
    rest = ("SCT", bic or "", name, iban, euro, "", "", remittance)
    encoding = "iso-8859-1" if max(name + remittance) <= "\xff" else "utf-8"
    text = "\n".join(("BCD", "002", str(_ENCODINGS[encoding]), *rest)).encode(encoding)
    return text if len(text) <= 331 else None


def _remainder(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97
