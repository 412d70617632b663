"""Seeded, realistic requests: the same kind and seed give the same data, on every machine.

Plain data, ready for JSON; nothing but the standard library is loaded.
Read next: tutorial.py.
"""

from datetime import date, timedelta
from random import Random
from typing import Any

KINDS = ("custom", "invoice", "report")

_FIRST = ("Ada", "Björn", "Camille", "Désirée", "Emil", "Fatima", "Giulia", "Hélène", "Jürgen", "Priya")
_LAST = ("Åkesson", "Brandt", "Castro", "Dubois", "Eriksen", "García", "Hoffmann", "Lefèvre", "Müller")
_TRADES = ("Printworks", "Instruments", "Roasters", "Timber", "Logistics", "Bicycles", "Optics", "Ceramics")
_FORMS = ("GmbH", "Ltd", "S.A.", "AB", "B.V.", "Srl")
_PLACES = (
    ("Hafenstraße", "20457 Hamburg", "DE"),
    ("rue des Écoles", "75005 Paris", "FR"),
    ("Vía Augusta", "08006 Barcelona", "ES"),
    ("Storgatan", "111 51 Stockholm", "SE"),
    ("Keizersgracht", "1015 CN Amsterdam", "NL"),
    ("Mill Lane", "Leeds LS1 4AP", "GB"),
)
_GOODS = (  # description, unit, lowest and highest price in cents, VAT
    ("Copy paper A4, 80 g, 500 sheets", "box", 420, 690, "19"),
    ("Espresso beans “Quai Nº 7”, dark roast, whole bean", "kg", 1450, 2890, "7"),
    ("Consulting: review of the order pipeline, on site", "h", 9500, 14500, "19"),
    ("Oak board, planed, 2,000 × 180 × 26 mm", "pcs", 3890, 7420, "19"),
    ("Hydraulic disc brake, front, with 180 mm rotor", "pcs", 6490, 13900, "19"),
    ("Express delivery within the city", "pcs", 890, 1990, "19"),
    ("Stoneware cup, hand-glazed, 250 ml", "pcs", 1200, 2400, "19"),
    ("Hosting, monthly fee, 4 cores, 16 GB", "mo", 3900, 8900, "19"),
    ("Field lens 60 mm, coated, including protective case and cleaning cloth", "pcs", 18900, 42900, "19"),
    ("Postage, as paid", "pcs", 85, 490, "0"),
    ("Hex bolt M8 × 40, stainless, bag of 100", "bag", 745, 1320, "19"),
    ("Handbook, printed, 2nd edition", "pcs", 2490, 3990, "7"),
    ("Custom print, 300 g matt, both sides in colour", "m²", 1180, 2650, "19"),
)
_SENTENCES = (
    "The line in front of the counter tells more than the average at its end.",
    "Orders arrived in bursts, and the evenings stayed quiet.",
    "Two of the three sites met their target; the third moved house in the second week.",
    "Complaints fell once customers were told how long they would wait.",
    "A queue that is empty most of the day can still be too slow at noon.",
    "The new schedule needs fewer hands, but nobody may fall ill.",
    "What was measured by hand last year now comes from the log, minute by minute.",
    "Prices of paper rose again – by about 4 % – and are passed on from the next quarter.",
    "The team proposes to keep the second shift until the backlog is gone.",
    "None of the deliveries was lost, though eleven arrived a day late.",
)
_TITLES = (
    "Waiting times",
    "Orders and deliveries",
    "A quarter of queues",
    "Workshop notes",
    "Service levels",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def sample(kind: str, seed: int, *, lines: int | None = None) -> dict[str, Any]:
    """Make up a request; `lines` sets how many items an invoice has, or how many rows the table of a report.

    Raises KeyError for a kind that does not exist.
    """
    makers = {"custom": _custom, "invoice": _invoice, "report": _report}
    return makers[kind](Random(seed), lines)


def impossible() -> dict[str, Any]:
    """Make a valid request that no renderer can draw: no font here has a cuneiform sign."""
    return {"type": "custom", "title": "The first receipt", "text": "Barley, 29,086 measures: 𒊺 𒌋 𒐖."}


def _custom(rng: Random, _lines: int | None) -> dict[str, Any]:
    return {
        "type": "custom",
        "title": rng.choice(_TITLES),
        "text": _prose(rng, paragraphs=rng.randint(2, 4)),
        "bullets": rng.sample(_SENTENCES, rng.randint(2, 5)),
    }


def _invoice(rng: Random, lines: int | None) -> dict[str, Any]:
    seller, buyer = (_party(rng, place) for place in rng.sample(_PLACES, 2))
    goods = rng.sample(_GOODS, len(_GOODS))
    issued = date(2026, 1, 1) + timedelta(days=rng.randrange(365))
    return {
        "type": "invoice",
        "number": f"{issued.year}-{rng.randrange(1, 10_000):04}",
        "issued": issued.isoformat(),
        "due": (issued + timedelta(days=rng.choice((14, 30)))).isoformat(),
        "currency": "EUR",
        "seller": seller,
        "buyer": buyer,
        "lines": [_line(rng, goods[number % len(goods)]) for number in range(lines or rng.randint(6, 18))],
        "note": "Payable without deduction. Thank you for your order.",
    }


def _report(rng: Random, lines: int | None) -> dict[str, Any]:
    orders = [rng.randint(420, 1_900) for _ in _MONTHS]
    waits = [round(rng.uniform(2, 14), 1) for _ in _MONTHS]
    return {
        "type": "report",
        "title": rng.choice(_TITLES),
        "subtitle": f"What {rng.randint(3, 9)} sites learned in twelve months",
        "author": f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
        "figures": _figures(rng, orders, waits),
        "sections": [
            {"heading": "Summary", "text": _prose(rng, paragraphs=2)},
            {
                "heading": "Orders by month",
                "text": _prose(rng, paragraphs=1),
                "chart": _chart("bar", "Orders", orders),
            },
            {
                "heading": "Waiting time",
                "text": _prose(rng, paragraphs=1),
                "chart": _chart("line", "Minutes", waits),
            },
            {
                "heading": "Sites in detail",
                "text": _prose(rng, paragraphs=1),
                "table": _table(rng, lines or 14),
            },
        ],
    }


def _party(rng: Random, place: tuple[str, str, str]) -> dict[str, Any]:
    street, town, country = place
    return {
        "name": f"{rng.choice(_LAST)} {rng.choice(_TRADES)} {rng.choice(_FORMS)}",
        "address": [f"{street} {rng.randint(1, 180)}", town],
        "country": country,
        "vat_id": f"{country}{rng.randrange(10**8, 10**9)}",
    }


def _line(rng: Random, goods: tuple[str, str, int, int, str]) -> dict[str, Any]:
    description, unit, low, high, rate = goods
    cents = rng.randint(low, high)
    halves = unit in ("h", "kg", "m²") and rng.random() < 0.5
    return {
        "description": description,
        "quantity": f"{rng.randint(1, 30)}.5" if halves else rng.randint(1, 40),
        "unit": unit,
        "unit_price": f"{cents // 100}.{cents % 100:02}",
        "vat_rate": rate,
    }


def _prose(rng: Random, *, paragraphs: int) -> str:
    return "\n\n".join(" ".join(rng.sample(_SENTENCES, rng.randint(3, 6))) for _ in range(paragraphs))


def _figures(rng: Random, orders: list[int], waits: list[float]) -> list[dict[str, str]]:
    return [
        {"label": "orders in the year", "value": f"{sum(orders):,}"},
        {"label": "busiest month", "value": _MONTHS[orders.index(max(orders))]},
        {"label": "minutes of waiting, on average", "value": f"{sum(waits) / len(waits):.1f}"},
        {"label": "delivered on the day", "value": f"{rng.uniform(91, 99.9):.1f} %"},
    ]


def _chart(kind: str, unit: str, values: list[Any]) -> dict[str, Any]:
    return {"kind": kind, "title": f"{unit} in each month", "labels": list(_MONTHS), "values": values}


def _table(rng: Random, rows: int) -> dict[str, Any]:
    return {
        "columns": ["Site", "Contact", "Orders", "Revenue", "On time"],
        "rows": [
            [
                f"{rng.choice(_LAST)} {rng.choice(_TRADES)}",
                f"{rng.choice(_FIRST)} {rng.choice(_LAST)}",
                f"{rng.randint(80, 2_400):,}",
                f"{rng.randint(10_000, 900_000) / 100:,.2f} €",
                f"{rng.uniform(88, 100):.1f} %",
            ]
            for _ in range(rows)
        ],
    }
