"""The API's side of the queue, over Redis.

Read next: pdflab/service/jobqueue/consumer.py.
"""

import hashlib
import math
from collections.abc import Sequence

from pdflab.errors import KeyReused, QueueFull, RequestGone
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import Producer, Submission, new_id
from pdflab.service.jobqueue.operator import RedisOperator

_DEFAULT_RETRY_AFTER = 5  # seconds, until the first job has been measured
_MAX_RETRY_AFTER = 600


class RedisProducer(RedisOperator, Producer):
    """Accepts and cancels jobs in Redis."""

    def enqueue(self, submissions: Sequence[Submission]) -> list[str]:
        """Accept jobs, all or none, in one round trip, and return their ids.

        A known idempotency key returns the id of the job that was accepted with it. Raises KeyReused
        when that job was another document, and QueueFull when there is no room for all of them.
        """
        fields = [field for submission in submissions for field in _fields(submission)]
        limits = self._settings.queue_limit, self._settings.queue_bytes
        verdict, *answer = self._run("enqueue", *limits, *fields)
        if verdict == "full":
            raise _queue_full(*(float(number) for number in answer))
        if verdict == "gone":
            raise RequestGone(answer[0])
        if verdict == "reused":
            raise KeyReused(
                "This Idempotency-Key was used for another document; take a new key for a new one."
            )
        return list(answer[0])

    def retry(self, failed: Sequence[Job]) -> list[str]:
        """Enqueue FAILED jobs again, as new jobs, all or none. A second retry of a job changes nothing.

        Raises RequestGone for a single job whose request is no longer kept.
        """
        again = [Submission(new_id(), retry_of=job.job_id) for job in failed]
        while len(again) > 1:
            try:
                return self.enqueue(again)
            except RequestGone as gone:  # it has expired meanwhile, and keeps no other from its retry
                again = [submission for submission in again if submission.retry_of != gone.job_id]
        return self.enqueue(again) if again else []

    def cancel(self, job_id: str) -> JobState | None:
        """End a QUEUED job as FAILED. Return the state it was found in, or None for an unknown job."""
        state = self._run("cancel", job_id)
        return JobState(state) if state else None


def _fields(s: Submission) -> tuple[str, ...]:
    fingerprint = s.fingerprint
    if s.idempotency_key and not fingerprint:
        fingerprint = hashlib.sha256(s.request.encode()).hexdigest()
    return s.job_id, s.kind, s.request, s.title, s.idempotency_key, fingerprint, s.retry_of


def _queue_full(waiting: float, busy: float, completed: float, workers: float, held: float) -> QueueFull:
    """Estimate when the queue will be empty: jobs waiting × mean service time ÷ workers."""
    seconds = waiting * busy / completed / max(workers, 1) if completed else _DEFAULT_RETRY_AFTER
    retry_after = min(max(math.ceil(seconds), 1), _MAX_RETRY_AFTER)
    return QueueFull(
        f"The queue is full: {waiting:,.0f} jobs are waiting, and {held / 1e6:,.0f} MB of requests are kept. "
        f"Try again in about {retry_after} s.",
        retry_after=retry_after,
    )
