"""Characters: which are never drawn, which are read from right to left, and where a line may end.

Read next: pdflab/documents/typesetting/font.py.
"""

import re
import unicodedata

# Never drawn: soft hyphens, direction marks and overrides (which could disguise a name), variation selectors,
# tags. Joiners stay: they shape Arabic.
MAX_EFFORT = 6_000_000  # Western characters: less than two seconds; a page of text has 12,000
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_ODD = re.compile(rf"{_INVISIBLE.pattern}|[\n\t\v\f\u2007\u2028\u2029\u202f]")
_SPACES = str.maketrans(dict.fromkeys("\n\t\v\f\u2028\u2029", " ") | dict.fromkeys("\u2007\u202f", "\u00a0"))

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Letters from the right, without the digits among them, and signs that follow the letters around them.
_ALL_RTL = re.compile(
    "[ !-/:-@\\[-`{-~\u0590-\u05ff\u0606-\u065f\u066a\u066d-\u06dc\u06de-\u06ef\u06fa-\u088f\u0892-\u08e1"
    "\u08e3-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u2010-\u2027]+"
)
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")

# Between Han, kana and similar characters a line may end, but not before closing punctuation.
_WIDE = "\u2e80-\u2fff\u3005-\u3007\u3021-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_CLOSING = "、。，．・：；？！ー〉》」』】〕）］｝…"
_BREAKABLE = re.compile(f"[{_WIDE}][{_CLOSING}]*|[^{_WIDE}]+")


def clean(text: str) -> str:
    """Return a text without characters that are never drawn, and with spaces that every font has."""
    if not _ODD.search(text):
        return text
    return _INVISIBLE.sub("", text).translate(_SPACES)


def has_rtl(text: str) -> bool:
    """Return whether a text has any right-to-left character."""
    return _RTL.search(text) is not None


def is_all_rtl(text: str) -> bool:
    """Return whether a right-to-left line has no digits and no letters that are read the other way."""
    return _ALL_RTL.fullmatch(text) is not None


def least_effort(text: str) -> int:
    """Return the least cost of a document's texts: each distinct character is looked up in every font."""
    return len(text) if text.isascii() else len(text) + 20 * len(_RTL.findall(text)) + 100 * len(set(text))


def reads_from_right(text: str) -> bool:
    """Return whether a paragraph is read from right to left; its first letter decides."""
    if text.isascii() or not has_rtl(text):
        return False
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"


def mirrored(text: str) -> str:
    """Return a text reversed, with mirrored brackets, for a font that cannot shape right-to-left text."""
    return text[::-1].translate(_MIRRORED)


def breakable(word: str) -> list[str]:
    """Cut a word where a line may end without a space: between Chinese or Japanese characters."""
    return [word] if word.isascii() else _BREAKABLE.findall(word) or [word]
