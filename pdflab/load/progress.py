"""What a load has come to so far, for those who watch it: rates wanted and achieved, in flight, percentiles.

Read next: cli/load.py.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np

from pdflab.analysis.metrics import Percentiles, percentiles
from pdflab.analysis.run import Send
from pdflab.analysis.validity import outcome
from pdflab.load.plan import Plan

_WINDOW = 1.0  # seconds over which a rate is counted


@dataclass(frozen=True, slots=True)
class Progress:
    """A load at one instant. Rates are documents in the last second; latencies are exact, in seconds."""

    wanted: int
    achieved: int
    in_flight: int
    outcomes: dict[str, int]
    acknowledgement: Percentiles
    uncorrected: Percentiles
    send_lag: Percentiles


class ProgressCounter:
    """Counts a plan's documents as they leave and as they are answered."""

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._began_at = clock, 0.0
        self._due = (arrival.at for arrival in plan.arrivals())
        self._next = next(self._due, inf)
        self._recently_due: deque[float] = deque()
        self._recently_left: deque[float] = deque()
        self._in_flight = 0
        self.outcomes: Counter[str] = Counter()
        self._accept: list[float] = []
        self._naive: list[float] = []
        self._send_lag: list[float] = []

    def start(self, count: int) -> None:
        """Note that so many documents leave."""
        self._began_at = self._began_at or self._clock()
        self._recently_left.extend([self._clock()] * count)
        self._in_flight += count

    def end(self, send: Send) -> None:
        """Note what became of a document."""
        self._in_flight = max(0, self._in_flight - 1)  # what is cancelled before its turn never left
        self.outcomes[outcome(send.status, send.error)] += 1
        self._send_lag.append(send.sent_at - send.intended_at)
        if send.accepted and send.answered_at is not None:
            self._accept.append(send.answered_at - send.intended_at)
            self._naive.append(send.answered_at - send.sent_at)

    def progress(self) -> Progress:
        """Return the state of the load now."""
        now = self._clock()
        self._draw_due(now - self._began_at if self._began_at else -1.0)
        accept, naive, send_lag = (
            percentiles(np.array(seen)) for seen in (self._accept, self._naive, self._send_lag)
        )
        wanted = _lately(self._recently_due, now - self._began_at)
        achieved = _lately(self._recently_left, now)
        return Progress(wanted, achieved, self._in_flight, dict(self.outcomes), accept, naive, send_lag)

    def _draw_due(self, elapsed: float) -> None:
        """Draw the plan once more, up to now: what was wanted must not depend on what was done."""
        while self._next <= elapsed:
            self._recently_due.append(self._next)
            self._next = next(self._due, inf)


def _lately(instants: deque[float], now: float) -> int:
    while instants and instants[0] < now - _WINDOW:
        instants.popleft()
    return len(instants)
