"""Grades lesson 04's `may_retry(first_requests, retries)`: a budget for retries, counted over ten seconds.

Read next: pdflab/notebook/lessons/graders/kills/crashes.py.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random
from typing import Any

from pdflab.errors import require

MayRetry = Callable[[int, int], Any]

_WINDOW, _PATIENCE, _TRIES, _PAUSE = 10.0, 1.0, 3, 0.5  # seconds; in all; seconds, doubled and jittered
_SPIKE, _JUDGED, _END = (20.0, 25.0), (85.0, 95.0), 100.0  # seconds: clients of a minute later are judged
_SERVED, _ALLOWED = 0.95, 0.8  # of the clients a minute later; of the retries in good times, which cluster


def grade_may_retry(may_retry: MayRetry) -> list[str]:
    """Simulate a half-busy service, small and large, in good times and a minute after a spike."""
    found: dict[str, str] = {}
    for capacity in (10, 2000):  # no constant fits both, nor a root
        allowed = _Service(may_retry, capacity, errors=0.03).allowed
        served = _Service(may_retry, capacity, spike=4.0).served
        if sum(allowed) < _ALLOWED * len(allowed):
            found["good"] = (
                f"In good times 3 % of {capacity // 2} requests a second fail by chance, and you allowed "
                f"{sum(allowed) / len(allowed):.0%} of their retries; let the budget grow with the requests."
            )
        if sum(served.values()) < _SERVED * len(served):
            found["bad"] = (
                f"A minute after a spike of 5 s, {sum(served.values()) / len(served):.0%} of the clients get "
                "their PDF in time: your retries keep the service overloaded."
            )
    return list(found.values())


class _Service:
    """One run of a server that does not notice when a client leaves; instants are in seconds."""

    def __init__(
        self, may_retry: MayRetry, capacity: int, *, spike: float = 0.5, errors: float = 0.0
    ) -> None:
        self.served: dict[float, bool] = {}  # each judged client, by its first request: is its PDF in time?
        self.allowed: list[bool] = []  # each retry that was asked for
        self._may_retry, self._service, self._errors = may_retry, 1 / capacity, errors
        self._rng, self._free, self._sent = Random(capacity), 0.0, (deque[float](), deque[float]())
        self._events: list[
            tuple[float, float, int, bool]
        ] = []  # at, first request at, tries so far, has failed
        at = 0.0
        while (at := at + self._rng.expovariate(capacity * (spike if _within(at, _SPIKE) else 0.5))) < _END:
            heappush(self._events, (at, at, 1, False))
        while self._events:
            at, first, tries, has_failed = heappop(self._events)
            (self._fail if has_failed else self._arrive)(at, first, tries)

    def _arrive(self, at: float, first: float, tries: int) -> None:
        self._sent[tries > 1].append(at)
        is_lucky = self._rng.random() >= self._errors
        if is_lucky:
            self._free = max(self._free, at) + self._service
        in_time = is_lucky and self._free <= at + _PATIENCE
        if _within(first, _JUDGED):
            self.served[first] = in_time
        if not in_time:
            heappush(self._events, (at + _PATIENCE * is_lucky, first, tries, True))

    def _fail(self, at: float, first: float, tries: int) -> None:
        """Let a client ask whether it may send its request again."""
        if tries == _TRIES:
            return
        for times in self._sent:
            while times and times[0] < at - _WINDOW:
                times.popleft()
        answer = self._may_retry(*map(len, self._sent))
        require(isinstance(answer, bool), f"`may_retry` returned {answer!r}; return True or False.")
        self.allowed.append(answer)
        if answer:
            pause = _PAUSE * 2 ** (tries - 1) * self._rng.uniform(0.5, 1.5)
            heappush(self._events, (at + pause, first, tries + 1, False))


def _within(at: float, span: tuple[float, float]) -> bool:
    return span[0] <= at < span[1]
