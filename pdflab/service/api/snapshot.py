"""The snapshot that the dashboard polls: statistics, workers, newest jobs and the last minutes.

The page that polls it is pdflab/service/dashboard/dashboard.js.
Read next: pdflab/service/jobqueue/dashboard_view.py, then pdflab/service/api/sync_figures.py.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median

from pdflab.jobs import JobState
from pdflab.service.api.history import SharedHistory, latest_quantiles, trail
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import DashboardJob, Stats

_NEWEST = 12  # jobs of each state
_POINTS = 180  # of the charts, about a second apart


@dataclass(frozen=True, slots=True)
class Latency:
    """Median seconds that the newest PDFs took: in the queue, at a worker, and in total."""

    waited: float | None = None
    rendered: float | None = None
    total: float | None = None


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
        view = self._monitor.dashboard(_NEWEST)
        samples = self._history.read()
        wait, completion = latest_quantiles(samples, view.now)
        synchronous = self._sync_log.figures()
        snapshot = {
            "stats": asdict(stats),
            "latency": asdict(_latency(view.jobs)) | {"wait": asdict(wait), "completion": asdict(completion)},
            "endpoints": {"synchronous": asdict(synchronous) if synchronous else None},
            "workers": [asdict(worker) for worker in view.workers],
            "jobs": [asdict(job) for state in JobState for job in _of(view.jobs, state)[:_NEWEST]],
            "trail": trail(samples, view.now, points=_POINTS),
        }
        return compact(snapshot)


def _of(jobs: list[DashboardJob], state: JobState) -> list[DashboardJob]:
    return [job for job in jobs if job.state is state]


def _latency(jobs: list[DashboardJob]) -> Latency:
    times = [(job.waited, job.rendered or 0.0) for job in _of(jobs, JobState.COMPLETED)]
    if not times:
        return Latency()
    waited, rendered = zip(*times, strict=True)
    return Latency(median(waited), median(rendered), median(map(sum, times)))


def compact(snapshot: Mapping[str, object]) -> bytes:
    """Return short JSON, with floats rounded to the millisecond, for up to thirty polls a second."""
    rounded = json.loads(json.dumps(snapshot), parse_float=lambda digits: round(float(digits), 3))
    return json.dumps(rounded, separators=(",", ":")).encode()
