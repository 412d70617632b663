"""Counts answers that matter to operators: requests that were invalid, and a service that was unavailable.

A process counts without Redis, and adds its counts to those of all processes twice a second.
Read next: pdflab/service/api/jobs.py.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Lock

from flask import Response, request

from pdflab.errors import BrokerUnavailable

_COUNTED = {400: "invalid", 413: "invalid", 422: "invalid", 503: "unavailable"}
_INTERVAL = 0.5  # seconds between two reports


class AnswerCounter:
    """Counts answers to requests for documents by their status, until `report` has them."""

    def __init__(self, report: Callable[[Mapping[str, int]], None]) -> None:
        self._report = report
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def see(self, answer: Response) -> Response:
        """Count the answer to the present request, and return it."""
        if answer.status_code in _COUNTED and request.blueprint == "submit":
            self.count(answer.status_code)
        return answer

    def count(self, status: int) -> None:
        """Count one answer."""
        if name := _COUNTED.get(status):
            with self._lock:
                self._counts[name] += 1

    def flush(self) -> None:
        """Report what was counted since the last time. Raises BrokerUnavailable, and keeps it then."""
        if not self._counts:
            return
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            self._report(counts)
        except BrokerUnavailable:
            with self._lock:
                self._counts.update(counts)
            raise

    def run(self, stop: Event) -> None:
        """Report until `stop` is set, and once more then: no other request may come to this process."""
        while True:
            stopping = stop.wait(_INTERVAL)
            with suppress(BrokerUnavailable):  # whoever asks for statistics learns that
                self.flush()
            if stopping:
                return
