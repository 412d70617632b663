"""The snapshot that the dashboard polls: statistics, both endpoints, their clients, and the workers.

The page that polls it is pdflab/service/dashboard/dashboard.js.
Read next: pdflab/service/jobqueue/dashboard_view.py, then pdflab/service/api/sync_figures.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from pdflab.service.api.context import Operations
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import Stats


def take_snapshot(
    monitor: Monitor, stats: Callable[[], Stats], sync_log: SyncLog, operations: Operations
) -> bytes:
    """Return a snapshot as JSON, encoded once for all viewers. Raises BrokerUnavailable."""
    synchronous = sync_log.figures()
    snapshot = {
        "stats": asdict(stats()),
        "endpoints": {"synchronous": asdict(synchronous) if synchronous else None},
        "clients": operations.clients(),
        "workers": [asdict(worker) for worker in monitor.dashboard()],
    }
    return compact(snapshot)


def compact(snapshot: Mapping[str, object]) -> bytes:
    """Return short JSON, with floats rounded to the millisecond, for up to thirty polls a second."""
    rounded = json.loads(json.dumps(snapshot), parse_float=lambda digits: round(float(digits), 3))
    return json.dumps(rounded, separators=(",", ":")).encode()
