"""Amounts, numbers and days as a locale writes them: Babel's own way, read once, then filled in.

Babel keeps a megabyte for each locale and takes 20 µs for a number; a long invoice writes a thousand numbers.
Read next: labels.py.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates, localedata, numbers

from pdflab.documents.money import format_amount, format_number, format_price

_UNWANTED = str.maketrans({"\u202f": "\xa0", "\u200e": "", "\u200f": "", "\u061c": ""})


@dataclass(frozen=True, slots=True)
class Formats:
    """How one locale writes the amounts of one currency.

    `money` has a place for the amount beside the currency's sign: first when it is 0 or more, then below 0.
    `days` has a text for each month, with places for day and year.
    """

    currency: str
    signs: dict[int, str]
    money: tuple[str, str]
    days: tuple[str, ...]

    def amount(self, amount: Decimal) -> str:
        """Write an amount with its cents: 1.234,50."""
        return format_amount(amount, currency=self.currency).translate(self.signs)

    def price(self, price: Decimal) -> str:
        """Write a price with the parts of a cent it may have: 0,0125."""
        return format_price(price, currency=self.currency).translate(self.signs)

    def number(self, number: Decimal) -> str:
        """Write a quantity or a rate without needless zeros: 7,5."""
        return format_number(number).translate(self.signs)

    def sum(self, amount: Decimal) -> str:
        """Write an amount with its currency: 1.234,50 €."""
        return self.money[amount < 0].format(self.amount(abs(amount)))

    def day(self, day: date) -> str:
        """Write a day with the name of its month: 31. Januar 2026."""
        return self.days[day.month - 1].format(day=day.day, year=day.year)


@lru_cache(maxsize=128)
def formats_for(locale: str, currency: str) -> Formats:
    """Read from Babel how a locale writes, less what no font draws: marks of direction and narrow blanks."""
    known = Locale.parse(locale)
    signs = {",": numbers.get_group_symbol(known), ".": numbers.get_decimal_symbol(known)}
    formats = Formats(
        currency,
        str.maketrans({sign: written.translate(_UNWANTED) for sign, written in signs.items()}),
        (_money_text(8, currency, known), _money_text(-8, currency, known)),
        tuple(_day_text(month, known) for month in range(1, 13)),
    )
    _let_go_of_locales()
    return formats


def _money_text(amount: int, currency: str, locale: Locale) -> str:
    written = numbers.format_currency(Decimal(amount), currency, locale=locale, currency_digits=False)
    eight = f"8{numbers.get_decimal_symbol(locale)}00"
    return written.translate(_UNWANTED).replace(eight, "{}")


def _day_text(month: int, locale: Locale) -> str:
    written = dates.format_date(date(2345, month, 28), "long", locale=locale)
    return written.translate(_UNWANTED).replace("2345", "{year}").replace("28", "{day}")


def _let_go_of_locales() -> None:
    """Drop what Babel remembers: a worker that met thirty locales would keep thirty megabytes.

    Babel has no public way. Should the name change, nothing breaks but the saving.
    """
    getattr(localedata, "_cache", {}).clear()
