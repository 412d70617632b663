"""`pdflab soak`: many small jobs through a private system, to see whether a long life leaves anything behind.

Ended jobs are kept for a few seconds only, so that records and files have come and gone before the first
tenth is over. From then on all has to stay as it is: what each process holds, and how long a look takes.
Read next: lab/system.py.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from pdflab.errors import PdfLabError
from pdflab.lab.system import System
from pdflab.settings import Settings

ROWS = 10
_BATCH = 500
_LINE = 500  # jobs: with fewer waiting, the next batch is sent
_RETENTION = 5.0
_GLANCE = 0.05
_SAMPLE = 1.0  # seconds between two samples: each finds /stats with a snapshot that is too old
_STUCK = 60.0  # seconds without a single ending
_GROWTH, _SLACK_MB = 0.05, 3.0  # what may be noise: pools of memory, more records in a quicker moment
_SLOWER = 1.5
_PARTS = {"redis": "", "worker": "pdflab worker", "api": "pdflab api", "recorder": "pdflab recorder"}


@dataclass(frozen=True, slots=True)
class Row:
    """What was seen in a tenth of the run, as medians: megabytes (None: unknown), and milliseconds of a look.

    `redis` is what its data take; a worker, the API and the recorder are resident sets.
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
        """Return the row as a line of a table."""
        sizes = (self.redis, self.worker, self.api, self.recorder)
        cells = ["–" if size is None else f"{size:.1f}" for size in sizes]
        return "".join(
            f"{cell:>10}"
            for cell in (f"{self.jobs:,}", f"{self.seconds:.0f}", *cells, f"{self.stats_ms:.1f}")
        )


HEAD = "".join(f"{name:>10}" for name in ("jobs", "seconds", *(f"{part} MB" for part in _PARTS), "/stats ms"))


def soak(jobs: int) -> Generator[Row, None, None]:
    """Run so many jobs, and return a row for each tenth that has ended.

    Raises PdfLabError when one fails, or none ends any more.
    """
    folder = Path(tempfile.mkdtemp(prefix="pdflab-"))
    settings = Settings(folder=folder, port=0, sync_port=0, retention=_RETENTION)
    try:
        system = System(settings, temporary=folder)
        try:
            yield from _rows(system, jobs)
        finally:
            system.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def verdict(rows: list[Row]) -> dict[str, Any]:
    """Compare the last tenth with the second: growth in megabytes and as a share, and how slow a look is."""
    first, last = rows[min(1, len(rows) - 1)], rows[-1]
    growth = {
        part: round(getattr(last, part) - getattr(first, part), 2) for part in _PARTS if getattr(first, part)
    }
    shares = {part: round(mb / getattr(first, part), 3) for part, mb in growth.items()}
    flat = all(mb <= _SLACK_MB or shares[part] <= _GROWTH for part, mb in growth.items())
    slower = round(last.stats_ms / first.stats_ms, 2)
    return {
        "jobs": last.jobs,
        "growth_mb": growth,
        "growth": shares,
        "flat": flat,
        "stats_slower": slower,
        "stats_as_fast": slower <= _SLOWER,
        "rows": [asdict(row) for row in rows],
    }


def sentences(told: dict[str, Any]) -> Iterator[str]:
    """Say what the verdict is."""
    grown = ", ".join(
        f"{part} {mb:+.1f} MB ({told['growth'][part]:+.1%})" for part, mb in told["growth_mb"].items()
    )
    yield f"{'flat' if told['flat'] else 'NOT FLAT'} after the first tenth: {grown}"
    fast = "as fast" if told["stats_as_fast"] else "NOT AS FAST"
    yield f"GET /stats {fast} at the end as at the start: {told['stats_slower']} times as long"


def _rows(system: System, jobs: int) -> Iterator[Row]:
    line, began = _Line(system, jobs), time.monotonic()
    for tenth in range(1, ROWS + 1):
        samples: dict[str, list[float]] = defaultdict(list)
        while not samples or line.ended < jobs * tenth // ROWS:
            line.work(until=jobs * tenth // ROWS)
            for name, value in _sample(system):
                samples[name].append(value)
        seen = {name: median(values) for name, values in samples.items()}
        redis, worker, api, recorder = (seen.get(part) for part in _PARTS)
        yield Row(line.ended, time.monotonic() - began, redis, worker, api, recorder, seen["stats_ms"])


class _Line:
    """Keeps the line fed, and short."""

    def __init__(self, system: System, jobs: int) -> None:
        self.ended = 0
        self._system = system
        self._left = jobs
        self._moved_at = time.monotonic()

    def work(self, *, until: int) -> None:
        """Feed for a second, or until so many jobs have ended. Raises PdfLabError when none ends any more."""
        deadline = time.monotonic() + _SAMPLE
        while self.ended < until and time.monotonic() < deadline:
            self._system.check()
            stats = self._system.queue.stats()
            if self._left and stats.queued < _LINE:
                self._send(min(_BATCH, self._left))
            if stats.failed:
                raise PdfLabError(f"{stats.failed} jobs FAILED: what is measured is no PDF being made.")
            self._look(stats.completed)
            time.sleep(_GLANCE)

    def _send(self, number: int) -> None:
        requests = [
            {"type": "custom", "title": "Soak", "text": f"{self._left - n:,} to go"} for n in range(number)
        ]
        _ask(self._system.url, "POST", "/generate-pdf/batch", {"requests": requests})
        self._left -= number

    def _look(self, ended: int) -> None:
        now = time.monotonic()
        if ended > self.ended:
            self.ended, self._moved_at = ended, now
        elif now - self._moved_at > _STUCK:
            logs = self._system.settings.folder / "logs"
            raise PdfLabError(f"No job has ended for {_STUCK:g} s; the logs in {logs} may say why.")


def _sample(system: System) -> Iterator[tuple[str, float]]:
    """Look at every process, at Redis' data, and at how long a look takes."""
    began = time.perf_counter()
    _ask(system.url, "GET", "/stats")
    yield "stats_ms", 1_000 * (time.perf_counter() - began)
    if not system.broker.embedded:  # it has no INFO
        memory: Any = system.broker.client().info("memory")
        yield "redis", memory["used_memory"] / 2**20
    listed = subprocess.run(
        ["ps", "-axo", "ppid=,rss=,args="], capture_output=True, text=True, check=True
    ).stdout
    for ppid, rss, words in (row.split(maxsplit=2) for row in listed.splitlines()):
        for part, role in _PARTS.items():
            if int(ppid) == os.getpid() and role and role in words:
                yield part, int(rss) / 1024


def _ask(url: str, method: str, path: str, body: Any = None) -> None:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status not in (200, 202):
        raise PdfLabError(f"{path} answered {answer.status}: {told.decode()[:200]}")
