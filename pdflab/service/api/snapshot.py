"""What the dashboard polls: the numbers, the workers, the newest jobs and the last minutes, in one answer.

Read next: dashboard/dashboard.js.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from statistics import median
from typing import Any

from pdflab.jobs import JobState
from pdflab.service.jobqueue.base import Monitor, Stats
from pdflab.service.jobqueue.dashboard_view import DashboardJob

_NEWEST = 12  # jobs of each state
_TRAIL = 180  # points of the chart, about a second from each other
_SECOND = 0.9  # looks come every half second at most: the next one may be a little early

Point = tuple[float, int, int]  # instant, queued, completed since the beginning


class Snapshot:
    """Takes snapshots, and remembers the last minutes: all viewers see one chart, from its beginning."""

    def __init__(
        self, monitor: Monitor, stats: Callable[[], Stats], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._monitor = monitor
        self._stats = stats
        self._clock = clock
        self._trail: deque[Point] = deque(maxlen=_TRAIL + 1)

    def take(self) -> bytes:
        """Look at everything; return it as JSON, made once for all viewers. Raises BrokerUnavailable."""
        stats = self._stats()
        view = self._monitor.dashboard(_NEWEST)
        self._remember(stats)
        look = {
            "stats": asdict(stats),
            "latency": _latency(view.jobs),
            "workers": [asdict(worker) for worker in view.workers],
            "jobs": [asdict(job) for state in JobState for job in _of(view.jobs, state)[:_NEWEST]],
            "trail": self._told_trail(),
        }
        return json.dumps(_short(look), separators=(",", ":")).encode()

    def _remember(self, stats: Stats) -> None:
        now = self._clock()
        if not self._trail or now - self._trail[-1][0] >= _SECOND:
            self._trail.append((now, stats.queued, stats.completed))

    def _told_trail(self) -> list[list[float]]:
        """Return each point as seconds ago, jobs QUEUED, PDFs a second since the point before."""
        now = self._clock()
        return [
            [now - at, queued, max(completed - earlier, 0) / (at - before)]
            for (before, _, earlier), (at, queued, completed) in pairwise(self._trail)
        ]


def _of(jobs: list[DashboardJob], state: JobState) -> list[DashboardJob]:
    return [job for job in jobs if job.state is state]


def _latency(jobs: list[DashboardJob]) -> dict[str, float | None]:
    """Return what the newest PDFs took, half of them less: in the line, at a worker, both together."""
    done = [(job.waited, job.rendered or 0.0) for job in _of(jobs, JobState.COMPLETED)]
    if not done:
        return dict.fromkeys(("waited", "rendered", "total"))
    waited, rendered = zip(*done, strict=True)
    return {"waited": median(waited), "rendered": median(rendered), "total": median(map(sum, done))}


def _short(value: Any) -> Any:
    """Round to the millisecond: a snapshot goes to thirty viewers every second."""
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {key: _short(item) for key, item in value.items()}
        case list():
            return [_short(item) for item in value]
        case _:
            return value
