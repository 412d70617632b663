"""What operators do to the queue in Redis: pause and resume it, and end, dismiss or remove many jobs.

Each method that changes many jobs does so in chunks, so that no other client waits for long.
Read next: pdflab/service/jobqueue/scripts.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pdflab.jobs import JobState
from pdflab.service.jobqueue.dashboard_view import Operator
from pdflab.service.jobqueue.scripts import QUEUE, RedisScripts

ENDED = (JobState.COMPLETED, JobState.FAILED)
_PAUSED = "pdf_jobs_paused"
_CHUNK = 200  # jobs that one step ends


class RedisRetention(RedisScripts):
    """Lists ended jobs whose time is over, and removes them once their files have been deleted."""

    def list_expired(self, limit: int = 500) -> list[str]:
        """Return jobs whose retention is over; the caller deletes their files, then calls `forget`."""
        return self.list_ended(ENDED, older_than=self._settings.retention, limit=limit)

    def list_ended(
        self, states: Sequence[JobState], *, older_than: float = 0.0, limit: int = 500
    ) -> list[str]:
        """Return jobs that ended in these states so many seconds ago, up to `limit` of each, oldest first."""
        return list(self._run("list_ended", older_than, limit, *states))

    def forget(self, job_ids: Sequence[str]) -> None:
        """Remove ended jobs whose files have been deleted, each with its record and idempotency key."""
        self._run("forget", *job_ids)


class RedisOperator(RedisRetention, Operator):
    """Changes the whole queue in Redis."""

    def pause(self) -> None:
        """Let no worker begin a job until `resume`. Jobs are accepted, and running ones finish.

        Workers find an empty list: the QUEUED jobs are still in pdf_jobs_waiting, in their order.
        """
        with self._errors():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.set(_PAUSED, 1)
            pipeline.delete(QUEUE)
            pipeline.execute()

    def resume(self) -> None:
        """Let workers begin jobs again: the list is filled from pdf_jobs_waiting."""
        self._run("resume")

    def cancel_queued(self) -> Iterator[int]:
        """End all jobs that are QUEUED now as FAILED, oldest first; yield the count of each chunk."""
        with self._errors():
            newest: Any = self._redis.get("pdf_jobs_sequence")
        while count := int(self._run("drop_queued", newest or 0, _CHUNK)):
            yield count

    def dismiss(self, job_ids: Sequence[str]) -> int:
        """Let FAILED jobs be dead letters no more, and return how many are FAILED. Their records stay."""
        return int(self._run("dismiss", *job_ids))

    def count_answers(self, counts: Mapping[str, int]) -> None:
        """Add to the counts of `invalid` and `unavailable` answers."""
        for name, difference in counts.items():
            self._repairing(lambda: self._redis.hincrby("pdf_jobs_counts", name, difference))  # noqa: B023

    def now(self) -> float:
        """Return the present instant, by the clock of Redis, as events have it."""
        with self._errors():
            seconds, microseconds = self._redis.time()  # type: ignore[misc]
        return float(seconds + microseconds / 1e6 + self.clock_offset)
