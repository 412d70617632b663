"""Text keeps within its lines, and columns within their page."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pdflab.documents.page import BODY, TITLE, share_width, shorten, width_of, wrap

TEXTS = st.text(st.sampled_from("iW a-é€\n\t."), max_size=120)


@given(TEXTS, st.floats(20, 300))
@example("W" * 50, 20)
def test_no_line_is_wider_than_its_width(text: str, width: float) -> None:
    """Words wrap, and a word that no line could hold is broken."""
    assert all(width_of(line, BODY) <= width + 0.1 for line in wrap(text, width, BODY))


@given(TEXTS, st.floats(20, 300))
def test_wrapping_loses_no_letter(text: str, width: float) -> None:
    """All but white space comes back, in order."""
    letters = re.sub(r"\s", "", "".join(wrap(text, width, BODY)))

    assert letters == re.sub(r"\s", "", text)


def test_words_are_broken_only_when_no_line_holds_them() -> None:
    """A word that fits a line of its own stays whole."""
    assert wrap("a lengthy word", width_of("lengthy", BODY), BODY) == ["a", "lengthy", "word"]
    assert wrap("one\n\ntwo", 300, BODY) == ["one", "", "two"]


def test_a_shortened_text_says_so() -> None:
    """An ellipsis stands where something was cut, and nowhere else."""
    assert shorten("Short", 300, TITLE) == "Short"
    assert shorten("Never  ending\nstory", 100, TITLE).endswith("…")
    assert width_of(shorten("W" * 500, 100, TITLE), TITLE) <= 100


def test_only_the_widest_column_gives_way() -> None:
    """Numbers keep the width they need; the long description takes the rest."""
    assert share_width([30, 900, 50], 400) == pytest.approx([30, 320, 50])
    assert sum(share_width([10, 20, 30], 400)) == pytest.approx(400)
