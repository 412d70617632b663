"""Amounts, numbers and days are written as the locale has them, whatever release of Babel is installed."""

import re
import tracemalloc
from datetime import date
from decimal import Decimal

import pytest
from babel import dates, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from pdflab.documents.invoice.content import translations_for
from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.requests.fields import LOCALES
from pdflab.documents.requests.money import decimals

SIGNS = {"\u202f": "\xa0", "\u200e": "", "\u200f": "", "\u061c": ""}  # what the core font cannot write
every_locale = pytest.mark.parametrize("locale", LOCALES)
few = settings(max_examples=12, deadline=None)
MILLIONS = {  # by locale, or else by language
    **dict.fromkeys(("ar", "en", "he", "ja", "ko", "zh", "es_MX"), "1,234,567.50"),
    **dict.fromkeys(("da", "de", "el", "es", "hr", "it", "nl", "ro", "sl", "sr", "tr"), "1.234.567,50"),
    **dict.fromkeys(("bg", "cs", "et", "fi", "fr", "hu", "lt", "lv", "nb"), "1\xa0234\xa0567,50"),
    **dict.fromkeys(("pl", "ru", "sk", "sv", "uk", "pt_PT"), "1\xa0234\xa0567,50"),
    "pt_BR": "1.234.567,50",
    **dict.fromkeys(("de_CH", "fr_CH", "it_CH"), "1'234'567.50"),
}


def drawable(text: str) -> str:
    return text.translate(str.maketrans(SIGNS))


def millions(locale: str) -> str:
    return MILLIONS.get(locale, MILLIONS.get(locale[:2], ""))


def test_amounts_are_written_with_their_cents() -> None:
    """Thousands are grouped, cents are never dropped, needless zeros are."""
    euro, yen = formats_for("en_GB", "EUR"), formats_for("en_GB", "JPY")

    assert [euro.amount(Decimal("1234.5")), yen.amount(Decimal(1234))] == ["1,234.50", "1,234"]
    assert [euro.price(Decimal(price)) for price in ("0.0125", "1000")] == ["0.0125", "1,000.00"]
    written = [euro.number(Decimal(number)) for number in ("1500", "7.50", "19.00", "100")]
    assert written == ["1,500", "7.5", "19", "100"]


@every_locale
def test_an_amount_has_the_separators_of_its_locale(locale: str) -> None:
    """Thousands are parted as often as there are any, and two cents are always written."""
    formats = formats_for(locale, "EUR")
    whole = millions(locale)

    assert [formats.amount(Decimal(amount)) for amount in ("1234567.5", "-1234567.5")] == [whole, f"-{whole}"]
    assert formats.amount(Decimal("7.25")) == f"7{whole[-3]}25"


@every_locale
def test_a_number_loses_no_digit_and_gains_no_zero(locale: str) -> None:
    """Quantities and rates have the same separators; only in French Switzerland money alone has the point."""
    formats = formats_for(locale, "EUR")
    whole = millions(locale)[:-3]
    decimal = "," if locale == "fr_CH" else millions(locale)[-3]

    written = [formats.number(Decimal(number)) for number in ("1234567.0000", "7.5000", "0.0125", "100")]

    assert written == [whole, f"7{decimal}5", f"0{decimal}0125", "100"]


@pytest.mark.parametrize(
    ("locale", "currency", "above", "below"),
    [
        ("de_DE", "EUR", "1.234,50\xa0€", "-1.234,50\xa0€"),
        ("de_AT", "EUR", "€\xa01.234,50", "-€\xa01.234,50"),
        ("de_CH", "CHF", "CHF\xa01'234.50", "CHF-1'234.50"),
        ("it_CH", "CHF", "CHF\xa01'234.50", "CHF-1'234.50"),
        ("fr_CH", "CHF", "1'234.50\xa0CHF", "-1'234.50\xa0CHF"),
        ("fr_FR", "EUR", "1\xa0234,50\xa0€", "-1\xa0234,50\xa0€"),
        ("en_US", "USD", "$1,234.50", "-$1,234.50"),
        ("en_GB", "GBP", "£1,234.50", "-£1,234.50"),
        ("nl_NL", "EUR", "€\xa01.234,50", "€\xa0-1.234,50"),
        ("ja_JP", "KWD", "KWD1,234.500", "-KWD1,234.500"),
        ("he_IL", "ILS", "1,234.50\xa0₪", "-1,234.50\xa0₪"),
    ],
)
def test_a_sum_has_its_currency_and_its_minus_in_place(
    locale: str, currency: str, above: str, below: str
) -> None:
    """The sign stands before or behind, with a blank or none, as the locale puts it."""
    formats = formats_for(locale, currency)

    assert [formats.sum(Decimal(amount)) for amount in ("1234.5", "-1234.5")] == [above, below]


@every_locale
@few
@given(amount=st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_a_sum_holds_its_whole_amount(locale: str, amount: Decimal) -> None:
    """Beside the currency's sign stand the amount, once, and a minus if it is below 0."""
    formats = formats_for(locale, "EUR")

    written = formats.sum(amount)

    assert written.count(formats.amount(abs(amount))) == 1
    assert ("-" in written) == (amount < 0)


def test_no_amount_is_lost_should_babel_write_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Babel's text has no place for the amount or the day, a plain form takes its place."""
    monkeypatch.setattr(numbers, "format_currency", lambda *_args, **_options: "€ eight")
    monkeypatch.setattr(dates, "format_date", lambda *_args, **_options: "some day")
    formats = formats_for.__wrapped__("de_DE", "EUR")

    assert [formats.sum(Decimal(amount)) for amount in (7, -7)] == ["7,00\xa0EUR", "-7,00\xa0EUR"]
    assert formats.day(date(2026, 1, 3)) == "2026-01-03"


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

    whole = formats_for("en_GB", currency).sum(Decimal(8))
    assert re.fullmatch(re.escape(drawable(written)) + r"(\.0+)?", whole)  # one sign ends with a point: Cg.


def test_decimals_are_those_of_iso_4217() -> None:
    """An invoice has cents also where coins are out of use, as in Serbia and Albania."""
    expected = {
        0: ("JPY", "KRW", "ISK", "CLP", "VND", "XOF"),
        2: ("EUR", "CHF", "USD", "RSD", "ALL", "HUF", "CZK"),
        3: ("KWD", "BHD", "IQD", "TND"),
        4: ("CLF", "UYW"),
    }

    for digits, currencies in expected.items():
        assert {decimals(currency) for currency in currencies} == {digits}


def test_a_price_shows_the_parts_of_a_cent_it_has() -> None:
    """Two cents are always written, four when they are needed."""
    formats = formats_for("de_DE", "EUR")

    assert [formats.price(Decimal(price)) for price in ("1234", "0.0125")] == ["1.234,00", "0,0125"]


def test_nothing_of_babels_memory_is_kept() -> None:
    """A worker that meets every locale stays small: more than a megabyte each would be kept otherwise."""
    formats_for.cache_clear()
    formats_for("en_GB", "EUR")  # what Babel keeps for all locales
    tracemalloc.start()

    for locale in ("de_DE", "fi_FI", "ar_SA"):
        formats_for(locale, "EUR")

    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 500_000


def test_three_languages_have_words_of_their_own() -> None:
    """German and French read their own; everyone else reads English."""
    assert [translations_for(locale)["invoice"] for locale in ("de_AT", "fr_CA", "el_GR")] == [
        "Rechnung",
        "Facture",
        "Invoice",
    ]
