"""The typesetter: texts into lines, and lines into runs of one font and one direction, from left to right.

Texts are in reading order until they are drawn. Widths are in ems: times the font size, they are points.
Read next: pdflab/documents/typesetting/characters.py.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

from pdflab.documents.typesetting.characters import (
    breakable,
    clean,
    has_rtl,
    is_all_rtl,
    mirrored,
    reads_from_right,
)
from pdflab.documents.typesetting.font import CoreFont, Face

Font = Face | CoreFont
FaceFor = Callable[[str, bool], Face | None]

BOX = 0.6  # the width of the box for a character that no font has
_A_WORD = 40  # characters; longer texts rarely repeat, and would fill the cache
_A_LINE = 400  # characters: more than fit on a line
_JOINERS = "\u200c\u200d"
_WITHOUT_JOINERS = str.maketrans(dict.fromkeys(_JOINERS, ""))


class TextRun(NamedTuple):
    """A part of a line in one font and one direction; without a font, each character becomes a box."""

    text: str
    font: Font | None
    rtl: bool = False

    @property
    def width(self) -> float:
        """Return the width of the run in ems."""
        return self.font.width(self.text, rtl=self.rtl) / 1000 if self.font else BOX * len(self.text)


class Typesetter:
    """Sets text in a main font of two weights; for a missing glyph, `face_for` returns another font.

    All documents of a process share one: it caches the widths of words, so that wrapping a text costs one
    look-up a word.
    """

    def __init__(self, regular: Font, bold: Font, *, face_for: FaceFor) -> None:
        self._main = {False: regular, True: bold}
        self._face_for = face_for
        self._cached_width = lru_cache(maxsize=5_000)(self._width)

    def width(self, text: str, bold: bool) -> float:
        """Return the width of a line in ems."""
        measure = self._cached_width if len(text) <= _A_WORD else self._width
        return measure(text, bold)

    def runs(self, text: str, bold: bool, *, rtl: bool | None = None) -> list[TextRun]:
        """Cut a line into runs; `rtl` is the direction of its paragraph, None: the first letter decides."""
        text, main = clean(text), self._main[bold]
        if not main.shaped and main.has(text):
            return [TextRun(text, main)]
        if not has_rtl(text):
            return self._cut(text, bold, rtl=False)
        pieces = _from_left_to_right(text, rtl=reads_from_right(text) if rtl is None else rtl)
        return [run for piece, backwards in pieces for run in self._cut(piece, bold, rtl=backwards)]

    def wrap(self, text: str, width: float, bold: bool) -> list[str]:
        """Break a text into lines no wider than `width`; longer words are broken, too."""
        return [line for part in text.split("\n") for line in self._lines(clean(part), width, bold)]

    def effort(self, line: str, *, rtl: bool | None = None) -> int:
        """Return the highest cost of setting a line or a word, in Western characters."""
        if self._is_simple(line):
            return len(line)
        if not has_rtl(line) or (rtl is not False and is_all_rtl(line)):
            return 20 * len(line)
        return 300 + 60 * len(line)

    def effort_of_wrapping(self, text: str) -> int:
        """Return the highest cost of breaking a text into lines: each word of it is set."""
        return len(text) if self._is_simple(text) else len(text) + sum(map(self.effort, text.split()))

    def _is_simple(self, text: str) -> bool:
        main = self._main[False]
        return not main.shaped and main.has(text)

    def _width(self, text: str, bold: bool) -> float:
        return sum(run.width for run in self.runs(text, bold))

    def _cut(self, text: str, bold: bool, *, rtl: bool) -> list[TextRun]:
        if self._main[bold].has(text):
            return [_run(text, self._main[bold], rtl)]
        runs: list[TextRun] = []
        start, font = 0, self._font_for(text[0], bold, self._main[bold])
        for place, character in enumerate(text):
            other = self._font_for(character, bold, font)
            if other is not font:
                runs.append(_run(text[start:place], font, rtl))
                start, font = place, other
        runs.append(_run(text[start:], font, rtl))
        return runs[::-1] if rtl else runs

    def _font_for(self, character: str, bold: bool, current: Font | None) -> Font | None:
        """Return the font for a character: spaces and marks keep the font of the character before."""
        if character in _JOINERS or (current and not character.isalnum() and current.has(character)):
            return current
        main = self._main[bold]
        return main if main.has(character) else self._face_for(character, bold)

    def _lines(self, text: str, width: float, bold: bool) -> Iterator[str]:
        if "  " not in text and self._fits(text, width, bold):
            yield text.strip(" ")
            return
        gap = self.width(" ", bold)
        line, used = "", 0.0
        for space, piece, length in self._words(text, width, bold):
            if line and used + gap * space + length <= width:
                line, used = line + " " * space + piece, used + gap * space + length
                continue
            if line:
                yield line
            line, used = piece, length
        yield line

    def _fits(self, text: str, width: float, bold: bool) -> bool:
        """Return whether a text fits on a line; a text longer than any line is not measured."""
        return len(text) <= _A_LINE and self.width(text, bold) <= width

    def _words(self, text: str, width: float, bold: bool) -> Iterator[tuple[bool, str, float]]:
        """Yield the pieces between which a line may end: whether a space precedes, the piece, its width."""
        for word in filter(None, text.split(" ")):
            if word.isascii() and self._fits(word, width, bold):
                yield True, word, self.width(word, bold)
                continue
            pieces = [piece for part in breakable(word) for piece in self._pieces(part, width, bold)]
            for number, piece in enumerate(pieces):
                yield number == 0, piece, self.width(piece, bold)

    def _pieces(self, word: str, width: float, bold: bool) -> Iterator[str]:
        if self._fits(word, width, bold):
            yield word
            return
        start, used = 0, 0.0
        for index, character in enumerate(word):
            length = self.width(character, bold)
            if used + length > width and index > start:
                yield word[start:index]
                start, used = index, 0.0
            used += length
        yield word[start:]


def _run(text: str, font: Font | None, rtl: bool) -> TextRun:
    if font is None or not font.shaped:
        text = text.translate(_WITHOUT_JOINERS)
    if rtl and font and not font.shaped:
        text, rtl = mirrored(text), False
    return TextRun(text, font, rtl)


def _from_left_to_right(text: str, *, rtl: bool) -> list[tuple[str, bool]]:
    """Return the pieces of a line from left to right, and for each whether it is read from right to left.

    Each piece is in reading order. This is the Unicode bidirectional algorithm (UAX #9), applied to each
    line by itself; a production system would resolve the paragraph before it breaks it into lines.
    """
    if rtl and is_all_rtl(text):
        return [(text, True)]
    direction = TextDirection.RTL if rtl else TextDirection.LTR
    letters = BidiParagraph(text, direction, preserve_bn_chars=True).get_reordered_characters()
    pieces = []
    for level, group in groupby(letters, attrgetter("embedding_level")):
        piece = "".join(letter.character for letter in group)
        pieces.append((piece[::-1], True) if level % 2 else (piece, False))
    return pieces
