"""Amounts, numbers and days are written as Babel writes them, and faster."""

from datetime import date
from decimal import Decimal

import pytest
from babel import Locale, dates, localedata, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from pdflab.documents.fields import LOCALES
from pdflab.documents.formats import formats_for
from pdflab.documents.labels import labels_for
from pdflab.documents.money import decimals

CENTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
NUMBERS = st.decimals(min_value=0, max_value=10**9, places=4)
SIGNS = {"\u202f": "\xa0", "\u200e": "", "\u200f": "", "\u061c": ""}  # what the core font cannot write
every_locale = pytest.mark.parametrize("locale", LOCALES)
few = settings(max_examples=12, deadline=None)


def drawable(text: str) -> str:
    return text.translate(str.maketrans(SIGNS))


@every_locale
@few
@given(amount=CENTS)
def test_an_amount_is_babels(locale: str, amount: Decimal) -> None:
    """Thousands, cents and the sign of the currency stand where the locale puts them."""
    formats = formats_for(locale, "EUR")

    amount += 0  # Babel writes -0.00; no amount of ours is
    plain = numbers.format_decimal(amount, format="#,##0.00", locale=locale)
    assert formats.amount(amount) == drawable(plain)
    assert formats.sum(amount) == drawable(numbers.format_currency(amount, "EUR", locale=locale))


@every_locale
@few
@given(number=NUMBERS)
def test_a_number_is_babels(locale: str, number: Decimal) -> None:
    """No digit is lost, and no zero is added."""
    written = numbers.format_decimal(number, locale=locale, decimal_quantization=False)

    assert formats_for(locale, "EUR").number(number) == drawable(written)


@every_locale
@few
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_a_day_is_babels(locale: str, day: date) -> None:
    """The months are the locale's own."""
    assert formats_for(locale, "EUR").day(day) == drawable(dates.format_date(day, "long", locale=locale))


@given(currency=st.sampled_from(sorted(numbers.list_currencies())))
@few
def test_the_sign_of_a_currency_is_babels(currency: str) -> None:
    """Any currency finds its sign, or is written as its code."""
    written = numbers.format_currency(8, currency, "¤#,##0", locale="en_GB", currency_digits=False)

    assert formats_for("en_GB", currency).sum(Decimal(8)).partition(".")[0] == drawable(written)


def test_decimals_are_those_of_iso_4217() -> None:
    """Babel agrees but for currencies whose coins are out of use, and so are not shown: invoices do."""
    hidden = {
        currency
        for currency in Locale("en").currencies
        if numbers.get_currency_precision(currency) != decimals(currency)
    }

    assert {numbers.get_currency_precision(currency) for currency in hidden} == {0}
    assert {"RSD", "ALL", "IQD"} <= hidden
    assert [decimals(currency) for currency in ("EUR", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]


def test_a_price_shows_the_parts_of_a_cent_it_has() -> None:
    """Two cents are always written, four when they are needed."""
    formats = formats_for("de_DE", "EUR")

    assert [formats.price(Decimal(price)) for price in ("1234", "0.0125")] == ["1.234,00", "0,0125"]


def test_nothing_of_babels_memory_is_kept() -> None:
    """A worker that meets every locale stays small. Should Babel rename its memory, this says so."""
    formats_for.cache_clear()
    formats_for("fi_FI", "EUR")

    assert localedata._cache == {}


def test_three_languages_have_words_of_their_own() -> None:
    """German and French read their own; everyone else reads English."""
    assert [labels_for(locale).invoice for locale in ("de_AT", "fr_CA", "el_GR")] == [
        "Rechnung",
        "Facture",
        "Invoice",
    ]
