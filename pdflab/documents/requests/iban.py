"""IBANs: check digits and lengths (ISO 13616), and the countries of the Single Euro Payments Area.

Read next: pdflab/documents/requests/report.py.
"""

# The countries of the Single Euro Payments Area (EPC409-09) by the length of their IBANs (ISO 13616).
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
SEPA_LENGTHS = {country: length for length, countries in _SEPA.items() for country in countries.split()}


def is_iban(text: str) -> bool:
    """Return whether a text without spaces is an IBAN with correct check digits (ISO 13616, ISO 7064)."""
    if not (15 <= len(text) <= 34 and text.isascii() and text.isalnum() and text.isupper()):
        return False
    fits = len(text) == SEPA_LENGTHS.get(text[:2], len(text))
    return fits and text[:2].isalpha() and text[2:4].isdigit() and _remainder(text) == 1


def make_iban(country: str, account: str) -> str:
    """Return the IBAN of a bank and account number, with its check digits."""
    return f"{country}{98 - _remainder(country + '00' + account):02}{account}"


def format_iban(iban: str) -> str:
    """Return an IBAN in groups of four, as it is printed."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def _remainder(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97
