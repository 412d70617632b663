"""The history of the last minutes, which the recorder keeps in Redis: all processes and viewers see the same.

Read next: pdflab/service/eventlog/history.py.
"""

from collections import deque
from threading import Lock
from typing import Any

from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import COLUMNS, SAMPLES, Sample


class SharedHistory:
    """Reads each sample once, and has those of the last minutes."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._after = "0"
        self._lock = Lock()

    def read(self) -> list[Sample]:
        """Return the samples, oldest first. Raises BrokerUnavailable."""
        with self._lock:
            new, self._after = self._monitor.samples(self._after)
            self._samples += new
            return [*self._samples]


def columns(samples: list[Sample]) -> dict[str, Any]:
    """Return samples as columns: instants, jobs, counts since the start, percentiles."""
    return {name: [sample[name] for sample in samples] for name in COLUMNS}
