"""Sums are exact, whatever the lines."""

from decimal import Decimal, getcontext, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab.documents.requests.money import add_up, line_net

AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=2)
LINES = st.lists(st.tuples(AMOUNTS, st.sampled_from([Decimal(n) for n in ("0", "5.5", "7", "19", "19.00")])))


@given(LINES, st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[tuple[Decimal, Decimal]], rng: object) -> None:
    """Shuffled lines have the same totals."""
    shuffled = list(lines)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]

    assert add_up(lines, currency="EUR") == add_up(shuffled, currency="EUR")


@given(LINES)
def test_gross_is_net_and_vat_to_the_cent(lines: list[tuple[Decimal, Decimal]]) -> None:
    """Nothing is lost between the lines, the groups and the total."""
    totals = add_up(lines, currency="EUR")

    assert totals.net == sum(net for net, _ in lines) == sum(group.net for group in totals.vat)
    assert totals.gross == totals.net + sum(group.vat for group in totals.vat)
    assert all(abs(group.vat - group.net * group.rate / 100) <= Decimal("0.005") for group in totals.vat)


def test_a_rate_is_one_group_however_it_is_written() -> None:
    """19 and 19.00 percent are the same VAT, rounded once."""
    totals = add_up([(Decimal("0.13"), Decimal(19)), (Decimal("0.13"), Decimal("19.00"))], currency="EUR")

    assert [group.vat for group in totals.vat] == [Decimal("0.05")]  # twice 0.0247 would be 0.04


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        ("1", "0.005", "EUR", "0.01"),
        ("3", "0.125", "EUR", "0.38"),
        ("0.5", "0.05", "EUR", "0.03"),
        ("1.5", "1", "JPY", "2"),
        ("1", "0.0005", "KWD", "0.001"),
        ("1000000", "1000000000.0001", "EUR", "1000000000000100.00"),
    ],
)
def test_a_line_is_rounded_half_up_to_the_coin(quantity: str, price: str, currency: str, net: str) -> None:
    """Half a cent is a cent, in the cents of the currency."""
    assert str(line_net(Decimal(quantity), Decimal(price), currency=currency)) == net


def test_a_discount_of_everything_leaves_nothing() -> None:
    """The largest line there can be, less each discount, is exact."""
    most = {"quantity": Decimal(1000000), "unit_price": Decimal("999999999.9999"), "currency": "EUR"}

    assert line_net(**most, discount=Decimal(100)) == 0
    assert str(line_net(**most, discount=Decimal("0.01"))) == "999899999999900.01"


def test_what_is_paid_is_taken_off_the_gross() -> None:
    """More than the gross leaves less than nothing."""
    totals = add_up([(Decimal("10.00"), Decimal(20))], currency="EUR", paid=Decimal("12.50"))

    assert (totals.gross, totals.paid, totals.due) == (Decimal("12.00"), Decimal("12.50"), Decimal("-0.50"))


def test_sums_do_not_depend_on_the_precision_of_the_thread() -> None:
    """A caller with a coarse decimal context gets exact cents, and keeps its context."""
    with localcontext(prec=3):
        totals = add_up([(Decimal("12345.67"), Decimal(19))] * 2, currency="EUR")

        assert totals.net == Decimal("24691.34")
        assert getcontext().prec == 3
