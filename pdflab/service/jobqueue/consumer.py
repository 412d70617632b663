"""The worker's side of the queue, over Redis.

Read next: pdflab/service/jobqueue/scripts.py.
"""

import json
from collections.abc import Iterable
from typing import Any

from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import Claim, Consumer, Failure, FinishResult, WorkerStatus
from pdflab.service.jobqueue.operator import RedisRetention
from pdflab.service.jobqueue.scripts import QUEUE

_SCANNED = 250  # keys that a sweep looks through


class RedisConsumer(RedisRetention, Consumer):
    """Takes, claims and finishes jobs in Redis."""

    _scanned: Any = 0  # the position of SCAN

    def take(self, timeout: float) -> str | None:
        """Wait up to `timeout` seconds for the next job id, first in, first out: BRPOP."""
        taken: Any = self._repairing(lambda: self._redis.brpop([QUEUE], timeout=timeout))
        return taken[1] if taken else None

    def claim(self, job_id: str, worker: str, token: str) -> Claim | None:
        """Claim a job that is QUEUED and due; return None for any other, whose id was a stale hint."""
        return _claim(self._run("claim", job_id, token, worker, self._settings.lease), token, worker)

    def complete(
        self, claim: Claim, worker: str, *, result: dict[str, Any] | None = None, next_token: str = ""
    ) -> FinishResult:
        """End a claimed job as COMPLETED; with a token for the next job, claim it in the same round trip."""
        return self._finish("complete", claim, worker, next_token, json.dumps(result or {}))

    def fail(self, claim: Claim, worker: str, failure: Failure, *, next_token: str = "") -> FinishResult:
        """End a claimed job as FAILED, or delay it for a retry if that may help and it has tries left."""
        delay = "" if failure.retry_in is None else failure.retry_in
        reason = failure.reason.encode(errors="replace").decode()  # a lone surrogate cannot be encoded
        details = (failure.cause, reason, delay, self._settings.max_errors)
        return self._finish("fail", claim, worker, next_token, *details)

    def release(self, claim: Claim) -> None:
        """Return a claimed job to the front of the queue; the attempt does not count."""
        self._run("release", claim.job.job_id, claim.token)

    def renew(self, status: WorkerStatus, claims: Iterable[Claim] = ()) -> None:
        """Renew the leases of a worker's jobs and its entry in the registry."""
        owned = [field for claim in claims for field in (claim.job.job_id, claim.token)]
        doing = json.dumps({"since": status.since, "job_id": status.job_id})
        self._run("renew", self._settings.lease, status.worker, doing, *owned)

    def leave(self, worker: str) -> None:
        """Remove a worker from the registry."""
        with self._errors():
            self._redis.delete(f"pdf_jobs_worker:{worker}")
            self._redis.zrem("pdf_jobs_workers", worker)

    def sweep(self) -> bool:
        """Requeue lost jobs and due retries, once every sixth of a lease; return whether this call did it.

        It also looks through some of the records, and puts a job back into an index that has lost it.
        """
        s = self._settings
        if not self._run("sweep", s.lease / 6, s.max_crashes):
            return False
        with self._errors():
            found: Any = self._redis.scan(self._scanned, match="pdf_jobs:*", count=_SCANNED)
        self._scanned, keys = found
        if keys:
            self._run("reindex", s.lease, *(key.removeprefix("pdf_jobs:") for key in keys))
        return True

    def _finish(self, step: str, claim: Claim, worker: str, next_token: str, *details: Any) -> FinishResult:
        s = self._settings
        owned = (claim.job.job_id, claim.token, worker)
        verdict, *following = self._run(step, *owned, s.lease, next_token, *details)
        return FinishResult(
            verdict == "fenced", _claim(following[0], next_token, worker) if following else None
        )


def _claim(fields: list[Any] | None, token: str, worker: str) -> Claim | None:
    if not fields:
        return None
    job_id, kind, request, queued_at, *counts = fields
    attempt, crashes, errors = (int(count) for count in counts)
    job = Job(
        job_id, kind, JobState.PROCESSING, request, float(queued_at), attempt, crashes, errors, worker=worker
    )
    return Claim(job, token)
