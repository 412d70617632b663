"""Exact sums: each line rounded half-up to the cent, VAT once per rate, and totals that add up to the cent.

The rules are those of EN 16931; BR-CO-10 and the like name them. Its limit of two decimals is not kept:
amounts have the decimals of their currency, none for JPY and three for KWD.
Read next: documents/invoice/formats.py, then documents/invoice/invoice.py.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

# ISO 4217. Babel's figures are CLDR's, which drop the cents of RSD or ALL as cash does; invoices have them.
_DECIMALS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_DIGITS = 60  # more than any request needs: a sum is never rounded silently


@dataclass(frozen=True, slots=True)
class VatGroup:
    """All lines of one VAT rate, in percent: their net sum and the VAT on it."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of an invoice: gross is net and the VAT of each group, due is what is left to pay."""

    net: Decimal
    vat: tuple[VatGroup, ...]
    gross: Decimal
    paid: Decimal
    due: Decimal


def line_net(
    quantity: Decimal, unit_price: Decimal, *, currency: str, discount: Decimal = Decimal(0)
) -> Decimal:
    """Return a line without VAT, less its discount in percent, rounded once and half-up to the coin."""
    with localcontext(prec=_DIGITS):
        return _rounded(quantity * unit_price * (100 - discount) / 100, currency)


def add_up(lines: Iterable[tuple[Decimal, Decimal]], *, currency: str, paid: Decimal = Decimal(0)) -> Totals:
    """Sum lines of (net, VAT rate in percent).

    VAT is rounded once per rate, not once per line (BR-CO-17): the order of the lines does not matter.
    """
    with localcontext(prec=_DIGITS):
        nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        for net, rate in lines:
            nets[rate] += net
        groups = tuple(
            VatGroup(rate, net, _rounded(net * rate / 100, currency)) for rate, net in sorted(nets.items())
        )
        net = sum((group.net for group in groups), Decimal(0))  # BR-CO-10, BR-CO-13
        gross = net + sum((group.vat for group in groups), Decimal(0))  # BR-CO-14, BR-CO-15
        return Totals(net, groups, gross, paid, gross - paid)  # BR-CO-16


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
    """Return how many digits stand behind the point: 2 for EUR, none for JPY, 3 for KWD."""
    return _DECIMALS.get(currency, 2)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)
