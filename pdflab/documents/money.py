"""Exact sums: each line rounded half-up to the cent, VAT once per rate, and totals that add up to the cent.

Read next: invoice.py.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

_WITHOUT_CENTS = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
    *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
)
_WITH_MILS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS = 60  # more than any request needs: a sum is never rounded silently


@dataclass(frozen=True, slots=True)
class VatGroup:
    """All lines of one VAT rate, in percent: their net sum and the VAT on it."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of an invoice: gross is net and the VAT of each group, to the cent."""

    net: Decimal
    vat: tuple[VatGroup, ...]
    gross: Decimal


def line_net(quantity: Decimal, unit_price: Decimal, *, currency: str) -> Decimal:
    """Give what a line costs without VAT, rounded half-up to the currency's smallest coin."""
    with localcontext(prec=_DIGITS):
        return _rounded(quantity * unit_price, currency)


def add_up(lines: Iterable[tuple[Decimal, Decimal]], *, currency: str) -> Totals:
    """Sum lines of (net, VAT rate in percent).

    VAT is rounded once per rate, not once per line, as EN 16931 asks: the order of the lines does not matter.
    """
    with localcontext(prec=_DIGITS):
        nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        for net, rate in lines:
            nets[rate] += net
        groups = tuple(
            VatGroup(rate, net, _rounded(net * rate / 100, currency)) for rate, net in sorted(nets.items())
        )
        net = sum((group.net for group in groups), Decimal(0))
        return Totals(net, groups, net + sum((group.vat for group in groups), Decimal(0)))


def format_amount(amount: Decimal, *, currency: str) -> str:
    """Write an amount of money with its cents: 1,234.50."""
    return f"{amount:,.{decimals(currency)}f}"


def format_price(price: Decimal, *, currency: str) -> str:
    """Write a price with its cents, and with the parts of a cent it may have: 0.0125."""
    written = -int(price.normalize().as_tuple().exponent)
    return f"{price:,.{max(decimals(currency), written)}f}"


def format_number(number: Decimal) -> str:
    """Write a quantity or a rate without needless zeros: 1,500 or 7.5."""
    whole, point, rest = f"{number:,f}".partition(".")
    return (whole + point + rest.rstrip("0")).rstrip(".") if point else whole


def decimals(currency: str) -> int:
    """Tell how many digits stand behind the point: 2 for EUR, none for JPY, 3 for KWD."""
    if currency in _WITHOUT_CENTS:
        return 0
    return 3 if currency in _WITH_MILS else 2


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)
