"""Reads the JSON Lines files that a running system writes, such as jobs.log.

Read next: pdflab/audit.py.
"""

import json
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from pdflab.errors import UsageError
from pdflab.jobs import JobEvent

_T = TypeVar("_T")


class Tail(Generic[_T]):
    """Follows a growing file and reads each complete line once."""

    def __init__(self, path: Path, parse: Callable[[str], _T | None]) -> None:
        self._path = path
        self._parse = parse
        self._offset = 0
        self._items: list[_T] = []
        self.is_behind = False  # whether the last `read_new` may have left something
        self._lock = Lock()

    def read(self) -> list[_T]:
        """Return all items read from the file so far."""
        with self._lock:
            self._items += self._new_items(-1)
            return list(self._items)

    def read_new(self, size: int = -1) -> list[_T]:
        """Return the items of the next `size` bytes, by default of all, and keep none of them."""
        with self._lock:
            return self._new_items(size)

    def _new_items(self, size: int) -> list[_T]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read(size)
        self.is_behind = len(new) == size
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        parsed = (self._read(line) for line in whole.decode().split("\n")[:-1])
        return [item for item in parsed if item is not None]

    def _read(self, line: str) -> _T | None:
        try:
            return self._parse(line)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{self._path} has a line of another format: {line[:60]!r} ({error}). Move the file away."
            ) from None


def read_event(line: str) -> JobEvent | None:
    """Return the event of a log line; None for a line that only notes a gap in the numbering."""
    fields = json.loads(line)
    return None if fields.get("gap") else JobEvent.from_fields(fields)
