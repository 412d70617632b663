"""The text writer: a document of fpdf2 with texts in fonts that are ready to embed.

The public functions of fpdf2 read and subset each font again for each document. This file has all our uses of
private parts of fpdf2: a new release of it is tried here first.
Read next: pdflab/documents/custom.py.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from fpdf import FPDF
from fpdf.enums import PDFResourceType
from fpdf.output import OutputProducer, PDFFont
from fpdf.syntax import PDFObject

from pdflab.documents.typesetting.font import ENCODING, CoreFont, Face, Glyph
from pdflab.documents.typesetting.font_embedding import embed, objects
from pdflab.documents.typesetting.style import MARGIN, Colour, Style
from pdflab.documents.typesetting.typesetter import Font, TextRun

_FIRST = 12  # our fonts are F12 and up; fpdf2 numbers its own from 1


class TextWriter(FPDF):
    """A document of fpdf2 in points that records the fonts and glyphs in use."""

    def __init__(self, paper: str = "A4") -> None:
        super().__init__(unit="pt", format=paper)
        self.used: dict[Face, dict[int, str]] = {}
        self._numbers: dict[Font, int] = {}
        self._registered: set[tuple[int, int]] = set()  # page and font

    def write_run(self, run: TextRun, x: float, y: float, style: Style) -> None:
        """Write a run at x, with its base line at y, both from the top left of the page.

        Each run sets font, size and colour, and restores the state of the page.
        """
        if run.text and run.font:
            font = f"/F{self._number(run.font)} {style.size:.2f} Tf"
            place, shown = f"{x:.2f} {self.h - y:.2f} Td", self._shown(run, run.font, style.size)
            self._draw(f"q BT {font} {_ink(style.colour)} {place} {shown} ET Q\n")

    def bar(self, width: float, height: float, colour: Colour, *, x: float = MARGIN) -> None:
        """Fill a rectangle at the cursor; a thin one is a rule."""
        self._draw(f"q {_ink(colour)} {x:.2f} {self.h - self.y:.2f} {width:.2f} {-height:.2f} re f Q\n")

    def bars(
        self, bars: Sequence[tuple[int, int, int]], x: float, y: float, *, unit: float, colour: Colour
    ) -> None:
        """Fill bars, each (start, end, row) in units and one unit high, as one shape."""
        shape = " ".join(f"{start} {row} {end - start} 1 re" for start, end, row in bars)
        place = f"{unit:.4f} 0 0 {-unit:.4f} {x:.2f} {self.h - y:.2f} cm"
        self._draw(f"q {_ink(colour)} {place} {shape} f Q\n")

    def _draw(self, operators: str) -> None:
        contents = self.pages[self.page].contents
        # For ASCII, Python's own codec gives the same bytes as cp1252, twice as fast.
        contents += operators.encode("ascii" if operators.isascii() else ENCODING)  # type: ignore[operator]

    def _number(self, font: Font) -> int:
        if font not in self._numbers:
            self._numbers[font] = self._register(font)
        number = self._numbers[font]
        if (self.page, number) not in self._registered:
            self._registered.add((self.page, number))
            self._resource_catalog.add(PDFResourceType.FONT, number, self.page)
        return number

    def _register(self, font: Font) -> int:
        if isinstance(font, Face):
            self._set_min_pdf_version("1.6" if font.is_cff else "1.3")
            self.used[font] = {}
            return _FIRST + len(self.used) - 1
        self.set_font("helvetica", "B" if font.bold else "")
        return self.current_font.i  # type: ignore[union-attr]

    def _shown(self, run: TextRun, font: Font, size: float) -> str:
        if isinstance(font, CoreFont):
            escaped = run.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
            return f"({escaped}) Tj"
        if not font.shaped:
            return f"<{''.join(map(font.codes.__getitem__, run.text))}> Tj"
        glyphs = font.shape(run.text, rtl=run.rtl)
        return " ".join(self._placed(font, glyph, size, rtl=run.rtl) for glyph in glyphs)

    def _placed(self, face: Face, glyph: Glyph, size: float, *, rtl: bool) -> str:
        """Return one glyph at its position from HarfBuzz, with its text if that differs from the usual one.

        The text of a right-to-left ligature, such as lam and alef, is in visual order: PDF readers collect
        letters from left to right, and then reverse them one by one.
        """
        shown = _moved(glyph, face.advance(glyph.number), size)
        known = self.used[face].setdefault(glyph.number, glyph.text)
        meant = glyph.text[::-1] if rtl else glyph.text
        if known == meant:
            return shown
        words = f"\ufeff{meant}".encode("utf-16-be").hex()
        return f"/Span << /ActualText <{words}> >> BDC {shown} EMC"


def _moved(glyph: Glyph, advance: int, size: float) -> str:
    before, after = -glyph.right, glyph.right + advance - glyph.advance
    shown = f"[{before or ''}<{glyph.number:04X}>{after or ''}] TJ"
    return f"{glyph.up * size / 1000:.2f} Ts {shown} 0 Ts" if glyph.up else shown


class PDFProducer(OutputProducer):
    """fpdf2's producer, with our fonts beside its core fonts."""

    def _add_fonts(self, *resources: Any) -> Any:
        fonts = super()._add_fonts(*resources)
        document = cast("TextWriter", self.fpdf)
        for number, (face, used) in enumerate(document.used.items(), _FIRST):
            made = [_Ready(body) for body in objects(face, embed(face, used), self.obj_id + 1)]
            for pdf_object in made:
                self._add_pdf_obj(pdf_object, "fonts")
            fonts[number] = cast("PDFFont", made[0])
        return fonts


class _Ready(PDFObject):
    """A PDF object made of finished bytes."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def serialize(self, *_: Any, **__: Any) -> Any:
        return b"%d 0 obj\n%b\nendobj" % (self.id, self._body)


@lru_cache(maxsize=64)
def _ink(colour: Colour) -> str:
    return colour.serialize()
