"""Text keeps within its lines, and a sheet within its pages."""

import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pypdf import PdfReader

from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import MAX_PAGES, Sheet
from pdflab.documents.typesetting.style import BODY, MARGIN, READING, TITLE
from pdflab.errors import ImpossibleDocument
from pdflab.service.worker.font_files import find_fonts

FONTS = find_fonts()
TEXTS = st.text(st.sampled_from("iW a-é€ \n\t.Жшя日本、שלום"), max_size=120)


def sheet(text: str = "") -> Sheet:
    return Sheet("Notes", created_at=0, typesetter=FONTS.typesetter(text))


@given(TEXTS, st.floats(20, 300))
@example("W" * 50, 20)
def test_no_line_is_wider_than_its_width(text: str, width: float) -> None:
    """Words wrap, and a word that no line could hold is broken."""
    page = sheet(text)

    assert all(page.width_of(line, BODY) <= width + 0.1 for line in page.wrap(text, width, BODY))


@given(TEXTS, st.floats(20, 300))
def test_wrapping_loses_no_letter(text: str, width: float) -> None:
    """All but white space comes back, in order."""
    letters = re.sub(r"\s", "", "".join(sheet(text).wrap(text, width, BODY)))

    assert letters == re.sub(r"\s", "", text)


def test_words_are_broken_only_when_no_line_holds_them() -> None:
    """A word that fits a line of its own stays whole."""
    page = sheet()

    assert page.wrap("a lengthy word", page.width_of("lengthy", BODY), BODY) == ["a", "lengthy", "word"]
    assert page.wrap("one\n\ntwo", 300, BODY) == ["one", "", "two"]


def test_chinese_may_break_anywhere_but_before_what_closes() -> None:
    """No line begins with a comma or a bracket that closes."""
    lines = sheet().wrap("請求書、" * 30, 100, BODY)

    assert len(lines) > 5
    assert not any(line.startswith("、") for line in lines)


def test_a_shortened_text_says_so() -> None:
    """An ellipsis stands where something was cut, and nowhere else."""
    page = sheet()

    assert page.shorten("Short", 300, TITLE) == "Short"
    assert page.shorten("Never  ending\nstory", 100, TITLE).endswith("…")
    assert page.width_of(page.shorten("W" * 500, 100, TITLE), TITLE) <= 100


def test_a_paragraph_that_is_read_from_the_right_is_flush_right() -> None:
    """Its first line ends at the right margin, as a western one begins at the left."""
    page = sheet("שלום")
    places: list[float] = []
    page.write_run = lambda run, x, *_: places.append(x)  # type: ignore[method-assign]
    page.paragraph("שלום", READING)
    page.paragraph("Peace", READING)

    assert places == [pytest.approx(page.right - page.width_of("שלום", READING)), MARGIN]


def test_a_document_without_end_is_impossible() -> None:
    """What would fill the memory of a worker is refused with a sentence."""
    page = sheet()
    for _ in range(MAX_PAGES - 1):
        page.add_page()

    with pytest.raises(ImpossibleDocument, match=f"more than {MAX_PAGES} pages"):
        page.add_page()


def test_a_sheet_reports_what_it_noticed() -> None:
    """Pages, and each missing character once, in the order they were met."""
    page = Sheet("Notes", created_at=0, typesetter=FontBook().typesetter(""))
    page.prose("жуж\n\nу")
    page.add_page()

    rendered = page.finish("")

    assert rendered.pages == len(PdfReader(io.BytesIO(rendered.pdf)).pages) == 2
    assert [name.partition(" ")[0] for name in rendered.missing_glyphs] == ["U+0436", "U+0443"]
