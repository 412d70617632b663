"""Check digits find a wrong digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab.documents.requests.iban import format_iban, is_iban, make_iban

IBAN = "DE71110220330123456789"


@pytest.mark.parametrize(
    "iban", [IBAN, "GB82WEST12345698765432", "NO9386011117947", "FR7630006000011234567890189"]
)
def test_a_real_iban_is_one(iban: str) -> None:
    """Countries differ in length and in letters."""
    assert is_iban(iban)


@pytest.mark.parametrize(
    "iban", ["", "DE", IBAN[:-1], IBAN.lower(), IBAN + " ", "٣" * 22, "1" * 22, "DE7Ä" + IBAN[4:]]
)
def test_what_is_no_iban_is_refused(iban: str) -> None:
    """Short, blank or foreign texts raise nothing."""
    assert not is_iban(iban)


@given(st.integers(0, 21), st.integers(1, 9))
def test_a_wrong_digit_is_found(place: int, step: int) -> None:
    """Any single digit that differs breaks the check digits."""
    if not IBAN[place].isdigit():
        return
    wrong = IBAN[:place] + str((int(IBAN[place]) + step) % 10) + IBAN[place + 1 :]

    assert not is_iban(wrong)


@given(st.from_regex(r"[A-Z0-9]{18}", fullmatch=True))
def test_check_digits_can_be_made(account: str) -> None:
    """Samples have accounts that pass."""
    assert is_iban(make_iban("DE", account))


def test_an_iban_is_written_in_fours() -> None:
    """As it stands on a bank card."""
    assert format_iban(IBAN) == "DE71 1102 2033 0123 4567 89"


def test_an_iban_has_the_length_of_its_country() -> None:
    """Right check digits on a number that is too short are still a number too short."""
    short = make_iban("DE", "1" * 11)

    assert is_iban(make_iban("DE", "1" * 18))
    assert not is_iban(short)
