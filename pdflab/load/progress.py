"""The progress of a load while it runs: requests in flight, outcomes, and percentiles.

Read next: pdflab/cli/load.py.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from pdflab.analysis.metrics import Percentiles, percentiles
from pdflab.analysis.run import Send
from pdflab.analysis.validity import outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """A load at one instant. Latencies are exact, in seconds.

    `acknowledgement` counts from the intended instant, `uncorrected` from the instant of sending.
    """

    sent: int
    in_flight: int
    outcomes: dict[str, int]
    acknowledgement: Percentiles
    uncorrected: Percentiles
    send_lag: Percentiles


class ProgressCounter:
    """Counts documents as they are sent and answered."""

    def __init__(self) -> None:
        self._sent, self._in_flight = 0, 0
        self._outcomes: Counter[str] = Counter()
        self._acknowledgement: list[float] = []
        self._uncorrected: list[float] = []
        self._send_lag: list[float] = []

    def start(self, count: int) -> None:
        """Count documents that are being sent."""
        self._sent += count
        self._in_flight += count

    def end(self, send: Send) -> None:
        """Count a document that was answered or cancelled."""
        self._in_flight = max(0, self._in_flight - 1)  # a request cancelled before its turn was never sent
        self._outcomes[outcome(send.status, send.error)] += 1
        self._send_lag.append(send.sent_at - send.intended_at)
        if send.accepted and send.answered_at is not None:
            self._acknowledgement.append(send.answered_at - send.intended_at)
            self._uncorrected.append(send.answered_at - send.sent_at)

    def progress(self) -> Progress:
        """Return the progress at this instant."""
        return Progress(
            sent=self._sent,
            in_flight=self._in_flight,
            outcomes=dict(self._outcomes),
            acknowledgement=percentiles(np.array(self._acknowledgement)),
            uncorrected=percentiles(np.array(self._uncorrected)),
            send_lag=percentiles(np.array(self._send_lag)),
        )
