"""What the dashboard polls: statistics, workers, the newest jobs and the last minutes, in one answer.

Read next: pdflab/service/dashboard/dashboard.js.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from pdflab.jobs import JobState
from pdflab.service.jobqueue.base import Monitor, Stats
from pdflab.service.jobqueue.dashboard_view import DashboardJob, DashboardWorker

_NEWEST = 12  # jobs of each state
_POINTS = 180  # of the charts, about a second from each other
_POINT_INTERVAL = 0.9  # seconds; snapshots come every half second at most, and one may be a little early


@dataclass(frozen=True, slots=True)
class Latency:
    """Median seconds that the newest PDFs took: in the queue, at a worker, and in total."""

    waited: float | None = None
    rendered: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that the dashboard shows.

    `trail` has the points of the charts: seconds ago, jobs QUEUED, PDFs a second since the point before.
    """

    stats: Stats
    latency: Latency
    workers: list[DashboardWorker]
    jobs: list[DashboardJob]
    trail: list[tuple[float, int, float]]


class SnapshotTaker:
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
        newest = [job for state in JobState for job in _of(view.jobs, state)[:_NEWEST]]
        snapshot = Snapshot(stats, _latency(view.jobs), view.workers, newest, self._trail())
        return json.dumps(_rounded(asdict(snapshot)), separators=(",", ":")).encode()

    def _remember(self, stats: Stats) -> None:
        now = self._clock()
        if not self._history or now - self._history[-1][0] >= _POINT_INTERVAL:
            self._history.append((now, stats.queued, stats.completed))

    def _trail(self) -> list[tuple[float, int, float]]:
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


def _rounded(value: Any) -> Any:
    """Round to the millisecond: a snapshot goes to thirty viewers every second."""
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item) for item in value]
        case _:
            return value
