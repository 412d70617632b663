"""The figures of the synchronous endpoint, from the events in its log; it has no queue to ask.

Read next: pdflab/service/api/history.py.
"""

import json
import os
import re
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from pdflab.jobs import JobState
from pdflab.service.jobqueue.dashboard_view import Quantiles

_WINDOW = 60.0  # seconds: what the percentiles are of
_RATE_WINDOW = 10.0  # seconds, as for the throughput of the queue
_LONGEST = 120.0  # seconds: a rendering that has begun earlier belongs to a process that died
_MOST_PARSED = 256_000  # bytes of a log that has grown by more: the rest is only counted
_MOST_RENDERED = 2_000  # documents of the percentiles
_MOST_SECONDS = 1_000  # of the history
_COMPLETED = re.compile(rb'"state": "COMPLETED", "at": (\d+)')  # as JobEvent writes it


@dataclass(frozen=True, slots=True)
class SyncFigures:
    """The synchronous endpoint at one instant; `rendered` are seconds, over the last minute."""

    throughput: float
    in_progress: int
    completed: int
    failed: int
    rendered: Quantiles


class SyncLog:
    """Reads the log of the synchronous endpoint as it grows."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = Lock()
        self._begin()

    def figures(self) -> SyncFigures | None:
        """Return the present figures; None where there is no log."""
        try:
            with self._lock, self._path.open("rb") as file:
                self._read(file)
        except OSError:
            return None
        now = self._clock()
        recent = [seconds for at, seconds in self._rendered if now - at <= _WINDOW]
        made = sum(now - at <= _RATE_WINDOW for at, _ in self._rendered)
        return SyncFigures(
            throughput=made / _RATE_WINDOW,
            in_progress=sum(now - at <= _LONGEST for at in self._begun.values()),
            completed=self._completed,
            failed=self._failed,
            rendered=Quantiles.of(recent),
        )

    def completed_at(self, instants: Sequence[float]) -> list[int | None]:
        """Return how many documents were completed before the second of each instant of the last minutes.

        None where there is no log. It has been read up to the last call of `figures`.
        """
        with self._lock:
            seconds, counts = [*self._per_second], [*self._per_second.values()]
            earlier = self._completed - sum(counts)
            known = self._offset > 0
        sums = [*accumulate(counts, initial=earlier)]
        return [sums[bisect_left(seconds, int(at))] if known else None for at in instants]

    def _begin(self) -> None:
        self._per_second: dict[int, int] = {}  # how many were completed in each, in order
        self._offset = self._completed = self._failed = 0
        self._begun: dict[str, float] = {}
        self._rendered: deque[tuple[float, float]] = deque(maxlen=_MOST_RENDERED)  # instant, seconds

    def _read(self, file: BinaryIO) -> None:
        if file.seek(0, os.SEEK_END) < self._offset:  # another log has taken its place
            self._begin()
        file.seek(self._offset)
        while new := file.read(1_000_000):
            whole = new[: new.rfind(b"\n") + 1]
            if not whole:
                return
            self._offset += len(whole)
            file.seek(self._offset)
            self._completed += self._count(whole)
            self._failed += whole.count(b'"state": "FAILED"')
            for line in whole[-_MOST_PARSED:].split(b"\n")[len(whole) > _MOST_PARSED : -1]:
                with suppress(ValueError, KeyError, TypeError):  # damaged, or of another version
                    self._note(json.loads(line))

    def _count(self, lines: bytes) -> int:
        seconds = Counter(map(int, _COMPLETED.findall(lines)))
        counts = Counter(self._per_second) + seconds
        self._per_second = dict(sorted(counts.items())[-_MOST_SECONDS:])
        return seconds.total()

    def _note(self, event: dict[str, str]) -> None:
        job_id, at = event["job_id"], float(event["at"])
        if event["state"] == JobState.PROCESSING:
            self._begun[job_id] = at
            return
        begun_at = self._begun.pop(job_id, None)
        if begun_at is not None and event["state"] == JobState.COMPLETED:
            self._rendered.append((at, at - begun_at))
