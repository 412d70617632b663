"""Seeded, realistic requests as JSON data: a seed gives the same request in every process.

catalogue.json has products in fourteen languages, and 15 markets: `share` is the part of all samples in
percent, `rates` of VAT are the standard one, the reduced one and none. The core font has nearly all
characters of a `western` market. `account` is an IBAN without country and check digits, with # for each
digit; only markets with the euro have one. Prices are in `cents`; an `untaxed` product sometimes has no VAT.
Faker 40 invented the names in names.json.
Read next: pdflab/documents/naive_render.py.
"""

import json
import re
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from pdflab.documents.requests.iban import make_iban

_ABROAD = 0.08  # share of Western invoices that go to another country, without VAT
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Data = dict[str, Any]


def sample_custom(seed: int, _lines: int | None = None) -> Data:
    """Return a request for a page of text."""
    rng, market = _market(seed)
    title, person, company = map(rng.choice, (catalogue()["titles"], market["people"], market["companies"]))
    return {
        "type": "custom",
        "title": title,
        "text": f"For {person}, {company}\n\n{_prose(rng, paragraphs=rng.randint(2, 4))}",
        "bullets": rng.sample(catalogue()["sentences"], rng.randint(2, 5)),
    }


def sample_invoice(seed: int, lines: int | None = None) -> Data:
    """Return a request for an invoice of so many lines, or of 6 to 18."""
    rng, market = _market(seed)
    buyers = _buyers_of(rng, market)
    at, to = rng.sample(range(len(market["people"])), 2)
    issued = date(2026, 1, 1) + timedelta(days=rng.randrange(365))
    products = rng.sample(range(len(catalogue()["products"])), len(catalogue()["products"]))
    items = [
        _line(rng, market, products[number % len(products)], taxed=buyers is market)
        for number in range(lines or rng.randint(6, 18))
    ]
    request = {
        "type": "invoice",
        "number": f"{issued.year}-{rng.randrange(1, 10_000):04}",
        "issued": issued.isoformat(),
        "due": (issued + timedelta(days=rng.choice((14, 30)))).isoformat(),
        "currency": market["currency"],
        "locale": market["locale"],
        "seller": _party(rng, market, at),
        "buyer": _party(rng, buyers, to),
        "lines": items,
        "note": catalogue()["languages"][market["language"]]["thanks"],
    }
    if rng.random() < 0.3:
        request["order_number"] = f"PO-{rng.randrange(10_000, 100_000)}"
    if rng.random() < 0.1:
        net = sum(float(item["quantity"]) * float(item["unit_price"]) for item in items)
        request["paid"] = _money(25 * int(net))  # an advance payment of a quarter
    if market.get("account"):
        account = re.sub("#", lambda _: str(rng.randrange(10)), market["account"])
        request["account"] = {"iban": make_iban(market["country"], account)}
    return request


def sample_report(seed: int, lines: int | None = None) -> Data:
    """Return a request for a report whose table has so many rows, or 14."""
    rng, market = _market(seed)
    orders = [rng.randint(420, 1_900) for _ in _MONTHS]
    waits = [round(rng.uniform(2, 14), 1) for _ in _MONTHS]
    return {
        "type": "report",
        "title": rng.choice(catalogue()["titles"]),
        "subtitle": f"What {rng.randint(3, 9)} sites learned in twelve months",
        "author": rng.choice(market["people"]),
        "figures": _figures(rng, orders, waits),
        "sections": [
            {"heading": "Summary", "text": _prose(rng, paragraphs=2)},
            {"heading": "Orders by month", "text": _prose(rng), "chart": _chart("bar", "Orders", orders)},
            {"heading": "Waiting time", "text": _prose(rng), "chart": _chart("line", "Minutes", waits)},
            {"heading": "Sites in detail", "text": _prose(rng), "table": _table(rng, market, lines or 14)},
        ],
    }


@cache
def catalogue() -> Data:
    """Return `markets` with their names, `products`, `languages`, `titles` and `sentences`."""
    folder = files("pdflab.documents.samples")
    data: Data = json.loads((folder / "catalogue.json").read_text(encoding="utf-8"))
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    for market in data["markets"]:
        locale = market["locale"]
        market |= names[locale] | {"language": locale[:2], "country": locale[3:]}
    return data


def _market(seed: int) -> tuple[Random, Data]:
    rng, markets = Random(seed), catalogue()["markets"]
    [market] = rng.choices(markets, [market["share"] for market in markets])
    return rng, market


def _buyers_of(rng: Random, market: Data) -> Data:
    euro = [other for other in catalogue()["markets"] if "account" in other and "western" in other]
    return rng.choice(euro) if market in euro and rng.random() < _ABROAD else market


def _party(rng: Random, market: Data, place: int) -> Data:
    party = {
        "name": market["companies"][place % len(market["companies"])],
        "address": list(rng.choice(market["addresses"])),
        "country": market["country"],
    }
    prefix = {"GR": "EL", "US": ""}.get(market["country"], market["country"])  # no VAT in the United States
    return party | ({"vat_id": f"{prefix}{rng.randrange(10**8, 10**9)}"} if prefix else {})


def _line(rng: Random, market: Data, place: int, *, taxed: bool) -> Data:
    product, words = catalogue()["products"][place], catalogue()["languages"][market["language"]]
    cents = rng.randint(*product["cents"])
    halves = product["unit"] in ("h", "kg") and rng.random() < 0.5
    standard, reduced, none = market["rates"]
    rate = reduced if product.get("reduced") else standard
    if product.get("untaxed") and rng.random() < 0.2:
        rate = none
    line = {
        "description": words["products"][place],
        "quantity": f"{rng.randint(1, 30)}.5" if halves else rng.randint(1, 40),
        "unit": words["units"].get(product["unit"], product["unit"]),
        "unit_price": _money(cents),
        "vat_rate": rate if taxed else none,
    }
    return line | ({"discount": rng.choice(("5", "10", "12.5"))} if rng.random() < 0.05 else {})


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _prose(rng: Random, *, paragraphs: int = 1) -> str:
    texts = (rng.sample(catalogue()["sentences"], rng.randint(3, 6)) for _ in range(paragraphs))
    return "\n\n".join(map(" ".join, texts))


def _figures(rng: Random, orders: list[int], waits: list[float]) -> list[dict[str, str]]:
    return [
        {"label": "orders in the year", "value": f"{sum(orders):,}"},
        {"label": "busiest month", "value": _MONTHS[orders.index(max(orders))]},
        {"label": "minutes of waiting, on average", "value": f"{sum(waits) / len(waits):.1f}"},
        {"label": "delivered on the day", "value": f"{rng.uniform(91, 99.9):.1f} %"},
    ]


def _chart(kind: str, unit: str, values: list[Any]) -> Data:
    return {"kind": kind, "title": f"{unit} in each month", "labels": list(_MONTHS), "values": values}


def _table(rng: Random, market: Data, rows: int) -> Data:
    return {
        "columns": ["Site", "Contact", "Orders", "Revenue", "On time"],
        "rows": [
            [
                rng.choice(market["companies"]),
                rng.choice(market["people"]),
                f"{rng.randint(80, 2_400):,}",
                f"{rng.randint(10_000, 900_000) / 100:,.2f} €",
                f"{rng.uniform(88, 100):.1f} %",
            ]
            for _ in range(rows)
        ],
    }
