"""One look that all who ask within half a second share: thirty viewers cost as much as one.

Read next: service/api/snapshot.py.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from pdflab.errors import BrokerUnavailable

_LASTS = 0.5  # seconds
T = TypeVar("T")


class CachedCall(Generic[T]):
    """Calls `look` at most once in half a second; Redis' absence is shared as what it gave is."""

    def __init__(self, look: Callable[[], T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._seen: list[T] = []
        self._absence = BrokerUnavailable("Nobody has looked yet.")

    def __call__(self) -> T:
        """Return what was seen last, or look again. Raises BrokerUnavailable while Redis is away."""
        with self._lock:
            if self._clock() - self._looked_at > _LASTS:
                self._seen = self._attempt()
                self._looked_at = self._clock()
            if self._seen:
                return self._seen[0]
            raise self._absence

    def _attempt(self) -> list[T]:
        try:
            return [self._look()]
        except BrokerUnavailable as error:
            self._absence = error
            return []
