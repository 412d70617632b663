"""`pdflab soak`: many small jobs through a private system, to see whether anything grows or slows down.

Ended jobs expire after a few seconds, within the first tenth of the run. From then on, the memory of each
process and the time of GET /stats must stay constant.

Read next: pdflab/lab/system.py.
"""

import os
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pdflab.errors import PdfLabError
from pdflab.lab.http_client import send_request
from pdflab.lab.system import System
from pdflab.settings import Settings

ROWS = 10
_BATCH = 500
_MIN_QUEUED = 500  # jobs: with fewer, the next batch is sent
_RETENTION = 5.0
_POLL_INTERVAL = 0.05
_SAMPLE_INTERVAL = 1.0  # seconds: longer than /stats is cached
_TIMEOUT = 60.0  # seconds without a single ending
_MAX_GROWTH, _MAX_GROWTH_MB = 0.05, 3.0  # either may be noise: pools of memory, more records in a fast moment
_MAX_SLOWDOWN = 1.5
_PARTS = {"redis": "", "worker": "pdflab worker", "api": "pdflab api", "recorder": "pdflab recorder"}
HEAD = "".join(f"{name:>10}" for name in ("jobs", "seconds", *(f"{part} MB" for part in _PARTS), "/stats ms"))


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of a tenth of the run: megabytes (None: unknown), and milliseconds of GET /stats.

    `redis` is the size of its data; the others are resident sets.
    """

    jobs: int
    seconds: float
    redis: float | None
    worker: float | None
    api: float | None
    recorder: float | None
    stats_ms: float

    @property
    def text(self) -> str:
        """The row as a line of a table."""
        sizes = ("–" if getattr(self, part) is None else f"{getattr(self, part):.1f}" for part in _PARTS)
        cells = (f"{self.jobs:,}", f"{self.seconds:.0f}", *sizes, f"{self.stats_ms:.1f}")
        return "".join(f"{cell:>10}" for cell in cells)


@dataclass(frozen=True, slots=True)
class SoakVerdict:
    """The last tenth compared with the second: the growth of each part, and the slowdown of GET /stats."""

    rows: Sequence[Row]

    @property
    def growth_mb(self) -> dict[str, float]:
        """Megabytes by which each part grew."""
        first, last = self._compared
        known = (part for part in _PARTS if getattr(first, part))
        return {part: round(getattr(last, part) - getattr(first, part), 2) for part in known}

    @property
    def growth(self) -> dict[str, float]:
        """The growth of each part, as a share of what it had."""
        first, _ = self._compared
        return {part: round(mb / getattr(first, part), 3) for part, mb in self.growth_mb.items()}

    @property
    def flat(self) -> bool:
        """Whether no part grew by more than noise."""
        growth = self.growth
        return all(mb <= _MAX_GROWTH_MB or growth[part] <= _MAX_GROWTH for part, mb in self.growth_mb.items())

    @property
    def stats_slower(self) -> float:
        """How many times as long GET /stats takes."""
        first, last = self._compared
        return round(last.stats_ms / first.stats_ms, 2)

    @property
    def stats_as_fast(self) -> bool:
        """Whether GET /stats is as fast as before."""
        return self.stats_slower <= _MAX_SLOWDOWN

    def sentences(self) -> Iterator[str]:
        """Yield a sentence about memory, and one about GET /stats."""
        growth = self.growth
        grown = ", ".join(f"{part} {mb:+.1f} MB ({growth[part]:+.1%})" for part, mb in self.growth_mb.items())
        yield f"{'flat' if self.flat else 'NOT FLAT'} after the first tenth: {grown}"
        fast = "as fast" if self.stats_as_fast else "NOT AS FAST"
        yield f"GET /stats {fast} at the end as at the start: {self.stats_slower} times as long"

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        names = ("growth_mb", "growth", "flat", "stats_slower", "stats_as_fast")
        figures = {name: getattr(self, name) for name in names}
        return {"jobs": self.rows[-1].jobs} | figures | {"rows": [asdict(row) for row in self.rows]}

    @property
    def _compared(self) -> tuple[Row, Row]:
        return self.rows[min(1, len(self.rows) - 1)], self.rows[-1]


def soak(jobs: int) -> Generator[Row, None, None]:
    """Run so many jobs, and yield a row for each tenth that has ended.

    Raises PdfLabError when a job fails, or when none ends any more.
    """
    folder = Path(tempfile.mkdtemp(prefix="pdflab-"))
    settings = Settings(folder=folder, port=0, sync_port=0, retention=_RETENTION)
    with System(settings, temporary=True) as system:
        yield from _rows(system, jobs)


def _rows(system: System, jobs: int) -> Iterator[Row]:
    feeder, began = _Feeder(system, jobs), time.monotonic()
    for tenth in range(1, ROWS + 1):
        samples: dict[str, list[float]] = defaultdict(list)
        while not samples or feeder.ended < jobs * tenth // ROWS:
            feeder.work(until=jobs * tenth // ROWS)
            for name, value in _samples(system):
                samples[name].append(value)
        seen = {name: median(values) for name, values in samples.items()}
        redis, worker, api, recorder = (seen.get(part) for part in _PARTS)
        yield Row(feeder.ended, time.monotonic() - began, redis, worker, api, recorder, seen["stats_ms"])


class _Feeder:
    """Keeps a few jobs waiting in the queue."""

    def __init__(self, system: System, jobs: int) -> None:
        self.ended = 0
        self._system = system
        self._left = jobs
        self._moved_at = time.monotonic()

    def work(self, *, until: int) -> None:
        """Add jobs for a second, or until so many have ended. Raises PdfLabError when none ends any more."""
        deadline = time.monotonic() + _SAMPLE_INTERVAL
        while self.ended < until and time.monotonic() < deadline:
            self._system.check()
            stats = self._system.queue.stats()
            if self._left and stats.queued < _MIN_QUEUED:
                self._send(min(_BATCH, self._left))
            if stats.failed:
                raise PdfLabError(f"{stats.failed} jobs FAILED, so that nothing was measured; see jobs.log.")
            self._note(stats.completed)
            time.sleep(_POLL_INTERVAL)

    def _send(self, number: int) -> None:
        requests = [
            {"type": "custom", "title": "Soak", "text": f"{self._left - n:,} to go"} for n in range(number)
        ]
        _ask(self._system.url, "/generate-pdf/batch", method="POST", body={"requests": requests})
        self._left -= number

    def _note(self, ended: int) -> None:
        now = time.monotonic()
        if ended > self.ended:
            self.ended, self._moved_at = ended, now
        elif now - self._moved_at > _TIMEOUT:
            logs = self._system.settings.folder / "logs"
            raise PdfLabError(f"No job has ended for {_TIMEOUT:g} s; the logs in {logs} may say why.")


def _samples(system: System) -> Iterator[tuple[str, float]]:
    """Yield the size of each part, and the time of GET /stats."""
    began = time.perf_counter()
    _ask(system.url, "/stats")
    yield "stats_ms", 1_000 * (time.perf_counter() - began)
    if not system.broker.embedded:  # it has no INFO
        memory: Any = system.broker.client().info("memory")
        yield "redis", memory["used_memory"] / 2**20
    command = ["ps", "-axo", "ppid=,rss=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for ppid, rss, words in (row.split(maxsplit=2) for row in listed.splitlines()):
        for part, role in _PARTS.items():
            if int(ppid) == os.getpid() and role and role in words:
                yield part, int(rss) / 1024


def _ask(url: str, path: str, *, method: str = "GET", body: object = None) -> None:
    answer = send_request(url, path, method=method, body=body, timeout=30)
    if answer.status not in (200, 202):
        raise PdfLabError(f"{path} answered {answer.status}: {answer.body.decode()[:200]}")
