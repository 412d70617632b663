"""What is never drawn, what is read from right to left, and where a line may end."""

import unicodedata

import pytest

from pdflab.documents.typesetting.characters import breakable, clean, mirrored, reads_from_right


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
def test_overrides_of_direction_are_dropped(code: int) -> None:
    """No name can make itself read as another one."""
    assert clean(f"evil{chr(code)}txt.exe") == "eviltxt.exe"


def test_what_has_no_shape_is_dropped_and_every_space_is_a_plain_one() -> None:
    """Soft hyphens, byte order marks and variation selectors would be boxes."""
    assert clean("soft\u00adhyphen \ufeffmark ✓\ufe0f") == "softhyphen mark ✓"
    assert clean("1\u202f234\t5\u2028x") == "1\u00a0234 5 x"


def test_nothing_else_is_touched() -> None:
    """Every printable character of the first planes stays as it is."""
    text = "".join(chr(code) for code in range(0x20, 0xD800) if unicodedata.category(chr(code))[0] in "LMNPS")
    lost = set(text) - set(clean(text))

    assert all(unicodedata.category(character) == "Mn" or character in "ᅟᅠ឴឵" for character in lost)


@pytest.mark.parametrize(
    ("text", "backwards"),
    [("שלום", True), ("(123) שלום", True), ("a שלום", False), ("123", False), ("", False), ("مرحبا", True)],
)
def test_the_first_letter_decides_how_a_paragraph_is_read(text: str, backwards: bool) -> None:
    """Numbers and brackets before it do not."""
    assert reads_from_right(text) is backwards


def test_brackets_turn_round_with_their_text() -> None:
    """What opened on the left opens on the right."""
    assert mirrored("(a] <") == "> [a)"


def test_only_chinese_and_japanese_break_within_a_word() -> None:
    """Each sign may end a line, with what closes behind it."""
    assert breakable("Straße") == ["Straße"]
    assert breakable("請求書、A4版") == ["請", "求", "書、", "A4", "版"]
