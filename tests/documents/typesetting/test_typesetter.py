"""A line becomes runs of one font and one direction, from left to right."""

import random
from collections import Counter

import pytest

from pdflab.documents.typesetting import typesetter
from pdflab.documents.typesetting.characters import is_all_rtl
from pdflab.documents.typesetting.font import CoreFont, Face
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.typesetter import BOX, Typesetter
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()


def pieces(text: str, *, document: str | None = None, rtl: bool | None = None) -> list[tuple[str, bool]]:
    setter = FONTS.typesetter(text if document is None else document)
    return [(run.text, run.rtl) for run in setter.runs(text, False, rtl=rtl)]


def test_letters_decide_the_main_font_and_signs_do_not() -> None:
    """One Polish letter makes a document DejaVu throughout; an arrow or a Chinese name does not."""

    def main(text: str) -> Face | CoreFont | None:
        return FONTS.typesetter(text).runs("a", False)[0].font

    assert isinstance(main("Łódź"), Face)
    assert main("Łódź") is not main("Жук")
    assert main("→ ☃ 請求書 €") == CoreFont(bold=False)


def test_a_helping_font_takes_only_what_the_main_one_lacks() -> None:
    """Around an arrow, the text stays in the main font."""
    assert pieces("up → down") == [("up ", False), ("→ ", False), ("down", False)]


def test_the_order_of_the_page_is_that_of_unicode() -> None:
    """Numbers and Latin words keep their own direction within Hebrew, and brackets turn round."""
    assert pieces("שלום 123 ABC (כן)") == [
        (" (כן)", True),
        ("ABC", False),
        (" ", True),
        ("123", False),
        ("שלום ", True),
    ]
    assert pieces("say שלום now") == [("say ", False), ("שלום", True), (" now", False)]


def test_the_paragraph_decides_how_its_lines_are_read() -> None:
    """A line that begins with a Latin word still belongs to its Arabic paragraph."""
    assert pieces("ACME שלום", rtl=True) == [(" שלום", True), ("ACME", False)]
    assert pieces("ACME שלום", rtl=False) == [("ACME ", False), ("שלום", True)]


def test_what_cannot_write_from_the_right_is_given_turned_round() -> None:
    """A bracket from the font of a Russian document opens Hebrew words as Hebrew does."""
    assert pieces("(שלום)", document="Жук", rtl=True) == [("שלום)", True), (")", False)]


def test_a_word_is_measured_once() -> None:
    """Wrapping the same words again costs a look-up each."""
    measured: Counter[str] = Counter()

    class Ruler(Typesetter):
        def _width(self, text: str, bold: bool) -> float:
            measured[text] += len(text) < 40
            return super()._width(text, bold)

    typesetter = Ruler(CoreFont(False), CoreFont(True), face_for=FontBook().face_for)
    for _ in range(50):
        typesetter.wrap("the same words again and again, until nobody listens", 10, False)

    assert set(measured.values()) == {0, 1}


def test_a_longer_text_costs_no_more_a_word() -> None:
    """The number of measurements grows with the words, not with the words on a line."""
    measured: Counter[int] = Counter()

    class Ruler(Typesetter):
        def width(self, text: str, bold: bool) -> float:
            measured[words] += 1
            return super().width(text, bold)

    for words in (100, 1_000):
        Ruler(CoreFont(False), CoreFont(True), face_for=FontBook().face_for).wrap("word " * words, 1e6, False)
        Ruler(CoreFont(False), CoreFont(True), face_for=FontBook().face_for).wrap("word " * words, 30, False)

    assert measured[1_000] <= 10.5 * measured[100]


def test_what_no_font_has_is_as_wide_as_its_boxes() -> None:
    """A box for each character."""
    (run,) = FontBook().typesetter("").runs("ЖЖЖ", False)

    assert run.font is None
    assert run.width == pytest.approx(3 * BOX)


@pytest.mark.parametrize("joined", ["می‌خواهم", "क्‍ष", "a‍b", "‍"])
def test_joiners_are_never_boxes_of_their_own(joined: str) -> None:
    """They shape the letters beside them, or nothing."""
    runs = FONTS.typesetter(joined).runs(joined, False)

    assert not any("‌" in run.text or "‍" in run.text for run in runs if run.font is None)


def test_a_line_in_one_direction_needs_no_algorithm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way gives what UAX #9 gives, for any mixture of the letters and signs that take it."""
    signs = [chr(code) for code in (*range(0x20, 0x900), *range(0x2010, 0x2028), *range(0xFB1D, 0xFB50))]
    signs = [sign for sign in signs if is_all_rtl(sign)]
    rng = random.Random(7)
    lines = ["".join(rng.choices(signs, k=rng.randint(1, 9))) for _ in range(500)]
    short = [typesetter._from_left_to_right(line, rtl=True) for line in lines]

    monkeypatch.setattr(typesetter, "is_all_rtl", lambda line: False)

    assert [typesetter._from_left_to_right(line, rtl=True) for line in lines] == short
