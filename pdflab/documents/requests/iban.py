"""IBANs: check digits and lengths (ISO 13616), and the countries of the Single Euro Payments Area.

Read next: pdflab/documents/requests/report.py.
"""

# The countries of the Single Euro Payments Area (EPC409-09) with the length of their IBANs (ISO 13616).
_SEPA = """
NO15 BE16 DK18 FI18 NL18 MK19 SI19 AT20 EE20 LT20 LU20 CH21 HR21 LI21 LV21 BG22 DE22 GB22 IE22 ME22 RS22 VA22
GI23 AD24 CZ24 ES24 MD24 RO24 SE24 SK24 PT25 IS26 FR27 GR27 IT27 MC27 SM27 AL28 CY28 HU28 PL28 MT31
"""
SEPA_LENGTHS = {word[:2]: int(word[2:]) for word in _SEPA.split()}


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
