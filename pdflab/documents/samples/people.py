"""Names and addresses for samples: a pool for each market, which Faker fills once in a process.

Faker takes longer over one address than a sample may take in a load plan of 400 a second.
Read next: documents/naive_render.py.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pdflab.documents.samples.catalogue import Market

NAMES = 24  # of each kind, in a pool
_FAKED = tuple(f"faker.providers.{name}" for name in ("address", "company", "person"))


@dataclass(frozen=True, slots=True)
class Pool:
    """What is drawn from; an address is its lines."""

    companies: tuple[str, ...]
    people: tuple[str, ...]
    addresses: tuple[tuple[str, ...], ...]


@cache
def pool_of(market: Market) -> Pool:
    """Fill the pool of a market: 7 ms, and 0.1 s for the first."""
    from faker import Faker  # only who makes samples waits for it

    fake: Any = Faker(market.locale, providers=list(_FAKED))
    fake.seed_instance(market.locale)
    drawn = range(NAMES)
    return Pool(
        tuple(dict.fromkeys(_company(market, fake) for _ in range(4 * NAMES)))[:NAMES],
        tuple(f"{fake.first_name()} {fake.last_name()}" for _ in drawn),
        tuple(_address(market, fake, number) for number in drawn),
    )


def _company(market: Market, fake: Any) -> str:
    return market.company.format(fake.last_name()) if market.company else str(fake.company())


def _address(market: Market, fake: Any, number: int) -> tuple[str, ...]:
    if market.towns:
        return market.street.format(fake.last_name(), number + 1), market.towns[number % len(market.towns)]
    if market.country == "US":  # else some are ships
        return fake.street_address(), f"{fake.city()}, {fake.state_abbr()} {fake.postcode()}"
    return tuple(line.strip(" ,") for line in fake.address().splitlines())
