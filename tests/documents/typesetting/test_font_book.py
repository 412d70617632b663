"""A font is read when it is needed, cut once for a script, and embedded only if it was used."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
import uharfbuzz as hb
from pypdf import PdfReader
from tiny_font import tiny_font

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.font_book import FontBook, FontFile
from pdflab.documents.typesetting.font_embedding import embed
from pdflab.documents.typesetting.page import Rendered
from pdflab.service.worker.font_files import find_fonts

RUSSIAN = "Счёт за бумагу, 12,50 ₽"
POLISH = "Łódź – żółć"
GREEK = "Τιμολόγιο"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count how often fonts are read and cut."""
    counts: Counter[str] = Counter()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            counts[name] += 1
            return function(*arguments)

        return call

    monkeypatch.setattr(hb, "subset", counted("cut", hb.subset))
    monkeypatch.setattr(hb, "Blob", counted("read", hb.Blob))
    return counts


def drawn(text: str, fonts: FontBook, *, title: str = "Notes") -> Rendered:
    return render(parse_request({"type": "custom", "title": title, "text": text}), created_at=0, fonts=fonts)


def embedded(rendered: Rendered) -> list[str]:
    """Give the names of the fonts in a PDF, without the letters that tell parts apart."""
    pdf = pikepdf.open(io.BytesIO(rendered.pdf))
    names = [str(found.BaseFont) for found in pdf.objects if _is_font(found)]
    return sorted(re.sub("^/([A-Z]{6}[+])?", "", name) for name in names)


def _is_font(found: Any) -> bool:
    return isinstance(found, pikepdf.Dictionary) and found.get("/Subtype") in ("/Type0", "/Type1")


def text_of(rendered: Rendered) -> str:
    return PdfReader(io.BytesIO(rendered.pdf)).pages[0].extract_text()


def test_western_text_reads_no_font(work: Counter[str]) -> None:
    """The everyday document needs nothing but what every reader brings along."""
    rendered = drawn("Crème brûlée, 5 € – “fine”", find_fonts())

    assert not work
    assert embedded(rendered) == ["Helvetica", "Helvetica-Bold"]


def test_a_script_is_cut_once_for_all_documents(work: Counter[str]) -> None:
    """A hundred Russian documents read and cut each weight once."""
    fonts = find_fonts()
    for number in range(100):
        drawn(f"{RUSSIAN} {number}", fonts, title="Счёт")

    assert work == {"read": 2, "cut": 2}


def test_a_part_is_compressed_once_for_all_documents() -> None:
    """Whatever letters of it they use."""
    face = find_fonts().face_for("Ж", False)

    assert face
    assert embed(face, {1: "Ж"}) is embed(face, {2: "ж"})


def test_each_script_has_a_part_of_its_own(work: Counter[str]) -> None:
    """A Russian document does not carry Greek letters, nor a Greek one Russian ones."""
    fonts = find_fonts()
    russian, greek, both = drawn(RUSSIAN, fonts), drawn(GREEK, fonts), drawn(RUSSIAN + GREEK, fonts)

    assert max(len(russian.pdf), len(greek.pdf)) < 55_000 < len(both.pdf)
    assert work["read"] == 2


def test_a_weight_that_was_not_used_is_not_embedded() -> None:
    """Bold is in the file only if a word is bold."""
    fonts = find_fonts()
    drawn(RUSSIAN, fonts, title=RUSSIAN)

    assert embedded(drawn(RUSSIAN, fonts)) == ["DejaVuSans", "DejaVuSans-Bold"]  # the title is always bold
    assert embedded(drawn("", fonts, title=RUSSIAN)) == ["DejaVuSans", "DejaVuSans-Bold"]
    assert embedded(drawn("Plain, and →", fonts)) == ["DejaVuSans", "Helvetica", "Helvetica-Bold"]


@pytest.mark.parametrize(
    "text", [RUSSIAN, POLISH, GREEK, "Tiếng Việt", "Україна: Ґанок № 5", "x → y ✓", "₴ ₹ ₽"]
)
def test_a_text_comes_back_as_it_was_written(text: str) -> None:
    """Copying and searching work in every script, and nothing is a box."""
    rendered = drawn(text, find_fonts())

    assert text in text_of(rendered)
    assert rendered.missing_glyphs == ()


@pytest.mark.parametrize("text", ["مرحبا بالعالم", "السلام عليكم", "שלום עולם", "فاتورة"])
def test_what_is_read_from_the_right_comes_back_in_the_order_of_reading(text: str) -> None:
    """A copied text has the original letters, and all letters of a ligature."""
    rendered = drawn(text, find_fonts())

    assert text in text_of(rendered)
    assert rendered.missing_glyphs == ()


def test_a_glyph_that_no_font_has_is_named_and_drawn_as_a_box() -> None:
    """Nothing is silently dropped, and the rest of the text stays."""
    with_sign, without = drawn("Barley: 𒊺", find_fonts()), drawn("Barley: ", find_fonts())

    assert with_sign.missing_glyphs == ("U+122BA CUNEIFORM SIGN SHE",)
    assert "Barley:" in text_of(with_sign)
    assert strokes(with_sign) == strokes(without) + 1


def strokes(rendered: Rendered) -> int:
    contents = PdfReader(io.BytesIO(rendered.pdf)).pages[0].get_contents()
    assert contents is not None
    return len(re.findall(rb"re S$", contents.get_data(), re.MULTILINE))


@pytest.mark.parametrize("cff", [False, True])
def test_a_font_of_our_own_draws_what_dejavu_lacks(cff: bool) -> None:
    """TrueType or PostScript outlines: only the glyphs that were used are embedded, and they can be read."""
    characters = "請求書" + "".join(map(chr, range(0x4E00, 0x4F00)))
    rendered = drawn("請求書", FontBook([FontFile(False, lambda: tiny_font(characters, cff=cff))]))

    assert "請求書" in text_of(rendered)
    assert embedded(rendered) == ["Helvetica", "Helvetica-Bold", "Tiny"]
    assert len(rendered.pdf) < 4_000


def test_an_unusable_font_is_passed_over() -> None:
    """A broken file in the folder stops nothing."""
    files = [FontFile(False, lambda: b"no font"), FontFile(False, lambda: tiny_font("請"))]

    assert drawn("請", FontBook(files)).missing_glyphs == ()


def test_without_any_font_foreign_letters_are_boxes() -> None:
    """The core font is always there; everything else has to be handed in."""
    rendered = drawn("Жук", FontBook())

    assert [name[:6] for name in rendered.missing_glyphs] == ["U+0416", "U+0443", "U+043A"]
