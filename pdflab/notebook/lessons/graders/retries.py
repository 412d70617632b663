"""Grades lesson 04's `may_retry(first_requests, retries)`: a budget for retries, counted over ten seconds.

Read next: pdflab/notebook/lessons/graders/crashes.py.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

MayRetry = Callable[[int, int], Any]

_WINDOW, _PATIENCE, _TRIES, _PAUSE = 10.0, 1.0, 3, 0.5  # seconds; in all; seconds, doubled and jittered
_LOOK = (85.0, 95.0)  # seconds: a minute after the spike, its clients are judged
_SPIKE, _END = (20.0, 25.0), 100.0
_ENOUGH = 0.95  # of the clients get their PDF a minute later; and of the retries in good times are allowed


def grade_may_retry(may_retry: MayRetry) -> list[str]:
    """Simulate a half-busy service, small and large, in good times and a minute after a spike."""
    found: dict[str, str] = {}
    for capacity, seed in ((10, 1), (100, 2)):
        good = _Service(may_retry, capacity, seed, errors=0.03)
        bad = _Service(may_retry, capacity, seed, spike=4.0)
        if wrong := good.wrong_answer or bad.wrong_answer:
            return [wrong]
        if good.allowed < _ENOUGH * good.asked:
            found["good"] = (
                f"In good times 3 % of {capacity // 2} requests a second fail by chance, and you allowed "
                f"{good.allowed / good.asked:.0%} of their retries; let the budget grow with the requests."
            )
        if bad.served < _ENOUGH * bad.clients:
            found["bad"] = (
                f"A minute after a spike of 5 s, {bad.served / bad.clients:.0%} of the clients get their "
                "PDF in time: your retries keep the service overloaded."
            )
    return list(found.values())


class _Service:
    """One run of a server that does not notice that clients leave, with every instant in seconds."""

    def __init__(
        self, may_retry: MayRetry, capacity: int, seed: int, *, spike: float = 0.5, errors: float = 0.0
    ) -> None:
        self.asked = self.allowed = self.served = self.clients = 0
        self.wrong_answer = ""
        self._firsts, self._retries = deque[float](), deque[float]()
        self._may_retry, self._errors = may_retry, errors
        self._rng, self._free, self._number = Random(seed), 0.0, count()
        self._events: list[
            tuple[float, int, int, float, bool]
        ] = []  # at, number, tries, first at, is an arrival
        at = 0.0
        while (at := at + self._rng.expovariate(capacity * (spike if _within(at, _SPIKE) else 0.5))) < _END:
            self._add(at, 1, at, arrival=True)
        while self._events:
            at, _, tries, first, arrival = heappop(self._events)
            (self._arrive if arrival else self._fail)(at, tries, first, 1 / capacity)

    def _add(self, at: float, tries: int, first: float, *, arrival: bool) -> None:
        heappush(self._events, (at, next(self._number), tries, first, arrival))

    def _arrive(self, at: float, tries: int, first: float, service: float) -> None:
        (self._firsts if tries == 1 else self._retries).append(at)
        self.clients += tries == 1 and _within(first, _LOOK)
        if self._rng.random() < self._errors:
            return self._fail(at, tries, first, service)
        self._free = max(self._free, at) + service
        if self._free <= at + _PATIENCE:
            self.served += _within(first, _LOOK)
        else:
            self._add(at + _PATIENCE, tries, first, arrival=False)
        return None

    def _fail(self, at: float, tries: int, first: float, service: float) -> None:
        """Let a client whose request failed ask whether it may retry."""
        for times in (self._firsts, self._retries):
            while times and times[0] < at - _WINDOW:
                times.popleft()
        if tries == _TRIES or self.wrong_answer:
            return
        answer = self._may_retry(len(self._firsts), len(self._retries))
        if not isinstance(answer, bool):
            self.wrong_answer = f"`may_retry` returned {answer!r}; return True or False."
            return
        self.asked, self.allowed = self.asked + 1, self.allowed + answer
        if answer:
            pause = _PAUSE * 2 ** (tries - 1) * self._rng.uniform(0.5, 1.5)
            self._add(at + pause, tries + 1, first, arrival=True)


def _within(at: float, span: tuple[float, float]) -> bool:
    return span[0] <= at < span[1]
