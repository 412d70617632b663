"""Names and addresses for samples: one pool for each market, which Faker fills once in a process.

Faker is too slow to be called for each sample: a load plan may need 400 a second.
Read next: documents/naive_render.py.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from pdflab.documents.samples.catalogue import Market

NAMES = 24  # names of each kind in a pool
_FAKED = tuple(f"faker.providers.{name}" for name in ("address", "company", "person"))


@dataclass(frozen=True, slots=True)
class Pool:
    """Companies, people and addresses (as lines) to choose from."""

    companies: tuple[str, ...]
    people: tuple[str, ...]
    addresses: tuple[tuple[str, ...], ...]


@cache
def pool_of(market: Market) -> Pool:
    """Return the pool of a market; filling it takes 7 ms, the first one 0.1 s."""
    from faker import Faker  # a slow import, needed for samples only

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
    if market.country == "US":  # Faker makes some of them ships
        return fake.street_address(), f"{fake.city()}, {fake.state_abbr()} {fake.postcode()}"
    return tuple(line.strip(" ,") for line in fake.address().splitlines())
