"""The progress of a load while it runs: wanted and achieved rate, requests in flight, percentiles.

Read next: pdflab/cli/load.py.
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
    """A load at one instant. Rates are documents in the last second; latencies are exact, in seconds.

    `acknowledgement` counts from the intended instant, `uncorrected` from the instant of sending.
    """

    wanted: int
    achieved: int
    in_flight: int
    outcomes: dict[str, int]
    acknowledgement: Percentiles
    uncorrected: Percentiles
    send_lag: Percentiles


class ProgressCounter:
    """Counts a plan's documents as they are sent and answered."""

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._began_at = clock, 0.0
        self._due = (arrival.at for arrival in plan.arrivals())
        self._next = next(self._due, inf)
        self._recently_due: deque[float] = deque()
        self._recently_sent: deque[float] = deque()
        self._in_flight = 0
        self.outcomes: Counter[str] = Counter()
        self._acknowledgement: list[float] = []
        self._uncorrected: list[float] = []
        self._send_lag: list[float] = []

    def start(self, count: int) -> None:
        """Count documents that are being sent."""
        self._began_at = self._began_at or self._clock()
        self._recently_sent.extend([self._clock()] * count)
        self._in_flight += count

    def end(self, send: Send) -> None:
        """Count a document that was answered or cancelled."""
        self._in_flight = max(0, self._in_flight - 1)  # a request cancelled before its turn was never sent
        self.outcomes[outcome(send.status, send.error)] += 1
        self._send_lag.append(send.sent_at - send.intended_at)
        if send.accepted and send.answered_at is not None:
            self._acknowledgement.append(send.answered_at - send.intended_at)
            self._uncorrected.append(send.answered_at - send.sent_at)

    def progress(self) -> Progress:
        """Return the progress at this instant."""
        now = self._clock()
        self._draw_due(now - self._began_at if self._began_at else -1.0)
        return Progress(
            wanted=_count_recent(self._recently_due, now - self._began_at),
            achieved=_count_recent(self._recently_sent, now),
            in_flight=self._in_flight,
            outcomes=dict(self.outcomes),
            acknowledgement=percentiles(np.array(self._acknowledgement)),
            uncorrected=percentiles(np.array(self._uncorrected)),
            send_lag=percentiles(np.array(self._send_lag)),
        )

    def _draw_due(self, elapsed: float) -> None:
        """Draw the plan again, up to now: the wanted rate must not depend on the requests sent."""
        while self._next <= elapsed:
            self._recently_due.append(self._next)
            self._next = next(self._due, inf)


def _count_recent(instants: deque[float], now: float) -> int:
    while instants and instants[0] < now - _WINDOW:
        instants.popleft()
    return len(instants)
