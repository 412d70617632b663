"""Text direction: which text is read from right to left, its drawing order, and where a line may end.

Read next: pdflab/documents/typesetting/text_cleaning.py.
"""

import re
import unicodedata

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")

# Between Han, kana and similar characters a line may end, but not before closing punctuation.
_WIDE = "\u2e80-\u2fff\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSING = "、。，．・：；？！ー〉》」』】〕）］｝…"
_BREAKABLE = re.compile(f"[{_WIDE}][{_CLOSING}]*|[^{_WIDE}]+")


def has_rtl(text: str) -> bool:
    """Return whether a text has any right-to-left character."""
    return _RTL.search(text) is not None


def count_rtl(text: str) -> int:
    """Return the number of right-to-left characters."""
    return len(_RTL.findall(text))


def reads_from_right(text: str) -> bool:
    """Return whether a paragraph is read from right to left; its first letter decides."""
    if text.isascii() or not has_rtl(text):
        return False
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def from_left_to_right(text: str, *, rtl: bool) -> list[tuple[str, bool]]:
    """Return the pieces of a line from left to right, and for each whether it is read from right to left.

    Each piece is in reading order. This is the Unicode bidirectional algorithm (UAX #9), applied to each
    line by itself; a production system would resolve the paragraph before it breaks it into lines.
    """
    direction = TextDirection.RTL if rtl else TextDirection.LTR
    letters = BidiParagraph(text, direction, preserve_bn_chars=True).get_reordered_characters()
    pieces: list[tuple[str, int]] = []
    for letter in letters:
        if pieces and pieces[-1][1] == letter.embedding_level:
            pieces[-1] = pieces[-1][0] + letter.character, letter.embedding_level
        else:
            pieces.append((letter.character, letter.embedding_level))
    return [(piece[::-1], True) if level % 2 else (piece, False) for piece, level in pieces]


def mirrored(text: str) -> str:
    """Return a text reversed, with mirrored brackets, for a font that cannot shape right-to-left text."""
    return text[::-1].translate(_MIRRORED)


def breakable(word: str) -> list[str]:
    """Cut a word where a line may end without a space: between Chinese or Japanese characters."""
    return [word] if word.isascii() else _BREAKABLE.findall(word) or [word]
