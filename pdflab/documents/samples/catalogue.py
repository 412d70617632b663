"""The data of sample requests: products in fourteen languages; names, currency, VAT, accounts of 15 markets.

catalogue.json and names.json are read when the first sample is made. Faker 40 invented the names and
addresses in names.json.
Read next: pdflab/documents/naive_render.py.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Market(NamedTuple):
    """A country with its invoices; `share` is its part of all samples, in percent.

    `rates` of VAT are the standard one, the reduced one and none. The core font has nearly all characters of
    a `western` market. An address is a list of lines. `account` is an IBAN without country and check digits,
    with # for each digit; markets without the euro have none.
    """

    locale: str
    share: int
    currency: str
    rates: Sequence[str]
    companies: Sequence[str]
    people: Sequence[str]
    addresses: Sequence[Sequence[str]]
    western: bool = False
    account: str = ""

    @property
    def country(self) -> str:
        return self.locale[3:]

    @property
    def language(self) -> str:
        return self.locale[:2]


class Product(NamedTuple):
    """A product: its unit, its range of prices in cents; an `untaxed` one sometimes has no VAT."""

    unit: str
    cents: Sequence[int]
    reduced: bool = False
    untaxed: bool = False


class Language(NamedTuple):
    """The names of the products in one language, in their order, and its own words for units."""

    products: Sequence[str]
    units: Mapping[str, str]
    thanks: str


class Catalogue(NamedTuple):
    """Markets, products and languages, and the texts of the other kinds of document."""

    markets: Sequence[Market]
    products: Sequence[Product]
    languages: Mapping[str, Language]
    titles: Sequence[str]
    sentences: Sequence[str]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue."""
    data, names = _read("catalogue.json"), _read("names.json")
    return Catalogue(
        [Market(**market, **names[market["locale"]]) for market in data["markets"]],
        [Product(**product) for product in data["products"]],
        {code: Language(**words) for code, words in data["languages"].items()},
        data["titles"],
        data["sentences"],
    )


def _read(name: str) -> Any:
    return json.loads((files("pdflab.documents.samples") / name).read_text(encoding="utf-8"))
