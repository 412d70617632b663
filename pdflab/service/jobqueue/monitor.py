"""Looking at the queue without changing it: jobs, events, workers, the whole at one instant.

Read next: service/jobqueue/jobqueue.py, which changes it and tells what the keys mean.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from typing import Any

import redis
from redis.exceptions import NoScriptError

from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Job, JobEvent, JobState

QUEUE = "pdf_jobs_queue"
EVENTS = "pdf_jobs_events"
_PAGE = 500  # records that are read at once
_LISTS = {
    JobState.QUEUED: ("pdf_jobs_waiting", "pdf_jobs_delayed"),
    JobState.PROCESSING: ("pdf_jobs_leases",),
    JobState.COMPLETED: ("pdf_jobs_completed",),
    JobState.FAILED: ("pdf_jobs_failed",),
}


@dataclass(frozen=True, slots=True)
class Stats:
    """The whole at one instant. Jobs by state, ages in seconds, throughput in PDFs a second.

    `busy` are the seconds that workers have spent on COMPLETED jobs since the beginning; `fenced` counts
    the completions that were refused because their token was stale.
    """

    queued: int
    processing: int
    completed: int
    failed: int
    pdf_count: int
    queue_depth: int
    oldest_age: float
    workers: int
    throughput: float
    events: int
    fenced: int
    busy: float


class QueueView:
    """What can be read. Every method raises BrokerUnavailable when Redis does not answer."""

    def __init__(self, client: "redis.Redis", *, steps: Sequence[str], clock_offset: float = 0.0) -> None:
        self._redis = client
        self.clock_offset = clock_offset  # seconds; only tests set it
        folder = files("pdflab.service.jobqueue") / "lua"
        common = (folder / "common.lua").read_text()
        self._scripts = {
            step: client.register_script(common + (folder / f"{step}.lua").read_text())
            for step in (*steps, "stats")
        }

    def get(self, job_id: str) -> Job | None:
        """Read one job, or None when there is no record of it."""
        return next(iter(self._records([job_id])), None)

    def place(self, job_id: str) -> int | None:
        """Tell a job's place in the line, 1 being the next one out; None if it does not wait."""
        with our_errors():
            rank: Any = self._redis.zrank("pdf_jobs_waiting", job_id)
        return None if rank is None else rank + 1

    def jobs(self, state: JobState, limit: int) -> list[Job]:
        """List up to `limit` jobs of one state: those that wait in order, those that ended newest first."""
        with our_errors():
            ids = [job_id for key in _LISTS[state] for job_id in self._first(key, limit, state.is_ending)]
        return [job for job in self._records(ids[:limit]) if job.state is state]

    def dead_letters(self) -> Iterator[Job]:
        """Return the jobs that FAILED and that somebody could want again, oldest first, a page at a time.

        Those that a user cancelled, or that have been tried again, are none.
        """
        for first in count(0, _PAGE):
            with our_errors():
                ids: Any = self._redis.zrange("pdf_jobs_failed", first, first + _PAGE - 1)
            if not ids:
                return
            yield from (job for job in self._records(ids) if job.is_dead_letter)

    def all_jobs(self) -> list[Job]:
        """Read every record there is: for saving them, not for a running system."""
        with our_errors():
            keys = list(self._redis.scan_iter("pdf_jobs:*", count=1000))
        return self._records([key.removeprefix("pdf_jobs:") for key in keys])

    def events(self, after: str = "0", limit: int = 1000) -> tuple[list[JobEvent], bool]:
        """Read the events after a stream id, and whether some between had already been trimmed away."""
        with our_errors():
            entries: Any = self._redis.xrange(EVENTS, f"({after}" if after != "0" else "-", "+", count=limit)
            first: Any = self._redis.xrange(EVENTS, count=1)
        trimmed = bool(first) and int(first[0][1]["number"]) > 1 and _before(after, first[0][0])
        return [JobEvent.from_fields(fields, event_id) for event_id, fields in entries], trimmed

    def follow(self, after: str, timeout: float) -> list[JobEvent]:
        """Wait up to `timeout` seconds for events after a stream id."""
        with our_errors():
            answer: Any = self._redis.xread({EVENTS: after}, count=1000, block=round(timeout * 1000))
        entries = answer[0][1] if answer else []
        return [JobEvent.from_fields(fields, event_id) for event_id, fields in entries]

    def last_event(self) -> JobEvent | None:
        """Read the newest event, or None when nothing has ever happened."""
        with our_errors():
            entries: Any = self._redis.xrevrange(EVENTS, count=1)
        return JobEvent.from_fields(entries[0][1], entries[0][0]) if entries else None

    def workers(self) -> list[dict[str, Any]]:
        """Return what each worker in the registry does and since when."""
        with our_errors():
            ids: Any = self._redis.zrange("pdf_jobs_workers", 0, -1)
            doing: Any = self._redis.mget([f"pdf_jobs_worker:{worker}" for worker in ids]) if ids else []
        return [
            json.loads(text) | {"worker": worker} for worker, text in zip(ids, doing, strict=True) if text
        ]

    def stats(self, window: float = 10.0) -> Stats:
        """Look at the whole at one instant; throughput is over the last `window` seconds."""
        flat, queued, processing, depth, kept, workers, age, throughput = self._run("stats", window)
        counts = _pairs(flat)
        return Stats(
            queued=queued,
            processing=processing,
            completed=int(counts.get("COMPLETED", 0)),
            failed=int(counts.get("FAILED", 0)),
            pdf_count=kept,
            queue_depth=depth,
            oldest_age=float(age),
            workers=workers,
            throughput=float(throughput),
            events=int(counts.get("events", 0)),
            fenced=int(counts.get("fenced", 0)),
            busy=float(counts.get("busy", 0)),
        )

    def prepare(self) -> None:
        """Load every step into Redis, so that the first use of each is as quick as the others."""
        with our_errors():
            for script in self._scripts.values():
                self._redis.script_load(script.script)

    def ping(self) -> None:
        """Make sure that Redis answers."""
        with our_errors():
            self._redis.ping()

    def _first(self, key: str, limit: int, newest: bool) -> list[str]:
        ids: Any = self._redis.zrange(key, 0, limit - 1, desc=newest)
        return list(ids)

    def _records(self, job_ids: Sequence[str]) -> list[Job]:
        """Read the records that there are, in one round trip."""
        with our_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for job_id in job_ids:
                pipeline.hgetall(f"pdf_jobs:{job_id}")
            records: Any = pipeline.execute()
        return [Job.from_record(record) for record in records if "state" in record]

    def _run(self, step: str, *arguments: Any) -> Any:
        script, told = self._scripts[step], (self.clock_offset, *arguments)
        with our_errors():
            try:
                return self._redis.evalsha(script.sha, 0, *told)
            except NoScriptError:  # this Redis has just been started
                return script(args=told)


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what redis-py raises into our one error."""
    try:
        yield
    except redis.RedisError as error:  # away, busy loading, read-only, out of memory or of disk
        raise BrokerUnavailable(f"Redis did not do it ({error}); it is tried again.") from error


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _before(one: str, other: str) -> bool:
    return _position(one) < _position(other)


def _position(event_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = event_id.partition("-")
    return int(milliseconds), int(sequence or 0)
