"""Who has joined: nicknames, the room code, and what one phone may do in a second.

Every function takes the present instant, in seconds, so that tests need no clock.

Read next: pdflab/classroom/press.py.
"""

import re
import secrets
import unicodedata
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from hmac import compare_digest
from itertools import count

from pdflab.errors import UsageError

LONGEST_NAME = 16  # characters
_CODE_LETTERS, _CODE_LENGTH = "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 6  # none that looks like another
_COLOURS = "Amber", "Blue", "Coral", "Green", "Ivory", "Jade", "Lilac", "Ruby", "Silver", "Teal"
_ANIMALS = "Bear", "Crane", "Eagle", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Seal", "Swift", "Wolf"
_MOST_MARKS = 5  # on one letter: a Burmese syllable has as many
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters of scripts, which print nothing
_PRESSES_A_SECOND, _OUTSTANDING = 2, 5
_WRONG_CODES_A_SECOND = 20  # of all phones: a day would not find the right one


class NotAllowed(UsageError):
    """A phone may not do that now; the message says why, and what to do."""


class TooMany(NotAllowed):
    """A phone, or a network, has done that too often; later it may again."""


def new_code() -> str:
    """Return a room code."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))


def clean_name(text: str, number: int) -> str:
    """Return a nickname that is safe to print: short, on one line, without marks that stack or turn text.

    What leaves nothing becomes a made-up one, such as Blue Otter.
    """
    plain = "".join(_printable(character) for character in unicodedata.normalize("NFC", text))
    name = " ".join(_with_few_marks(plain).split())[:LONGEST_NAME].strip()
    return name or f"{_COLOURS[number % len(_COLOURS)]} {_ANIMALS[number % len(_ANIMALS)]}"


def _printable(character: str) -> str:
    kind = unicodedata.category(character)
    if kind[0] in "ZC" or character in _INVISIBLE:
        return " " if kind != "Cf" else ""  # direction marks, joiners
    return "" if kind in ("Mn", "Me") and not _joins_script(character) else character


def _joins_script(mark: str) -> bool:
    """Return whether a mark belongs to its script's spelling, unlike the accents that stack without end."""
    return not re.match("COMBINING |VARIATION ", unicodedata.name(mark, "COMBINING "))


def _with_few_marks(text: str) -> str:
    """Return the text with a limit of marks on each letter, and none before the first letter."""
    kept, marks = "", _MOST_MARKS
    for character in text:
        marks = marks + 1 if unicodedata.category(character)[0] == "M" else 0
        kept += character if marks <= _MOST_MARKS else ""
    return kept


class Rate:
    """At most so many times within so many seconds."""

    def __init__(self, times: int, seconds: float) -> None:
        self._seconds = seconds
        self._at: deque[float] = deque(maxlen=times)

    def is_full(self, now: float) -> bool:
        """Return whether one more would be too many."""
        return len(self._at) == self._at.maxlen and now - self._at[0] < self._seconds

    def note(self, now: float) -> None:
        """Note one."""
        self._at.append(now)


@dataclass(slots=True, eq=False)
class Student:
    """A phone that has joined; the cookie is its only proof."""

    number: int
    cookie: str
    name: str
    joined_at: float = 0.0
    simulated: bool = False
    streams: int = 0  # live pages open now
    _rate: Rate = field(default_factory=lambda: Rate(_PRESSES_A_SECOND, 1.0))

    def allow_press(self, now: float, *, outstanding: int) -> None:
        """Note a press. Raises NotAllowed if there are too many."""
        if outstanding >= _OUTSTANDING:
            raise TooMany(f"You have {outstanding} requests that are not answered. Wait for one of them.")
        if self._rate.is_full(now):
            raise TooMany("Two presses a second are the most. Press again in a second.")
        self._rate.note(now)


class Students:
    """All phones of a room, up to a limit."""

    def __init__(self, code: str, *, limit: int) -> None:
        self.code, self._limit = code, limit
        self._by_cookie: dict[str, Student] = {}
        self._wrong = Rate(_WRONG_CODES_A_SECOND, 1.0)
        self._numbers = count(1)

    def join(self, code: str, name: str, *, now: float, simulated: bool = False) -> Student:
        """Let a phone join. Raises NotAllowed for a wrong code, too many tries, or a full room."""
        if self._wrong.is_full(now):
            raise TooMany("Too many wrong codes are being tried. Try again in a second.")
        if not compare_digest(code.strip().upper().encode(errors="replace"), self.code.encode()):
            self._wrong.note(now)
            raise NotAllowed("That is not the code of this room. It stands on the projector.")
        if len(self._by_cookie) >= self._limit:
            raise NotAllowed(
                f"This room is full: {self._limit} phones are in it. Share one with a neighbour."
            )
        number = next(self._numbers)
        student = Student(number, secrets.token_urlsafe(16), clean_name(name, number), now, simulated)
        self._by_cookie[student.cookie] = student
        return student

    def find(self, cookie: str | None) -> Student | None:
        """Return the student of a cookie."""
        return self._by_cookie.get(cookie or "")

    def renew(self) -> None:
        """Change the room code, and forget the phones that are not connected."""
        self.code = new_code()
        self._by_cookie = {cookie: one for cookie, one in self._by_cookie.items() if one.streams}

    def forget(self) -> None:
        """Forget all students; their cookies open nothing."""
        self._by_cookie.clear()

    def all(self) -> Sequence[Student]:
        """Return all students, in the order in which they came."""
        return tuple(self._by_cookie.values())
