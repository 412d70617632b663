"""The progress of a load while it runs: requests in flight, outcomes, and percentiles.

Read next: pdflab/cli/load.py.
"""

from collections import Counter

import numpy as np

from pdflab.analysis.metrics import Percentiles, percentiles
from pdflab.analysis.run import Send
from pdflab.analysis.validity import outcome


class ProgressCounter:
    """Counts documents as they are sent and answered."""

    def __init__(self) -> None:
        self.sent, self.in_flight = 0, 0
        self._outcomes: Counter[str] = Counter()
        self._seconds: dict[str, list[float]] = {"acknowledgement": [], "uncorrected": [], "send_lag": []}

    def start(self, count: int) -> None:
        """Count documents that are being sent."""
        self.sent += count
        self.in_flight += count

    def end(self, send: Send) -> None:
        """Count a document that was answered or cancelled."""
        self.in_flight = max(0, self.in_flight - 1)  # a request cancelled before its turn was never sent
        self._outcomes[outcome(send.status, send.error)] += 1
        if send.attempt == 1:
            self._seconds["send_lag"].append(send.sent_at - send.intended_at)
        if send.accepted and send.answered_at is not None:
            self._seconds["acknowledgement"].append(send.answered_at - send.intended_at)
            self._seconds["uncorrected"].append(send.answered_at - send.sent_at)

    @property
    def outcomes(self) -> dict[str, int]:
        """The number of documents with each outcome so far."""
        return dict(self._outcomes)

    def latencies(self) -> dict[str, Percentiles]:
        """Return exact percentiles so far, in seconds.

        `acknowledgement` counts from the intended instant, `uncorrected` from the instant of sending.
        """
        return {name: percentiles(np.array(seconds)) for name, seconds in self._seconds.items()}
