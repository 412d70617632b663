"""The fonts of a renderer: the font for each character, and its part for each script.

Western text is drawn in the core font that every PDF viewer has; other text needs an embedded font. The part
for a script is subset once in a process and shared by all documents. For unlisted scripts, such as Chinese,
only the glyphs in use are embedded. A font is read when a character first needs it.
Read next: pdflab/documents/typesetting/font_embedding.py.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from threading import RLock
from typing import NamedTuple

import uharfbuzz as hb

from pdflab.documents.typesetting.characters import clean
from pdflab.documents.typesetting.font import CoreFont, Face, is_western, subset
from pdflab.documents.typesetting.typesetter import Typesetter


class Script(NamedTuple):
    """A script, as ranges of code points; `shaped`: its letters change with their neighbours."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    shaped: bool = False


# In every part: digits, Latin letters, accents, punctuation, currencies, №, ™, −.
_COMMON = (
    *((0x20, 0x7E), (0xA0, 0xFF), (0x300, 0x30C)),
    *((0x2010, 0x2027), (0x2030, 0x203A), (0x20A0, 0x20CF)),
    *((0x2116, 0x2116), (0x2122, 0x2122), (0x2212, 0x2212)),
)
_SCRIPTS = (
    Script("latin", ((0x100, 0x17F), (0x218, 0x21B))),
    Script("latin-extended", ((0x180, 0x24F), (0x1E00, 0x1EFF))),
    Script("greek", ((0x370, 0x3FF),)),
    Script("greek-extended", ((0x1F00, 0x1FFF),)),
    Script("cyrillic", ((0x400, 0x45F), (0x490, 0x491))),
    Script("cyrillic-extended", ((0x460, 0x52F),)),
    Script("hebrew", ((0x590, 0x5FF), (0xFB1D, 0xFB4F)), shaped=True),
    Script("arabic", ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)), shaped=True),
    Script("common", _COMMON),
)


class FontFile(NamedTuple):
    """A font file; `read` is called when a character first needs it."""

    bold: bool
    read: Callable[[], bytes]


class FontBook:
    """The fonts of one process, for every call of `render`; it caches the subset parts.

    The first file that has a character draws it.
    """

    def __init__(self, files: Sequence[FontFile] = ()) -> None:
        self._files = tuple(files)
        self._open = cache(_open)
        self._part = cache(_part)
        self._lock = RLock()  # the synchronous endpoint renders in several threads
        self.face_for = lru_cache(maxsize=5_000)(self._face_for)
        self._typesetter = cache(partial(Typesetter, face_for=self.face_for))

    def typesetter(self, text: str) -> Typesetter:
        """Return a typesetter whose main font fits a text: the core font, if it has all letters.

        Otherwise it is the part for the script of most of the other letters.
        """
        letter = "" if is_western(text) else self._leading_letter(text)
        regular, bold = (self.face_for(letter, bold) if letter else None for bold in (False, True))
        return self._typesetter(regular or CoreFont(False), bold or CoreFont(True))

    def _leading_letter(self, text: str) -> str:
        """Return a letter of the most frequent script that is not Western; '' if there is none."""
        letters: dict[Face, str] = {}
        votes: Counter[Face] = Counter()
        for letter, count in Counter(filter(str.isalpha, clean(text))).items():
            face = None if is_western(letter) else self.face_for(letter, False)
            if face and face.part:
                letters.setdefault(face, letter)
                votes[face] += count
        return letters[votes.most_common(1)[0][0]] if votes else ""

    def _face_for(self, character: str, bold: bool) -> Face | None:
        """Return the font for a character, in the other weight if necessary; None if no font has it."""
        with self._lock:
            for file in sorted(self._files, key=lambda file: file.bold != bold):
                face, covered = self._open(file)
                if ord(character) in covered:
                    return self._part(face, _script_of(ord(character)), bold and face.has_var_data)
        return None


def _open(file: FontFile) -> tuple[hb.Face, hb.Set]:
    face = hb.Face(hb.Blob(file.read()))
    return face, face.unicodes


def _script_of(code: int) -> Script | None:
    found = (script for script in _SCRIPTS if any(low <= code <= high for low, high in script.ranges))
    return next(found, None)


def _part(face: hb.Face, script: Script | None, bold: bool) -> Face:
    if script is None:
        return Face(face, shaped=True, part=False, bold=bold)
    ranges, have = (*script.ranges, *_COMMON), face.unicodes
    wanted = [code for low, high in ranges for code in range(low, high + 1) if code in have]
    part = subset(face, characters=wanted, layout=script.shaped, bold=bold)
    return Face(part, shaped=script.shaped, part=True)
