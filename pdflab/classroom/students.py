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

from pdflab.errors import UsageError

LONGEST_NAME = 16  # characters
_CODE_LETTERS, _CODE_LENGTH = "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 5  # none that looks like another
_COLOURS = "Amber", "Blue", "Coral", "Green", "Ivory", "Jade", "Lilac", "Ruby", "Silver", "Teal"
_ANIMALS = "Bear", "Crane", "Eagle", "Fox", "Hare", "Heron", "Lynx", "Otter", "Owl", "Seal", "Swift", "Wolf"
_PRESSES_A_SECOND, _OUTSTANDING = 2, 5
_WRONG_CODES_A_MINUTE = 30  # of one address: a whole class may share it


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
    name = " ".join(plain.split())[:LONGEST_NAME].strip()
    return name or f"{_COLOURS[number % len(_COLOURS)]} {_ANIMALS[number % len(_ANIMALS)]}"


def _printable(character: str) -> str:
    kind = unicodedata.category(character)
    if kind[0] in "ZC":
        return " " if kind != "Cf" else ""  # direction marks, joiners
    return "" if kind in ("Mn", "Me") and not _joins_script(character) else character


def _joins_script(mark: str) -> bool:
    """Return whether a mark belongs to its script's spelling, unlike the accents that stack without end."""
    return not re.match("COMBINING ", unicodedata.name(mark, "COMBINING "))


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
        self._wrong: dict[str, Rate] = {}

    def join(self, code: str, name: str, *, address: str, now: float) -> Student:
        """Let a phone join. Raises NotAllowed for a wrong code, too many tries, or a full room."""
        wrong = self._wrong.setdefault(address, Rate(_WRONG_CODES_A_MINUTE, 60.0))
        if wrong.is_full(now):
            raise TooMany("Too many wrong codes came from your network. Wait a minute, then try again.")
        if not compare_digest(code.strip().upper().encode(), self.code.encode()):
            wrong.note(now)
            raise NotAllowed("That is not the code of this room. It stands on the projector.")
        if len(self._by_cookie) >= self._limit:
            raise NotAllowed(
                f"This room is full: {self._limit} phones are in it. Share one with a neighbour."
            )
        number = len(self._by_cookie) + 1
        student = Student(number, secrets.token_urlsafe(16), clean_name(name, number), now)
        self._by_cookie[student.cookie] = student
        return student

    def find(self, cookie: str | None) -> Student | None:
        """Return the student of a cookie."""
        return self._by_cookie.get(cookie or "")

    def all(self) -> Sequence[Student]:
        """Return all students, in the order in which they came."""
        return tuple(self._by_cookie.values())
