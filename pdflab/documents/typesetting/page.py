"""The page: text and rules at a cursor that moves down from page to page.

All lengths are points. `y` is the top of the next line; only the page number is drawn below `bottom`.
Read next: pdflab/documents/typesetting/style.py, then pdflab/documents/typesetting/typesetter.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fpdf.enums import ResourceAccessPolicy

from pdflab.documents.typesetting.characters import MAX_EFFORT, reads_from_right
from pdflab.documents.typesetting.style import ACCENT, MARGIN, READING, SMALL, TITLE, Style
from pdflab.documents.typesetting.text_writer import PDFProducer, TextWriter
from pdflab.documents.typesetting.typesetter import BOX, TextRun, Typesetter
from pdflab.errors import ImpossibleDocument

MAX_PAGES = 500  # of one document: a limit on a worker's memory


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished PDF, its number of pages, and the names of the characters that became boxes."""

    pdf: bytes
    pages: int
    missing_glyphs: tuple[str, ...] = ()


class Sheet(TextWriter):
    """A document while it is drawn, page by page from the top down."""

    def __init__(
        self, title: str, *, created_at: float, typesetter: Typesetter, author: str = "", paper: str = "A4"
    ) -> None:
        super().__init__(paper)
        self.right = self.w - MARGIN  # the x of the right edge
        self.bottom = self.h - MARGIN - 8  # the lowest y that content may reach
        self.typesetter = typesetter
        self.missing: dict[str, None] = {}
        self._effort = 0  # what was drawn so far, in Western characters: headings are drawn on every page
        self.resource_access_policy = ResourceAccessPolicy.NONE  # a document must not fetch anything
        self.alias_nb_pages("")  # otherwise {nb} in a customer's text would become the number of pages
        self.set_auto_page_break(False)
        self.set_margins(MARGIN, MARGIN)
        self.running_title = " ".join(title.split())
        self.page_of = "Page {number} of {count}"  # in the language of the document
        self.set_title(self.running_title)
        self.set_author(author or "pdflab")
        self.set_lang("en")
        self.set_creation_date(datetime.fromtimestamp(created_at, UTC))
        self.add_page()

    def put(
        self,
        text: str,
        style: Style,
        *,
        x: float = MARGIN,
        y: float | None = None,
        right: bool = False,
        rtl: bool | None = None,
    ) -> None:
        """Draw one line with its top at `y` or at the cursor; it starts at `x`, or ends there if `right`.

        `rtl` is the direction of its paragraph; None: the first letter of the line decides.
        """
        self._spend(30 + self.typesetter.effort(text, rtl=rtl))
        y = (self.y if y is None else y) + style.size * 1.05
        x -= self.width_of(text, style) if right else 0
        runs = self.typesetter.runs(text, style.bold, rtl=rtl)
        self._spend(80 * (len(runs) - 1))  # each is shaped twice
        for run in runs:
            self.write_run(run, x, y, style)
            if run.font is None:
                self._draw_boxes(run, x, y, style)
            if len(runs) > 1:
                x += run.width * style.size

    def width_of(self, text: str, style: Style) -> float:
        """Return the width of a line in points."""
        self._spend(1 + self.typesetter.effort(text))
        return self.typesetter.width(text, style.bold) * style.size

    def wrap(self, text: str, width: float, style: Style) -> list[str]:
        """Break a text into lines no wider than `width`; longer words are broken, too."""
        self._spend(10 + self.typesetter.effort_of_wrapping(text))
        width += 0.01  # a column exactly as wide as its text must hold it, despite rounding
        return self.typesetter.wrap(text, width / style.size, style.bold)

    def shorten(self, text: str, width: float, style: Style) -> str:
        """Cut a text after a word, to one line of at most `width`, with an ellipsis if it was longer."""
        text = " ".join(text.split())
        lines = self.wrap(text, width, style)
        if len(lines) == 1:
            return lines[0]
        return self.wrap(text, width - self.width_of("…", style), style)[0] + "…"

    def needs(self, height: float) -> None:
        """Start a new page unless `height` fits on this one."""
        if self.y + height > self.bottom and self.y > MARGIN:
            self.add_page()

    def paragraph(
        self, text: str, style: Style, *, x: float = MARGIN, width: float | None = None, left: bool = False
    ) -> None:
        """Write a text in lines down the page, and on to the next pages.

        Right-to-left text is flush right, unless `left`, for the fields of a form.
        """
        width, rtl = width or self.right - x, reads_from_right(text)
        right = rtl and not left
        for line in self.wrap(text, width, style):
            self.needs(style.leading)
            self.put(line, style, x=x + width * right, right=right, rtl=rtl)
            self.y += style.leading

    def prose(self, text: str) -> None:
        """Write paragraphs that are separated by blank lines."""
        for paragraph in re.split(r"\n\s*\n", text.strip()):
            self.paragraph(paragraph, READING)
            self.y += 8

    def headline(self, title: str) -> None:
        """Draw the coloured bar and the title that begin a document."""
        self.bar(40, 3, ACCENT)
        self.y += 16
        self.paragraph(title, TITLE)

    def add_page(self, *args: Any, **kwargs: Any) -> None:
        """Start a new page. Raises ImpossibleDocument when there are too many."""
        if len(self.pages) >= MAX_PAGES:
            raise ImpossibleDocument(
                f"this document has more than {MAX_PAGES} pages; split it into several documents"
            )
        super().add_page(*args, **kwargs)

    def finish(self, signature: str) -> Rendered:
        """Write header, footer and number on each page, and return the document."""
        for number in self.pages:
            self.page = number
            if number > 1:
                self.put(self.shorten(self.running_title, self.epw, SMALL), SMALL, y=MARGIN - 22)
            self.put(self.shorten(signature, self.epw - 90, SMALL), SMALL, y=self.h - 46)
            words = self.page_of.format(number=number, count=len(self.pages))
            self.put(words, SMALL, x=self.right, y=self.h - 46, right=True)
        pdf = bytes(self.output(output_producer_class=PDFProducer))
        return Rendered(pdf, len(self.pages), tuple(map(_name, self.missing)))

    def _spend(self, effort: int) -> None:
        self._effort += effort
        if self._effort > MAX_EFFORT:
            raise ImpossibleDocument("this document has too much text; split it into several documents")

    def _draw_boxes(self, run: TextRun, x: float, y: float, style: Style) -> None:
        self._spend(40 * len(run.text))
        self.missing |= dict.fromkeys(run.text)
        self.set_draw_color(style.colour)
        self.set_line_width(style.size / 16)
        for place in range(len(run.text)):
            left = x + (place + 0.1) * BOX * style.size
            self.rect(left, y - 0.72 * style.size, 0.8 * BOX * style.size, 0.72 * style.size)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
