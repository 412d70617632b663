"""Exact sums: each line is rounded half-up to the cent, VAT once per rate, and the totals add up to the cent.

The rules are those of EN 16931, with names such as BR-CO-10. Its limit of two decimals does not apply:
amounts have the decimals of their currency, none for JPY and three for KWD.
Read next: pdflab/documents/requests/iban.py.
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
# Separator of thousands and decimal sign by locale, from CLDR 48, with the space that all fonts have.
# Releases of Babel differ in them: 2.19 drops the apostrophes of a Swiss million.
SEPARATORS = {
    ",.": "ar_AE ar_EG ar_SA en_AU en_CA en_GB en_IE en_US es_MX he_IL ja_JP ko_KR zh_CN",
    ".,": "da_DK de_AT de_DE el_GR es_ES hr_HR it_IT nl_BE nl_NL pt_BR ro_RO sl_SI sr_RS tr_TR",
    "\xa0,": "bg_BG cs_CZ et_EE fi_FI fr_BE fr_CA fr_FR hu_HU lt_LT lv_LV nb_NO pl_PL pt_PT ru_RU sk_SK "
    "sv_SE uk_UA",
    "'.": "de_CH fr_CH it_CH",
}
_DIGITS = 60  # more than any request needs, so that no sum is rounded silently


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
    """Return the totals of lines of (net, VAT rate in percent).

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


def decimals(currency: str) -> int:
    """Return the number of decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)
