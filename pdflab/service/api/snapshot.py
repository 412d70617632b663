"""The snapshot that the dashboard polls: statistics, workers, newest jobs and the last minutes.

The page that polls it is pdflab/service/dashboard/dashboard.js.
Read next: pdflab/service/jobqueue/dashboard_view.py.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median

from pdflab.jobs import JobState
from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import DashboardJob, Stats

_NEWEST = 12  # jobs of each state
_POINTS = 180  # of the charts, about a second apart
_POINT_INTERVAL = 0.9  # seconds; snapshots come at most every half second, sometimes a little early


@dataclass(frozen=True, slots=True)
class Latency:
    """Median seconds that the newest PDFs took: in the queue, at a worker, and in total."""

    waited: float | None = None
    rendered: float | None = None
    total: float | None = None


class Snapshots:
    """Takes snapshots and remembers the last minutes, so that all viewers see the same chart."""

    def __init__(
        self, monitor: Monitor, stats: Callable[[], Stats], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._monitor = monitor
        self._stats = stats
        self._clock = clock
        self._history: deque[tuple[float, int, int]] = deque(maxlen=_POINTS + 1)  # instant, queued, completed

    def take(self) -> bytes:
        """Return a snapshot as JSON, encoded once for all viewers. Raises BrokerUnavailable."""
        stats = self._stats()
        view = self._monitor.dashboard(_NEWEST)
        self._remember(stats)
        snapshot = {
            "stats": asdict(stats),
            "latency": asdict(_latency(view.jobs)),
            "workers": [asdict(worker) for worker in view.workers],
            "jobs": [asdict(job) for state in JobState for job in _of(view.jobs, state)[:_NEWEST]],
            "trail": self._trail(),
        }
        return _compact(snapshot)

    def _remember(self, stats: Stats) -> None:
        now = self._clock()
        if not self._history or now - self._history[-1][0] >= _POINT_INTERVAL:
            self._history.append((now, stats.queued, stats.completed))

    def _trail(self) -> list[tuple[float, int, float]]:
        """Return the points of the charts: seconds ago, jobs QUEUED, PDFs a second since the last point."""
        now = self._clock()
        return [
            (now - at, queued, max(completed - earlier, 0) / (at - before))
            for (before, _, earlier), (at, queued, completed) in pairwise(self._history)
        ]


def _of(jobs: list[DashboardJob], state: JobState) -> list[DashboardJob]:
    return [job for job in jobs if job.state is state]


def _latency(jobs: list[DashboardJob]) -> Latency:
    times = [(job.waited, job.rendered or 0.0) for job in _of(jobs, JobState.COMPLETED)]
    if not times:
        return Latency()
    waited, rendered = zip(*times, strict=True)
    return Latency(median(waited), median(rendered), median(map(sum, times)))


def _compact(snapshot: Mapping[str, object]) -> bytes:
    """Return short JSON, with floats rounded to the millisecond, for up to thirty polls a second."""
    rounded = json.loads(json.dumps(snapshot), parse_float=lambda digits: round(float(digits), 3))
    return json.dumps(rounded, separators=(",", ":")).encode()
