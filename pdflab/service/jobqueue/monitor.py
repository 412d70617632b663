"""The monitor of the queue, over Redis: it reads jobs, events, workers and statistics.

Read next: pdflab/service/jobqueue/job_list.py, then pdflab/service/jobqueue/dashboard_view.py.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

from pdflab.jobs import Job, JobEvent
from pdflab.service.jobqueue.base import Monitor, WorkerStatus
from pdflab.service.jobqueue.dashboard_view import (
    COLUMNS,
    SAMPLES,
    DashboardWorker,
    Sample,
    Stats,
    workers_at,
)
from pdflab.service.jobqueue.job_list import RedisJobList
from pdflab.service.jobqueue.scripts import EVENTS

_PAGE = 500  # records in one read
_HISTORY = "pdf_jobs_history"
_EXPECTED = "pdf_jobs_workers_expected"


class RedisMonitor(RedisJobList, Monitor):
    """Reads the queue in Redis."""

    def get(self, job_id: str) -> Job | None:
        """Return one job with its request, or None if it has no whole record."""
        return next(iter(self._records([job_id], request=True)), None)

    def place(self, job_id: str) -> int | None:
        """Return a job's place in the queue, 1 for the next one; None if it is not in the queue."""
        with self._errors():
            rank: Any = self._redis.zrank("pdf_jobs_waiting", job_id)
        return None if rank is None else rank + 1

    def expire_endless_leases(self) -> None:
        """End the leases that naive workers left: the next sweep puts their jobs back into the queue."""
        with self._errors():
            endless: Any = self._redis.zrangebyscore("pdf_jobs_leases", "+inf", "+inf")
            if endless:
                self._redis.zadd("pdf_jobs_leases", dict.fromkeys(endless, 0), xx=True)

    def dead_letters(self) -> Iterator[Job]:
        """Yield the FAILED jobs that were neither cancelled nor retried, oldest first, page by page."""
        for first in count(0, _PAGE):
            with self._errors():
                ids: Any = self._redis.zrange("pdf_jobs_failed", first, first + _PAGE - 1)
            if not ids:
                return
            yield from (job for job in self._records(ids) if job.is_dead_letter)

    def all_jobs(self) -> list[Job]:
        """Return every record: for saving them, not for a running system."""
        with self._errors():
            keys = list(self._redis.scan_iter("pdf_jobs:*", count=1000))
        return self._records([key.removeprefix("pdf_jobs:") for key in keys])

    def events(self, after: str = "0", limit: int = 1000) -> tuple[list[JobEvent], bool]:
        """Return the events after a stream id, and whether some of them have already been trimmed."""
        with self._errors():
            entries: Any = self._redis.xrange(EVENTS, f"({after}" if after != "0" else "-", "+", count=limit)
            oldest: Any = self._redis.xrange(EVENTS, count=1)
        first = next(iter(_events(oldest)), None)
        trimmed = first is not None and first.number > 1 and _position(after) < _position(first.event_id)
        return _events(entries), trimmed

    def follow(self, after: str, timeout: float) -> list[JobEvent]:
        """Wait up to `timeout` seconds for events after a stream id."""
        with self._errors():
            answer: Any = self._redis.xread({EVENTS: after}, count=1000, block=round(timeout * 1000))
        return _events(answer[0][1]) if answer else []

    def keep_time(self) -> None:
        """Let leases run out while no worker lives; to be called several times in a lease."""
        self._run("keep_time", self._settings.lease)

    def trim_events(self, before: str) -> None:
        """Delete the events before a stream id. Only the recorder does, once its log holds them."""
        with self._errors():
            self._redis.xtrim(EVENTS, minid=before, approximate=False)

    def last_event(self) -> JobEvent | None:
        """Return the newest event, or None when there has never been one."""
        with self._errors():
            entries: Any = self._redis.xrevrange(EVENTS, count=1)
        return next(iter(_events(entries)), None)

    def workers(self) -> list[WorkerStatus]:
        """Return the status of each worker in the registry."""
        with self._errors():
            ids: Any = self._redis.zrange("pdf_jobs_workers", 0, -1)
            texts: Any = self._redis.mget([f"pdf_jobs_worker:{worker}" for worker in ids]) if ids else []
        found = []
        for worker, text in zip(ids, texts, strict=True):
            with suppress(ValueError, TypeError):  # it has expired, or was damaged from outside
                found.append(WorkerStatus(worker, **json.loads(text)))
        return found

    def expect_workers(self, workers: int | None) -> None:
        """Say how many workers there should be, for those who watch; None if nobody can say."""
        with self._errors():
            if workers is None:
                self._redis.delete(_EXPECTED)
            else:
                self._redis.set(_EXPECTED, workers)

    def stats(self, window: float = 10.0) -> Stats:
        """Return statistics, read in one script; throughput is over the last `window` seconds."""
        answer = self._run("stats", window)
        counts, queued, processing, depth, kept, workers, age, throughput, expected, paused = answer
        events, fenced, busy, completed, failed, *answers = map(float, counts)
        cancelled, refused, invalid, unavailable = map(int, answers)
        return Stats(
            queued=queued,
            processing=processing,
            completed=int(completed),
            failed=int(failed),
            pdf_count=kept,
            queue_depth=depth,
            oldest_age=float(age),
            workers=workers,
            throughput=float(throughput),
            events=int(events),
            fenced=int(fenced),
            busy=busy,
            cancelled=cancelled,
            refused=refused,
            invalid=invalid,
            unavailable=unavailable,
            workers_expected=int(expected) if expected.isdecimal() else None,
            paused=bool(paused),
        )

    def dashboard(self) -> list[DashboardWorker]:
        """Return the workers with the jobs that they have."""
        now, claimed, registry = self._run("dashboard")
        return workers_at(float(now), self._settings.lease, claimed, registry)

    def add_sample(self, sample: Sample) -> None:
        """Add a sample to the history. Only the recorder does."""
        self._run("note_sample", SAMPLES, json.dumps(sample))

    def samples(self, after: str = "0") -> tuple[list[Sample], str]:
        """Return the samples of the history after a stream id, and the id to ask for next."""
        begin = f"({after}" if after != "0" else "-"
        entries: Any = self._repairing(lambda: self._redis.xrange(_HISTORY, begin, "+"))
        found = []
        for _, fields in entries:
            with suppress(ValueError, KeyError, TypeError):  # of another version
                sample = json.loads(fields["sample"]) | {"at": float(fields["at"])}
                found.append({name: sample[name] for name in COLUMNS})
        return found, entries[-1][0] if entries else after

    def join_deployment(self, deployment: str, place: str) -> tuple[str, str]:
        """Return the id and the place of the deployment of this Redis: this one, unless it has another."""
        with self._errors():
            self._redis.set("pdf_jobs_deployment", f"{deployment} {place}", nx=True)
            found: Any = self._redis.get("pdf_jobs_deployment")
        theirs, _, where = str(found).partition(" ")
        return theirs, where


def _events(entries: list[tuple[str, dict[str, str]]]) -> list[JobEvent]:
    return [JobEvent.from_fields(fields, event_id) for event_id, fields in entries if "number" in fields]


def _position(event_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = event_id.partition("-")
    return int(milliseconds), int(sequence or 0)
