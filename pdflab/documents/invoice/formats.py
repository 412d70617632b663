"""Amounts, numbers and days as a locale writes them.

The separators are in a table. Months, currency signs and their places come from Babel, once for each locale
and currency: Babel needs a megabyte for each locale, and 20 µs for each of a thousand numbers.
Read next: pdflab/documents/invoice/qr.py.
"""

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates, localedata, numbers

from pdflab.documents.requests.money import SEPARATORS, decimals

_NUMBER_SEPARATORS = {"fr_CH": "',"}  # money has the point, plain numbers the comma
_UNWANTED = str.maketrans({"\u202f": "\xa0", "\u200e": "", "\u200f": "", "\u061c": ""})


class Formats:
    """How one locale writes the amounts of one currency, numbers and dates.

    Direction marks and narrow spaces are left out, because fonts lack them.
    """

    def __init__(self, locale: str, currency: str) -> None:
        known = Locale.parse(locale)
        separators = next(signs for signs, locales in SEPARATORS.items() if locale in locales.split())
        self._signs = str.maketrans(",.", separators)
        self._number_signs = str.maketrans(",.", _NUMBER_SEPARATORS.get(locale, separators))
        self._decimals = decimals(currency)
        self._positive, self._negative = (_money_text(amount, currency, known) for amount in (8, -8))
        self._days = [_day_text(month, known) for month in range(1, 13)]
        localedata.clear_caches()  # otherwise all locales would take 60 MB of a worker

    def amount(self, amount: Decimal) -> str:
        """Return an amount with its cents: 1.234,50."""
        return f"{amount:,.{self._decimals}f}".translate(self._signs)

    def price(self, price: Decimal) -> str:
        """Return a price, with fractions of a cent if it has some: 0,0125."""
        written = -int(price.normalize().as_tuple().exponent)
        return f"{price:,.{max(self._decimals, written)}f}".translate(self._signs)

    def number(self, number: Decimal) -> str:
        """Return a quantity or a rate without trailing zeros: 7,5."""
        whole, point, rest = f"{number:,f}".partition(".")
        written = (whole + point + rest.rstrip("0")).rstrip(".")
        return written.translate(self._number_signs)

    def sum(self, amount: Decimal) -> str:
        """Return an amount with its currency: 1.234,50 €."""
        return (self._negative if amount < 0 else self._positive).format(self.amount(abs(amount)))

    def day(self, day: date) -> str:
        """Return a date with the name of its month: 31. Januar 2026."""
        return self._days[day.month - 1].format(day=day.day, year=day.year)


formats_for = lru_cache(maxsize=128)(Formats)


def _money_text(amount: int, currency: str, locale: Locale) -> str:
    written = numbers.format_currency(Decimal(amount), currency, locale=locale, currency_digits=False)
    text, places = re.subn(r"8\D00", "{}", written.translate(_UNWANTED))
    if places != 1:  # no release of Babel may lose an amount
        return f"{'-' if amount < 0 else ''}{{}}\xa0{currency}"
    return text


def _day_text(month: int, locale: Locale) -> str:
    written = dates.format_date(date(2345, month, 28), "long", locale=locale)
    text = written.translate(_UNWANTED).replace("2345", "{year}").replace("28", "{day}")
    if not ("{year}" in text and "{day}" in text):
        return f"{{year}}-{month:02}-{{day:02}}"
    return text
