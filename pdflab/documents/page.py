"""What the three kinds of document share: paper, type, colour, a cursor that goes down, and the table.

All lengths are points. `y` is the top of the next line; nothing is drawn below `bottom` but the page number.
Widths of words are remembered, so that wrapping a text costs one look-up a word.
Read next: custom.py, the simplest kind.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import zip_longest

from fpdf import FPDF
from fpdf.drawing_primitives import DeviceRGB
from fpdf.enums import ResourceAccessPolicy
from fpdf.fonts import CORE_FONTS_CHARWIDTHS

INK = DeviceRGB(0.11, 0.13, 0.16)
MUTED = DeviceRGB(0.42, 0.45, 0.49)
FAINT = DeviceRGB(0.85, 0.87, 0.89)
ACCENT = DeviceRGB(0.04, 0.37, 0.45)

MARGIN = 56.0
GUTTER = 12.0
PADDING = 4.0
ENCODING = "cp1252"  # what the core fonts can write: western Europe, the euro sign, typographic quotes


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks: size in points, one of two weights, a colour."""

    size: float
    bold: bool = False
    colour: DeviceRGB = INK

    @property
    def leading(self) -> float:
        """Give the height of a line."""
        return self.size * 1.4


TITLE = Style(24, bold=True)
HEADING = Style(13, bold=True)
BODY = Style(9.5)
READING = Style(10.5)
STRONG = Style(9.5, bold=True)
SMALL = Style(8, colour=MUTED)
LABEL = Style(8, bold=True, colour=MUTED)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `width` has no gutter in it."""

    title: str
    width: float
    right: bool = False


class Sheet(FPDF):
    """A document while it is drawn, page after page from the top down."""

    def __init__(self, title: str, *, created_at: float, author: str = "", paper: str = "A4") -> None:
        super().__init__(unit="pt", format=paper)
        self.resource_access_policy = ResourceAccessPolicy.NONE  # a document may fetch nothing
        self.core_fonts_encoding = ENCODING
        self.alias_nb_pages("")  # {nb} in a customer's text must never become the number of pages
        self.set_auto_page_break(False)
        self.set_margins(MARGIN, MARGIN)
        self.set_font("helvetica")
        self.running_title = " ".join(title.split())
        self.set_title(self.running_title)
        self.set_author(author or "pdflab")
        self.set_lang("en")
        self.set_creation_date(datetime.fromtimestamp(created_at, UTC))
        self.add_page()

    @property
    def bottom(self) -> float:
        """Give the lowest y that content may reach."""
        return self.h - MARGIN - 8

    @property
    def right(self) -> float:
        """Give the x of the right edge."""
        return self.w - MARGIN

    def put(
        self, text: str, style: Style, *, x: float = MARGIN, y: float | None = None, right: bool = False
    ) -> None:
        """Draw one line whose top is at `y`, or at the cursor, from `x` on, or up to `x` when `right`."""
        self.set_font("helvetica", "B" if style.bold else "", style.size)
        self.set_text_color(style.colour)
        left = x - width_of(text, style) if right else x
        self.text(left, (self.y if y is None else y) + style.size * 1.05, text)

    def bar(self, width: float, height: float, colour: DeviceRGB, *, x: float = MARGIN) -> None:
        """Fill a rectangle at the cursor; a thin one is a rule."""
        self.set_fill_color(colour)
        self.rect(x, self.y, width, height, style="F")

    def needs(self, height: float) -> bool:
        """Go to a new page unless `height` still fits, and tell whether that happened."""
        if self.y + height <= self.bottom or self.y <= MARGIN:
            return False
        self.add_page()
        return True

    def paragraph(self, text: str, style: Style, *, x: float = MARGIN, width: float | None = None) -> None:
        """Flow a text down the page, and on to the next ones."""
        for line in wrap(text, width or self.right - x, style):
            self.needs(style.leading)
            self.put(line, style, x=x)
            self.y += style.leading

    def prose(self, text: str) -> None:
        """Flow paragraphs that blank lines separate."""
        for paragraph in re.split(r"\n\s*\n", text.strip()):
            self.paragraph(paragraph, READING)
            self.y += 8

    def headline(self, title: str) -> None:
        """Open a document: the accent, then its title."""
        self.bar(40, 3, ACCENT)
        self.y += 16
        self.paragraph(title, TITLE)

    def finish(self, signature: str) -> bytes:
        """Number the pages, now that their count is known, sign them, and give the bytes."""
        for number in self.pages:
            self.page = number
            self.current_font_is_set_on_page = False  # each page has to be told its font again
            self.set_fill_color(FAINT)
            self._number_page(number, signature)
        return bytes(self.output())

    def _number_page(self, number: int, signature: str) -> None:
        if number > 1:
            self.put(shorten(self.running_title, self.epw, SMALL), SMALL, y=MARGIN - 22)
        self.put(shorten(signature, self.epw - 90, SMALL), SMALL, y=self.h - 46)
        self.put(f"Page {number} of {len(self.pages)}", SMALL, x=self.right, y=self.h - 46, right=True)


def draw_table(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, tail: float = 0
) -> None:
    """Draw rows under a heading that each new page repeats; only a row that no page could hold is divided.

    `tail` is the height of what follows and must not stand on a page without the last row.
    """
    titles = _wrapped(columns, [column.title for column in columns], LABEL)
    for number, row in enumerate(rows or [()]):
        cells = _wrapped(columns, row, BODY)
        height = len(cells) * BODY.leading + 2 * PADDING
        height += len(titles) * LABEL.leading + 2 * PADDING if number == 0 else 0
        height += tail if number == len(rows) - 1 else 0
        if sheet.needs(height) or number == 0:
            _draw_heading(sheet, columns, titles)
        _draw_row(sheet, columns, cells, titles)


def share_width(wanted: Sequence[float], total: float) -> list[float]:
    """Give each column the width it wants; if that is too much, only the widest give way."""
    widths, left = list(wanted), total
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    for rank, index in enumerate(order):
        widths[index] = min(wanted[index], left / (len(wanted) - rank))
        left -= widths[index]
    return [width + left / len(wanted) for width in widths]


def width_of(text: str, style: Style) -> float:
    """Measure a text in points. Raises UnicodeEncodeError when the font lacks a glyph."""
    measure = _remembered_width if len(text) <= 40 else _width  # a memory of long texts would only fill up
    return measure(text, style.bold) * style.size


def wrap(text: str, width: float, style: Style) -> list[str]:
    """Break a text into lines no wider than `width`; a word that no line could hold is broken too."""
    width += 0.01  # a column exactly as wide as its text must hold it, whatever floats add up to
    return [line for part in text.split("\n") for line in _wrapped_line(part, width, style)]


def shorten(text: str, width: float, style: Style) -> str:
    """Cut a text to one line of at most `width`, with an ellipsis where it was cut."""
    text = " ".join(text.split())
    if width_of(text, style) <= width:
        return text
    return next(_pieces(text, width - width_of("…", style), style)).rstrip() + "…"


def _wrapped_line(text: str, width: float, style: Style) -> Iterator[str]:
    space = width_of(" ", style)
    line, used = "", 0.0
    for word in re.split(r"[ \t]+", text.strip(" \t")):
        for piece in _pieces(word, width, style):
            length = width_of(piece, style)
            if line and used + space + length > width:
                yield line
                line, used = "", 0.0
            line, used = (f"{line} {piece}", used + space + length) if line else (piece, length)
    yield line


def _pieces(word: str, width: float, style: Style) -> Iterator[str]:
    if width_of(word, style) <= width:
        yield word
        return
    start, used = 0, 0.0
    for index, character in enumerate(word):
        length = width_of(character, style)
        if used + length > width and index > start:
            yield word[start:index]
            start, used = index, 0.0
        used += length
    yield word[start:]


@lru_cache(maxsize=20_000)
def _remembered_width(text: str, bold: bool) -> float:
    return _width(text, bold)


def _width(text: str, bold: bool) -> float:
    widths = CORE_FONTS_CHARWIDTHS["helveticaB" if bold else "helvetica"]
    return sum(widths[chr(byte)] for byte in text.encode(ENCODING)) / 1000


def _wrapped(columns: Sequence[Column], cells: Sequence[str], style: Style) -> list[tuple[str, ...]]:
    wrapped = (wrap(cell, column.width, style) for column, cell in zip(columns, cells, strict=False))
    return list(zip_longest(*wrapped, fillvalue=""))


def _draw_heading(sheet: Sheet, columns: Sequence[Column], titles: Sequence[Sequence[str]]) -> None:
    sheet.y += PADDING
    for level in titles:
        _draw_level(sheet, columns, level, LABEL)
    sheet.y += PADDING
    sheet.bar(sheet.epw, 1, ACCENT)


def _draw_row(
    sheet: Sheet, columns: Sequence[Column], cells: Sequence[Sequence[str]], titles: Sequence[Sequence[str]]
) -> None:
    sheet.y += PADDING
    for level in cells:
        if sheet.needs(BODY.leading + PADDING):
            _draw_heading(sheet, columns, titles)
            sheet.y += PADDING
        _draw_level(sheet, columns, level, BODY)
    sheet.y += PADDING
    sheet.bar(sheet.epw, 0.5, FAINT)


def _draw_level(sheet: Sheet, columns: Sequence[Column], level: Sequence[str], style: Style) -> None:
    x = MARGIN
    for column, text in zip(columns, level, strict=True):
        if text:
            sheet.put(text, style, x=x + column.width * column.right, right=column.right)
        x += column.width + GUTTER
    sheet.y += style.leading
