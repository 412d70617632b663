"""What sample invoices sell, in fourteen languages, and where: currency, VAT and accounts of each market.

The data is in catalogue.json, and read once, when the first sample is made.
Read next: documents/samples/requests.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """A country as an invoice sees it; `share` is its part of all samples, in percent.

    `rates` of VAT are the usual, the reduced and none. Nearly all that a `western` market writes, the core
    fonts can draw. `account` has a # for each digit behind the check digits of an IBAN, where invoices are in
    euro. `company` makes a firm of a family name where Faker would mix two alphabets; so do `street` and
    `towns`.
    """

    locale: str
    share: int
    currency: str
    rates: Sequence[str]
    western: bool = False
    account: str = ""
    company: str = ""
    street: str = ""
    towns: Sequence[str] = ()

    @property
    def country(self) -> str:
        """Return the ISO code of the country."""
        return self.locale[3:]

    @property
    def language(self) -> str:
        """Return the ISO code of the language."""
        return self.locale[:2]


@dataclass(frozen=True, slots=True)
class Product:
    """What is sold, by which unit, between which prices in cents; an `untaxed` one is so now and then."""

    unit: str
    cents: Sequence[int]
    reduced: bool = False
    untaxed: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    """How a language names the products, in their order, and their units where it has words of its own."""

    products: Sequence[str]
    units: Mapping[str, str]
    thanks: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All there is to sell, and whom to; and what the other kinds of document say."""

    markets: Sequence[Market]
    products: Sequence[Product]
    languages: Mapping[str, Language]
    titles: Sequence[str]
    sentences: Sequence[str]


@cache
def catalogue() -> Catalogue:
    """Read the catalogue."""
    told = json.loads((files("pdflab.documents.samples") / "catalogue.json").read_text(encoding="utf-8"))
    return Catalogue(
        [Market(**market) for market in told["markets"]],
        [Product(**product) for product in told["products"]],
        {code: Language(**words) for code, words in told["languages"].items()},
        told["titles"],
        told["sentences"],
    )
