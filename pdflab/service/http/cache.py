"""A cached call: the queue is read at most twice a second, for any number of viewers.

Read next: pdflab/service/http/errors.py.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from pdflab.errors import BrokerUnavailable

_LIFETIME = 0.5  # seconds
_T = TypeVar("_T")


class CachedCall(Generic[_T]):
    """Calls a function at most once in half a second, and caches its result or its BrokerUnavailable."""

    def __init__(self, call: Callable[[], _T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self._clock = clock
        self._lock = Lock()
        self._called_at = float("-inf")
        self._result: _T
        self._error: BrokerUnavailable | None = None

    def __call__(self) -> _T:
        """Return the cached result, or a new one. Raises BrokerUnavailable while Redis is away."""
        with self._lock:
            if self._clock() - self._called_at > _LIFETIME:
                self._refresh()
            if self._error:
                raise self._error
            return self._result

    def _refresh(self) -> None:
        try:
            self._result, self._error = self._call(), None
        except BrokerUnavailable as error:
            self._error = error
        self._called_at = self._clock()
