"""An invoice adds up, on paper and on every page."""

import io
import re
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdfium2.raw import FPDF_PAGEOBJ_PATH

from pdflab.documents.invoice.content import transfer_text
from pdflab.documents.invoice.formats import formats_for
from pdflab.documents.invoice.invoice import draw_invoice
from pdflab.documents.invoice.qr import qr_rows
from pdflab.documents.invoice.totals import TotalsBlock
from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.requests.invoice import InvoiceRequest
from pdflab.documents.typesetting.page import Sheet
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()
IBAN = "DE71110220330123456789"
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "description": st.just("Work"),
            "quantity": st.decimals("0.0001", 10**6, places=4).map(str),
            "unit_price": st.decimals(0, 10**9, places=4).map(str),
            "vat_rate": st.sampled_from(["0", "5.5", "7", "19", "19.00", "8.25"]),
            "discount": st.sampled_from(["0", "5", "12.5", "100"]),
        }
    ),
    min_size=1,
    max_size=12,
)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def invoice(**fields: Any) -> InvoiceRequest:
    data = {
        "type": "invoice",
        "number": "2026-7",
        "issued": "2026-01-31",
        "due": "2026-02-28",
        "currency": "EUR",
        "seller": {
            "name": "Ada Ltd",
            "address": ["1 Mill TaskQueue", "Leeds"],
            "country": "GB",
            "vat_id": "GB123",
        },
        "buyer": {"name": "Émile SARL", "address": ["2 rue Haute"], "country": "FR"},
        "lines": [line()],
    }
    request = parse_request(data | fields)
    assert isinstance(request, InvoiceRequest)
    return request


def line(**fields: Any) -> dict[str, Any]:
    return {"description": "Work", "quantity": 1, "unit_price": "100", "vat_rate": "20", **fields}


def drawn(request: InvoiceRequest) -> bytes:
    return render(request, created_at=0, fonts=FONTS).pdf


def pages_of(request: InvoiceRequest) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(drawn(request))).pages]


@given(LINES, CURRENCIES, st.integers(0, 10**6))
def test_the_sums_are_those_of_en_16931(lines: list[dict[str, Any]], currency: str, paid: int) -> None:
    """Business rules BR-CO-10, 13, 14, 15, 16 and 17, and BR-S-08, with no cent of tolerance."""
    request = invoice(lines=lines, currency=currency, paid=paid)
    nets, totals = request.nets, request.totals

    assert totals.net == sum(nets)  # 10, 13
    assert totals.gross - totals.net == sum(group.vat for group in totals.vat)  # 14, 15
    assert totals.due == totals.gross - paid  # 16
    coin = abs(nets[0].as_tuple().exponent)  # type: ignore[arg-type]
    for group in totals.vat:
        of_rate = (net for net, line in zip(nets, request.lines, strict=True) if line.vat_rate == group.rate)
        assert group.net == sum(of_rate)  # S-08
        assert abs(group.vat - group.net * group.rate / 100) * 2 <= Decimal(1).scaleb(-coin)  # 17


@given(LINES, st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[dict[str, Any]], rng: Any) -> None:
    """Shuffled lines have the same totals."""
    shuffled = list(lines)
    rng.shuffle(shuffled)

    assert invoice(lines=lines).totals == invoice(lines=shuffled).totals


@pytest.mark.parametrize(
    ("price", "discount", "net"), [("100", "12.5", "87.50"), ("0.10", "5", "0.10"), ("0.30", "50", "0.15")]
)
def test_a_discount_is_taken_before_a_line_is_rounded(price: str, discount: str, net: str) -> None:
    """A line is rounded once: who checks it with a calculator finds the same cent."""
    assert str(invoice(lines=[line(unit_price=price, discount=discount)]).nets[0]) == net


def test_what_is_paid_is_taken_off() -> None:
    """The amount due is what is left, and too much leaves a minus."""
    (page,) = pages_of(invoice(paid="50.00"))
    assert re.search(r"Total EUR\s*120\.00\s*Paid in advance\s*-50\.00\s*Amount due EUR\s*70\.00", page)

    (page,) = pages_of(invoice(paid="200"))
    assert re.search(r"Amount due EUR\s*-80\.00", page)


def test_every_page_carries_its_sum_to_the_next() -> None:
    """The foot and the head agree, and both are the exact sum of the lines above."""
    lines = [line(unit_price=f"{number}.37") for number in range(1, 121)]
    request = invoice(lines=lines)
    pages = pages_of(request)

    assert len(pages) > 3
    for page, following in pairwise(pages):
        carried = re.findall(r"Carried forward\s*([\d,.]+)", page)
        done = max(int(number) for number in re.findall(r"^(\d+)(?= ?Work)", page, re.MULTILINE))
        assert carried == re.findall(r"Brought forward\s*([\d,.]+)", following)
        assert carried == [f"{sum(request.nets[:done]):,.2f}"]
        assert "Description" in following
    assert "Brought forward" not in pages[0]
    assert "Carried forward" not in pages[-1]


def test_a_divided_line_is_carried_over_without_its_amount() -> None:
    """A description longer than a page: what is brought forward are the lines before it."""
    long = line(description="\n".join(f"word {number}" for number in range(150)), unit_price="5")
    pages = pages_of(invoice(lines=[line(), long, line()]))

    sums = [re.findall(r"Brought forward\s*([\d,.]+)", page) for page in pages[1:]]
    assert sums[0] == sums[1] == ["100.00"]


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 70), st.booleans())
def test_the_end_is_kept_together(count: int, paid: bool) -> None:
    """Sums, payment and thanks are on the page of the last line, wherever the page ends."""
    request = invoice(
        lines=[line()] * count, paid=int(paid), account={"iban": IBAN}, note="Thank you for your order."
    )
    last = pages_of(request)[-1]

    assert all(words in last for words in ("Net", "VAT 20 %", "Total EUR", "DE71 1102", "Thank you"))
    assert re.search(rf"^{count} ?Work", last, re.MULTILINE)


def test_a_locale_writes_everything_its_way() -> None:
    """Words, numbers and days are German; nothing English is left on the page."""
    (page,) = pages_of(invoice(locale="de-DE", lines=[line(unit_price="1234.50")]))

    for words in (
        "Rechnung 2026-7",
        "31. Januar 2026",
        "28. Februar 2026",
        "1.234,50",
        "USt 20 % auf",
        "1.481,40 €",
    ):
        assert words in page.replace("\xa0", " ")


def test_discounts_have_a_column_when_there_are_any() -> None:
    """Without one, the page keeps its room."""
    assert "Discount" not in pages_of(invoice())[0]
    assert re.search(
        r"Discount %.*12\.5", pages_of(invoice(lines=[line(discount="12.5"), line()]))[0], re.DOTALL
    )


def test_every_string_comes_back() -> None:
    """References, terms, account and addresses can be read from the file, quotes and slashes too."""
    request = invoice(
        number='A/7 "x"',
        buyer_reference="c/o O'Neill",
        order_number="PO\\9",
        terms="30 days (net)",
        account={"iban": "de71 1102 2033 0123 4567 89", "bic": "markdef1100", "name": "Ada & Co"},
        note="Thank <b>you</b>",
    )
    (page,) = pages_of(request)

    for words in (
        'A/7 "x"',
        "c/o O'Neill",
        "PO\\9",
        "30 days (net)",
        "DE71 1102 2033 0123 4567 89",
        "MARKDEF1100",
    ):
        assert words in page
    for words in (
        "Ada & Co",
        "Thank <b>you</b>",
        "1 Mill TaskQueue",
        "Leeds",
        "Émile SARL",
        "2 rue Haute",
        "VAT GB123",
    ):
        assert words in page


def code_on(page: pypdfium2.PdfPage, side: int) -> list[str]:
    """Read the modules of the code back from the picture of a page."""
    boxes = [path.get_bounds() for path in page.get_objects(filter=[FPDF_PAGEOBJ_PATH])]
    parts = [box for box in boxes if box[2] < 56 + 75 and box[3] < 0.7 * page.get_height()]
    left, top, right = (
        min(box[0] for box in parts),
        max(box[3] for box in parts),
        max(box[2] for box in parts),
    )
    scale, unit = 8, (right - left) / side
    grey = page.render(scale=scale).to_pil().convert("L")

    def module(row: int, column: int) -> str:
        x, y = left + (column + 0.5) * unit, page.get_height() - top + (row + 0.5) * unit
        return "1" if grey.getpixel((int(x * scale), int(y * scale))) < 128 else "0"

    return ["".join(module(row, column) for column in range(side)) for row in range(side)]


def test_the_code_on_the_paper_is_the_one_to_scan() -> None:
    """Module by module."""
    text = transfer_text(name="Ada Ltd", iban=IBAN, amount=Decimal("120.00"), remittance="2026-7")
    rows = qr_rows(text or b"")

    page = pypdfium2.PdfDocument(drawn(invoice(account={"iban": IBAN})))[0]
    assert code_on(page, len(rows)) == rows


@pytest.mark.parametrize(
    "fields", [{"currency": "CHF"}, {"paid": "120"}, {"paid": "500"}, {"lines": [line(unit_price=10**9)]}]
)
def test_no_code_is_drawn_when_nothing_can_be_paid_by_it(fields: dict[str, Any]) -> None:
    """Other currencies, nothing due, or a billion: the account alone is printed."""
    request = invoice(account={"iban": IBAN}, **fields)
    (page,) = pages_of(request)

    assert "Scan" not in page
    assert "DE71 1102" in page


def test_babel_is_asked_once_for_a_locale_and_currency() -> None:
    """Three hundred lines ask it no more often than one."""
    before = formats_for.cache_info().misses
    drawn(invoice(lines=[line()]))
    drawn(invoice(lines=[line()] * 300))

    assert formats_for.cache_info().misses - before <= 1


def test_rendering_only_chooses_the_fonts() -> None:
    """The same bytes come from the drawing itself."""
    request = invoice()

    assert draw_invoice(request, created_at=0, typesetter=FONTS.typesetter("")).pdf == drawn(request)


@pytest.mark.parametrize("fields", [{}, {"account": {"iban": IBAN}}, {"paid": "20"}])
def test_the_totals_are_as_high_as_they_said(fields: dict[str, Any]) -> None:
    """The page breaks above them or not at all."""
    sheet = Sheet("", created_at=0, typesetter=FONTS.typesetter(""))
    block, top = TotalsBlock(sheet, invoice(**fields)), sheet.y
    block.draw()

    assert sheet.y - top == pytest.approx(block.height)
