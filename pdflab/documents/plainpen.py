"""The plain pen: the same as pen.py by public functions of fpdf2 alone, for a version that we do not know.

It is slower: fpdf2 reads and cuts each font again for each document, and has to find it as a file.
Read next: page.py.
"""

import weakref
from collections.abc import Sequence
from contextlib import suppress

from fpdf import FPDF
from fpdf.drawing_primitives import DeviceRGB

from pdflab.documents.face import ENCODING, Face
from pdflab.documents.typesetting import Run, Spool

TOLD = DeviceRGB(0.5, 0.25, 0.125)  # a colour of no document: the next one that is set is written down


def forget() -> None:
    """Let go of the fonts of a document that failed: fpdf2 keeps them until another one is finished."""
    with suppress(ImportError, AttributeError):
        from fpdf.fonts import SubsetMap

        SubsetMap.pick.cache_clear()
        SubsetMap.get_glyph.cache_clear()


class PlainPen:
    """Writes the runs of one document."""

    def __init__(self, pdf: FPDF, spool: Spool | None) -> None:
        self._pdf, self._spool = pdf, spool
        self._families: dict[Face, str] = {}
        pdf.core_fonts_encoding = ENCODING

    def write(self, run: Run, x: float, y: float, *, size: float, colour: DeviceRGB) -> None:
        """Write a run from x on, on the base line y, both from the top left of the page."""
        if not run.text or run.font is None:
            return
        pdf = self._pdf
        pdf.set_text_color(colour)
        if not isinstance(run.font, Face):
            pdf.set_font("helvetica", "B" if run.font.bold else "", size)
            pdf.text(x, y, run.text)
            return
        pdf.set_font(self._family(run.font), size=size)
        if not run.font.shaped:
            pdf.text(x, y, run.text)
            return
        self._write_shaped(run, x, y, size)

    def fill(self, x: float, y: float, width: float, height: float, colour: DeviceRGB) -> None:
        """Fill a rectangle, from its top left corner."""
        self._pdf.set_fill_color(colour)
        self._pdf.rect(x, y, width, height, style="F")

    def bars(
        self, bars: Sequence[tuple[int, int, int]], x: float, y: float, *, unit: float, colour: DeviceRGB
    ) -> None:
        """Fill bars of one height: where each begins and ends, and in which row, in units."""
        for start, end, row in bars:
            self.fill(x + start * unit, y + row * unit, (end - start) * unit, unit, colour)

    def turn(self) -> None:
        """Go on, on a page that was left: fpdf2 believes that its font and colours are set there."""
        self._pdf.current_font_is_set_on_page = False
        self._pdf.set_fill_color(TOLD)
        self._pdf.set_text_color(TOLD)

    def finish(self) -> bytes:
        """Give the bytes of the document."""
        return bytes(self._pdf.output())

    def _write_shaped(self, run: Run, x: float, y: float, size: float) -> None:
        pdf, place = self._pdf, (self._pdf.x, self._pdf.y)
        pdf.set_text_shaping(True, direction="rtl" if run.rtl else "ltr")
        pdf.set_xy(x - pdf.c_margin, y - 0.8 * size)  # a cell as high as its type has its base line at 0.8
        pdf.cell(h=size, text=run.text)
        pdf.set_text_shaping(False)
        pdf.set_xy(*place)

    def _family(self, face: Face) -> str:
        if face not in self._families:
            family = f"pdflab{len(self._families)}"
            assert self._spool
            self._pdf.add_font(family, fname=self._spool(face.name, face.data))
            self._families[face] = family
            # fpdf2 closes the file when a document is finished; one that fails is not.
            weakref.finalize(self._pdf, self._pdf.fonts[family].close)  # type: ignore[union-attr]
        return self._families[face]
