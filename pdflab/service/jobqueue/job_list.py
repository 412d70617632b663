"""The list of jobs in pages, and the search in it: from the indexes by state, without one more index.

Read next: pdflab/service/jobqueue/scripts.py.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import chain
from typing import Any

import redis

from pdflab.errors import InvalidRequest
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.dashboard_view import JobList, JobPage
from pdflab.service.jobqueue.scripts import RedisScripts

_CHUNK = 500  # records in one read
_MOST_SEARCHED = 5_000  # records that one page of a search looks at
_FIELDS = [*(field.name for field in fields(Job))]
_INDEXES = {
    JobState.QUEUED: ("pdf_jobs_waiting", "pdf_jobs_delayed"),
    JobState.PROCESSING: ("pdf_jobs_leases",),
    JobState.COMPLETED: ("pdf_jobs_completed",),
    JobState.FAILED: ("pdf_jobs_failed",),
}
_ALL = [*chain.from_iterable(_INDEXES.values())]

_Place = tuple[float, str]  # in an index: score and job id
_Entry = tuple[Job, str, _Place]  # a job, its index, and its place there


class RedisJobList(RedisScripts, JobList):
    """Reads records, and lists of them."""

    def page(
        self,
        state: JobState | None = None,
        limit: int = 50,
        *,
        before: str = "",
        wanted: Callable[[Job], bool] = lambda job: True,
    ) -> JobPage:
        """Return up to `limit` jobs of one state or of all; `before` is `next` of the page before.

        QUEUED jobs come in the order of the queue, ended ones newest first, and those of all states by
        their last change, newest first. Raises InvalidRequest for a `before` that no page had.
        """
        places = _places(before)
        entries = self._entries(state, places, min(limit + 1, _CHUNK))
        jobs: dict[str, Job] = {}
        searched = 0
        for job, index, place in entries:
            searched += 1
            places[index] = place
            if state in (None, job.state) and wanted(job):
                jobs[job.job_id] = job
            if len(jobs) == limit or searched == _MOST_SEARCHED:
                break
        more = next(entries, None) is not None
        return JobPage([*jobs.values()], _text(places) if more else None, searched)

    def kept(self) -> dict[JobState, int]:
        """Return how many jobs of each state there are, not counting those that expired."""
        with self._errors():
            pipeline = self._redis.pipeline(transaction=False)
            for index in _ALL:
                pipeline.zcard(index)
            counts = dict(zip(_ALL, pipeline.execute(), strict=True))
        return {state: sum(counts[index] for index in indexes) for state, indexes in _INDEXES.items()}

    def _entries(self, state: JobState | None, places: dict[str, _Place], chunk: int) -> Iterator[_Entry]:
        newest_first = state is None or state.is_ending
        indexes = [
            self._entries_of(index, places.get(index), chunk, newest_first=newest_first)
            for index in (_INDEXES[state] if state else _ALL)
        ]
        if state:
            return chain.from_iterable(indexes)
        return heapq.merge(*indexes, key=lambda entry: -_changed_at(entry[0]))

    def _entries_of(
        self, index: str, after: _Place | None, chunk: int, *, newest_first: bool
    ) -> Iterator[_Entry]:
        first = self._rank_after(index, after, newest_first=newest_first) if after else 0
        while True:
            with self._errors():
                found: Any = self._redis.zrange(
                    index, first, first + chunk - 1, desc=newest_first, withscores=True
                )
            if not found:
                return
            jobs = {job.job_id: job for job in self._records([job_id for job_id, _ in found])}
            yield from (
                (jobs[job_id], index, (float(score), job_id)) for job_id, score in found if job_id in jobs
            )
            first, chunk = first + len(found), _CHUNK

    def _rank_after(self, index: str, place: _Place, *, newest_first: bool) -> int:
        """Return the rank behind a place, even if its job has left the index meanwhile."""
        score, job_id = place
        beyond = (f"({score!r}", "+inf") if newest_first else ("-inf", f"({score!r}")
        with self._errors():
            pipeline = self._redis.pipeline(transaction=False)
            (pipeline.zrevrank if newest_first else pipeline.zrank)(index, job_id)
            pipeline.zcount(index, *beyond)
            rank, count = pipeline.execute()
        return int(count if rank is None else rank + 1)

    def _records(self, job_ids: Sequence[str], *, request: bool = False) -> list[Job]:
        """Return those records that exist and are whole, in one round trip."""
        names = [name for name in _FIELDS if request or name != "request"]
        with self._errors():
            pipeline = self._redis.pipeline(transaction=False)
            for job_id in job_ids:
                pipeline.hmget(f"pdf_jobs:{job_id}", names)
            records: Any = pipeline.execute(raise_on_error=False)
            found = [_job(names, record) for record in records]
        return [job for job in found if job]


def _job(names: list[str], values: list[str | None] | redis.RedisError) -> Job | None:
    """Return the job of a record, or None if it was deleted or damaged: a sweep ends it."""
    if isinstance(values, redis.RedisError):
        if "WRONGTYPE" in str(values):
            return None
        raise values
    try:
        return Job.from_record({n: v for n, v in zip(names, values, strict=True) if v is not None})
    except (KeyError, ValueError):
        return None


def _changed_at(job: Job) -> float:
    return job.history[-1][1] if job.history else job.queued_at


def _text(places: dict[str, _Place]) -> str:
    return ",".join(f"{_ALL.index(index)}:{score!r}:{job_id}" for index, (score, job_id) in places.items())


def _places(text: str) -> dict[str, _Place]:
    try:
        parts = [part.split(":", 2) for part in text.split(",") if part]
        return {_ALL[int(index)]: (float(score), job_id) for index, score, job_id in parts}
    except (ValueError, IndexError):
        raise InvalidRequest([("", "before must be the value of `next` in an earlier answer.")]) from None
