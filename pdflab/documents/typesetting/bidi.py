"""What stands where on a line: what is read from right to left, where a line may end.

Read next: documents/typesetting/typesetter.py.
"""

import re
import unicodedata

from fpdf.bidi import BidiParagraph
from fpdf.enums import TextDirection

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")

# Han, kana and their like may be broken anywhere, but not before what closes a phrase.
_WIDE = "\u2e80-\u2fff\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSING = "、。，．・：；？！ー〉》」』】〕）］｝…"
_BREAKABLE = re.compile(f"[{_WIDE}][{_CLOSING}]*|[^{_WIDE}]+")


def has_rtl(text: str) -> bool:
    """Return whether any of a text is read from right to left."""
    return _RTL.search(text) is not None


def count_rtl(text: str) -> int:
    """Count the characters that are read from right to left."""
    return len(_RTL.findall(text))


def reads_from_right(text: str) -> bool:
    """Return whether a paragraph is read from right to left: its first letter decides."""
    if text.isascii() or not has_rtl(text):
        return False
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def from_left_to_right(text: str, *, rtl: bool) -> list[tuple[str, bool]]:
    """Order the pieces of a line as they stand on paper, and tell which of them are read from the right.

    Each piece is given in the order of reading. This is the Unicode bidirectional algorithm, each line by
    itself; a production system would resolve the whole paragraph before it breaks it into lines.
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
    """Turn a text round, brackets and all, for a font that cannot write from right to left."""
    return text[::-1].translate(_MIRRORED)


def breakable(word: str) -> list[str]:
    """Cut a word where a line may end without a space: between the signs of Chinese and Japanese."""
    return [word] if word.isascii() else _BREAKABLE.findall(word) or [word]
