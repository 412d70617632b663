"""A banking app reads what it has to pay."""

from decimal import Decimal

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from segno.helpers import make_epc_qr

from pdflab.documents.invoice.content import transfer_text
from pdflab.documents.invoice.qr import MASK, qr_rows
from pdflab.documents.requests.iban import make_iban

IBAN = "DE71110220330123456789"
NAMES = st.text(st.sampled_from("Aé ßΩЖ&,."), min_size=1, max_size=80).filter(lambda name: name.strip())


def test_the_text_of_a_transfer_is_the_standards() -> None:
    """Twelve lines, in the order of EPC069-12."""
    text = transfer_text(
        name="Müller", iban=IBAN, amount=Decimal("12.30"), remittance="2026-1", bic="MARKDEF1100"
    )

    assert text == f"BCD\n002\n2\nSCT\nMARKDEF1100\nMüller\n{IBAN}\nEUR12.3\n\n\n2026-1".encode("latin-1")


@given(NAMES, st.decimals(min_value=Decimal("0.01"), max_value=Decimal("999999999.99"), places=2))
def test_segno_makes_the_same_text(name: str, amount: Decimal) -> None:
    """Drawn under the mask that segno chose, the codes are equal to the module."""
    text = transfer_text(name=name, iban=IBAN, amount=amount, remittance="Nº 7")
    assert text
    encoding = int(text.split(b"\n")[2])
    code = make_epc_qr(" ".join(name.split())[:70], IBAN, amount, text="Nº 7", encoding=encoding)

    ours = segno.make_qr(text, error="m", boost_error=False, mask=code.mask)
    assert ours.matrix == code.matrix


@pytest.mark.parametrize("amount", ["-5", "0", "0.001", "1000000000"])
def test_an_amount_beyond_the_standard_has_no_code(amount: str) -> None:
    """A refund or a billion is not paid by telephone."""
    assert transfer_text(name="A", iban=IBAN, amount=Decimal(amount), remittance="B") is None


def test_a_text_too_long_for_the_standard_has_no_code() -> None:
    """331 bytes are the most; half a reference would be a wrong one."""
    assert transfer_text(name="Ω" * 70, iban=IBAN, amount=Decimal(1), remittance="Ж" * 140) is None


@given(st.binary(min_size=1, max_size=331))
def test_a_code_is_segnos_code(text: bytes) -> None:
    """Whatever is written, in every size, each module is as segno has it under the same mask."""
    rows = qr_rows(text)
    code = segno.make_qr(
        text, error="m", boost_error=False, mask=MASK, mode="byte", version=(len(rows) - 17) // 4
    )

    assert rows == ["".join(map(str, row)) for row in code.matrix]


@pytest.mark.parametrize("length", [42, 43, 84, 106, 122, 152, 180, 181, 213, 251, 287, 331])
def test_a_code_is_no_larger_than_it_must_be(length: int) -> None:
    """At the edge between two sizes, segno chooses the same."""
    assert len(qr_rows(b"\xff" * length)) == len(
        segno.make_qr(b"\xff" * length, error="m", boost_error=False).matrix
    )


def test_a_text_too_long_for_a_code_is_refused() -> None:
    """Thirteen sizes are known, and no more are needed."""
    with pytest.raises(ValueError, match="331 at most"):
        qr_rows(b"x" * 332)


def test_an_account_outside_the_area_gets_no_code() -> None:
    """A banking app could not pay by it."""
    transfer = {"name": "Ada", "amount": Decimal(1), "remittance": "1"}

    assert transfer_text(iban=make_iban("DE", "1" * 18), **transfer)
    assert transfer_text(iban=make_iban("BR", "1" * 25), **transfer) is None
