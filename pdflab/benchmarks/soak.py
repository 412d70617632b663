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
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pdflab.child_process import wait_until
from pdflab.errors import PdfLabError
from pdflab.lab.http_client import send_request
from pdflab.lab.system import System
from pdflab.settings import Settings

ROWS = 10
_BATCH = 500
_MIN_QUEUED = 500  # jobs: with fewer, the next batch is sent
_RETENTION = 5.0
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
        parts = (self.redis, self.worker, self.api, self.recorder)
        sizes = ("–" if size is None else f"{size:.1f}" for size in parts)
        cells = (f"{self.jobs:,}", f"{self.seconds:.0f}", *sizes, f"{self.stats_ms:.1f}")
        return "".join(f"{cell:>10}" for cell in cells)


@dataclass(frozen=True, slots=True)
class SoakVerdict:
    """The growth of each part, in megabytes and as a share, and how many times as long GET /stats takes."""

    jobs: int
    growth_mb: dict[str, float]
    growth: dict[str, float]
    flat: bool
    stats_slower: float
    stats_as_fast: bool
    rows: Sequence[Row]

    def sentences(self) -> Iterator[str]:
        """Yield a sentence about memory, and one about GET /stats."""
        grown = (f"{part} {mb:+.1f} MB ({self.growth[part]:+.1%})" for part, mb in self.growth_mb.items())
        yield f"{'flat' if self.flat else 'NOT FLAT'} after the first tenth: {', '.join(grown)}"
        fast = "as fast" if self.stats_as_fast else "NOT AS FAST"
        yield f"GET /stats {fast} at the end as at the start: {self.stats_slower} times as long"


def verdict_of(rows: Sequence[Row]) -> SoakVerdict:
    """Compare the last tenth with the second."""
    first, last = rows[min(1, len(rows) - 1)], rows[-1]
    before = {part: getattr(first, part) for part in _PARTS if getattr(first, part)}
    growth_mb = {part: round(getattr(last, part) - mb, 2) for part, mb in before.items()}
    growth = {part: round(mb / before[part], 3) for part, mb in growth_mb.items()}
    stats_slower = round(last.stats_ms / first.stats_ms, 2)
    return SoakVerdict(
        jobs=last.jobs,
        growth_mb=growth_mb,
        growth=growth,
        flat=all(mb <= _MAX_GROWTH_MB or growth[part] <= _MAX_GROWTH for part, mb in growth_mb.items()),
        stats_slower=stats_slower,
        stats_as_fast=stats_slower <= _MAX_SLOWDOWN,
        rows=rows,
    )


def soak(jobs: int) -> Generator[Row, None, None]:
    """Run so many jobs, and yield a row for each tenth that has ended.

    Raises PdfLabError when a job fails, or when none ends any more.
    """
    folder = Path(tempfile.mkdtemp(prefix="pdflab-"))
    settings = Settings(folder=folder, port=0, sync_port=0, retention=_RETENTION)
    with System(settings, temporary=True) as system:
        ended, began = _run_jobs(system, jobs), time.monotonic()
        for tenth in range(1, ROWS + 1):
            seen = _observe(system, ended, jobs * tenth // ROWS)
            redis, worker, api, recorder = map(seen.get, _PARTS)
            yield Row(next(ended), time.monotonic() - began, redis, worker, api, recorder, seen["stats_ms"])


def _observe(system: System, ended: Iterator[int], jobs: int) -> dict[str, float]:
    """Return the medians of the samples until so many jobs have ended."""
    samples: dict[str, list[float]] = defaultdict(list)
    while not (wait_until(lambda: next(ended) >= jobs, _SAMPLE_INTERVAL) and samples):
        for name, value in _samples(system):
            samples[name].append(value)
    return {name: median(values) for name, values in samples.items()}


def _run_jobs(system: System, left: int) -> Iterator[int]:
    """Keep jobs waiting in the queue, and yield how many have ended. Raises PdfLabError."""
    ended, moved_at = 0, time.monotonic()
    while True:
        system.check()
        stats, now = system.queue.stats(), time.monotonic()
        if stats.failed:
            raise PdfLabError(f"{stats.failed} jobs FAILED, so that nothing was measured; see jobs.log.")
        if left and stats.queued < _MIN_QUEUED:
            number = min(_BATCH, left)
            document = {"type": "custom", "title": "Soak", "text": f"{left:,} to go"}
            _ask(system, "/generate-pdf/batch", body={"requests": number * [document]})
            left -= number
        if stats.completed > ended:
            ended, moved_at = stats.completed, now
        elif now - moved_at > _TIMEOUT:
            logs = system.settings.folder / "logs"
            raise PdfLabError(f"No job has ended for {_TIMEOUT:g} s; the logs in {logs} may say why.")
        yield ended


def _samples(system: System) -> Iterator[tuple[str, float]]:
    """Yield the size of each part, and the time of GET /stats."""
    began = time.perf_counter()
    _ask(system, "/stats")
    yield "stats_ms", 1_000 * (time.perf_counter() - began)
    if not system.broker.embedded:  # it has no INFO
        memory: Any = system.broker.client().info("memory")
        yield "redis", memory["used_memory"] / 2**20
    listed = subprocess.check_output(["ps", "-axo", "ppid=,rss=,args="], text=True)
    for ppid, rss, words in (row.split(maxsplit=2) for row in listed.splitlines()):
        for part, role in _PARTS.items():
            if int(ppid) == os.getpid() and role and role in words:
                yield part, int(rss) / 1024


def _ask(system: System, path: str, *, body: object = None) -> None:
    method = "POST" if body else "GET"
    answer = send_request(system.url, path, method=method, body=body, token=system.token, timeout=30)
    if answer.status not in (200, 202):
        raise PdfLabError(f"{path} answered {answer.status}: {answer.body.decode()[:200]}")
