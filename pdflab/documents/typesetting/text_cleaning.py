"""Text cleaning: characters that are never drawn, and spaces that fonts lack.

Read next: pdflab/documents/typesetting/font.py.
"""

import re

# Never drawn: soft hyphens, direction marks and overrides (which could disguise a name), variation selectors,
# tags. Joiners stay: they shape Arabic.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_ODD = re.compile(rf"{_INVISIBLE.pattern}|[\n\t\v\f\u2007\u2028\u2029\u202f]")
_SPACES = str.maketrans(dict.fromkeys("\n\t\v\f\u2028\u2029", " ") | dict.fromkeys("\u2007\u202f", "\u00a0"))


def clean(text: str) -> str:
    """Return a text without characters that are never drawn, and with spaces that every font has."""
    if not _ODD.search(text):
        return text
    return _INVISIBLE.sub("", text).translate(_SPACES)
