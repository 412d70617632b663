"""The history of the last minutes, which the recorder keeps in Redis: all processes and viewers see the same.

Read next: pdflab/service/eventlog/history.py.
"""

from collections import deque
from threading import Lock
from typing import Any

from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import SAMPLED, SAMPLES, Quantiles, Sample

_TOO_OLD = 5.0  # seconds: percentiles of a recorder that has stopped are none of now


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


def latest_quantiles(samples: list[Sample], now: float) -> tuple[Quantiles, Quantiles]:
    """Return the newest percentiles of waiting and of completion."""
    if not samples or now - samples[-1].at > _TOO_OLD:
        return Quantiles(), Quantiles()
    return samples[-1].wait, samples[-1].completion


def columns(samples: list[Sample], now: float) -> dict[str, Any]:
    """Return samples as columns: instants, jobs, counts since the start, percentiles."""
    found: dict[str, Any] = {"now": now, "at": [sample.at for sample in samples]}
    for name in SAMPLED:
        found[name] = [getattr(sample, name) for sample in samples]
    for what in ("wait", "completion"):
        for p in ("p50", "p95", "p99"):
            found[f"{what}_{p}"] = [getattr(getattr(sample, what), p) for sample in samples]
    return found
