"""The snapshot that the dashboard polls: statistics, percentiles, both endpoints and the workers.

The page that polls it is pdflab/service/dashboard/dashboard.js.
Read next: pdflab/service/jobqueue/dashboard_view.py, then pdflab/service/api/sync_figures.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from pdflab.service.api.history import SharedHistory, latest_quantiles
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import Stats


class Snapshots:
    """Takes snapshots of the queue, and of the log of the synchronous endpoint."""

    def __init__(
        self, monitor: Monitor, stats: Callable[[], Stats], history: SharedHistory, sync_log: SyncLog
    ) -> None:
        self._monitor = monitor
        self._stats = stats
        self._history = history
        self._sync_log = sync_log

    def take(self) -> bytes:
        """Return a snapshot as JSON, encoded once for all viewers. Raises BrokerUnavailable."""
        stats = self._stats()
        now, workers = self._monitor.dashboard()
        wait, completion = latest_quantiles(self._history.read(), now)
        synchronous = self._sync_log.figures()
        snapshot = {
            "stats": asdict(stats),
            "latency": {"wait": asdict(wait), "completion": asdict(completion)},
            "endpoints": {"synchronous": asdict(synchronous) if synchronous else None},
            "workers": [asdict(worker) for worker in workers],
        }
        return compact(snapshot)


def compact(snapshot: Mapping[str, object]) -> bytes:
    """Return short JSON, with floats rounded to the millisecond, for up to thirty polls a second."""
    rounded = json.loads(json.dumps(snapshot), parse_float=lambda digits: round(float(digits), 3))
    return json.dumps(rounded, separators=(",", ":")).encode()
