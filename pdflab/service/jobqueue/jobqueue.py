"""The queue: the only place where a job changes its state, and the only meeting point of API and workers.

Four ideas make BRPOP lose nothing. The job record is the truth; the list is a hint; the claim is a
compare-and-set; the finisher holds a token. A hint that is lost or doubled is then harmless.

The keys:

    pdf_jobs_queue       list    job ids, pushed left, popped right: first in, first out
    pdf_jobs:<job_id>    hash    the record: state, request, attempt, token, instants, history, result
    pdf_jobs_waiting     zset    every job in the line, by the number it was given when it was accepted
    pdf_jobs_sequence    string  the last such number
    pdf_jobs_leases      zset    jobs that are PROCESSING, by the instant their lease runs out
    pdf_jobs_delayed     zset    jobs that will be tried again, by the instant they are due
    pdf_jobs_completed   zset    ended jobs that are still kept, by the instant they ended
    pdf_jobs_failed      zset    the same for jobs that FAILED
    pdf_jobs_events      stream  every change of state, written in the step that made it
    pdf_jobs_counts      hash    COMPLETED and FAILED since the beginning, events, seconds that completed jobs
                                 took (busy), refused completions (fenced)
    pdf_jobs_workers     zset    worker ids, by the instant they count as gone
    pdf_jobs_worker:<id> string  what a worker does and since when, as JSON; expires with its lease
    pdf_jobs_key:<key>   string  the job that an idempotency key was answered with; expires
    pdf_jobs_suspects    set     jobs that the last sweep found taken and not claimed; expires
    pdf_jobs_swept_at    string  the instant of the last sweep

Every step is one short Lua script in lua/, atomic in Redis, and may be sent twice without harm:
ids and tokens are made by the caller, and a step that is repeated answers as it did the first time.
(`mark`, the naive worker's, is the counter-example.)

Read next: lua/common.lua, then service/worker/worker.py.
"""

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from pdflab.errors import KeyReused, QueueFull
from pdflab.jobs import Cause, Job, JobState
from pdflab.service.jobqueue.monitor import EVENTS, QUEUE, QueueView, our_errors
from pdflab.settings import Settings

_STEPS = ("enqueue", "claim", "complete", "fail", "release", "cancel", "renew", "sweep", "expired", "mark")
_UNMEASURED = 5  # seconds to wait before asking again, while no job has yet shown how long one takes
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to accept. The id is made by the caller, so that sending it again is harmless."""

    job_id: str
    kind: str
    request: str  # JSON
    idempotency_key: str = ""
    retry_of: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in hand, and the token without which nobody can finish it."""

    job: Job
    token: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job in hand got no PDF; `retry_in` seconds another try may help, None: it never will."""

    cause: Cause
    reason: str
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class FinishResult:
    """How a job in hand was let go: `stale` if it was no longer ours; and the next job, if there was one."""

    stale: bool
    next: Claim | None = None


def new_id() -> str:
    """Make an id for a job, or a token for a claim: 32 characters that nobody made before."""
    return os.urandom(16).hex()


class JobQueue(QueueView):
    """The steps of the queue. Every method raises BrokerUnavailable when Redis does not answer."""

    def __init__(self, client: "redis.Redis", settings: Settings, *, clock_offset: float = 0.0) -> None:
        super().__init__(client, steps=_STEPS, clock_offset=clock_offset)
        self._settings = settings

    # Accepting

    def enqueue(self, submissions: Sequence[Submission]) -> list[str]:
        """Accept jobs, all or none, in one round trip, and return their ids.

        An idempotency key that is known answers with the job it was answered with before. Raises KeyReused
        when that job was another document, and QueueFull when the line has no room for all of them.
        """
        fields = [
            field
            for s in submissions
            for field in (s.job_id, s.kind, s.request, s.idempotency_key, s.retry_of)
        ]
        retention = round(self._settings.retention) or 1
        verdict, *answer = self._run("enqueue", self._settings.queue_limit, retention, *fields)
        if verdict == "full":
            raise _full(*(float(number) for number in answer))
        if verdict == "reused":
            raise KeyReused(
                "This Idempotency-Key was used for another document; take a new key for a new one."
            )
        return list(answer[0])

    def retry(self, failed: Sequence[Job]) -> list[str]:
        """Accept jobs that FAILED again, as new jobs, all or none; tried again twice, it is still one."""
        return self.enqueue(
            [
                Submission(new_id(), job.kind, job.request, f"retry:{job.job_id}", retry_of=job.job_id)
                for job in failed
            ]
        )

    def cancel(self, job_id: str) -> JobState | None:
        """End a job that is QUEUED as FAILED; return the state it was found in, or None for no such job."""
        state = self._run("cancel", job_id, self._settings.retention)
        return JobState(state) if state else None

    # Working

    def take(self, timeout: float) -> str | None:
        """Wait up to `timeout` seconds for the next job id in the line: BRPOP, first in, first out."""
        with our_errors():
            taken: Any = self._redis.brpop([QUEUE], timeout=timeout)
        return taken[1] if taken else None

    def claim(self, job_id: str, worker: str, token: str) -> Claim | None:
        """Make a job ours, if it is QUEUED and due; None if it is not: the hint was stale."""
        return _claim(self._run("claim", job_id, token, worker, self._settings.lease), token, worker)

    def complete(
        self, claim: Claim, worker: str, *, result: dict[str, Any] | None = None, next_token: str = ""
    ) -> FinishResult:
        """End a job in hand as COMPLETED, with what was noticed about its PDF.

        Given a token for it, the next job is claimed in the same round trip.
        """
        return self._settle("complete", claim, worker, next_token, json.dumps(result or {}))

    def fail(self, claim: Claim, worker: str, failure: Failure, *, next_token: str = "") -> FinishResult:
        """End a job in hand as FAILED, or put it off while another try may help and it has tries left."""
        delay = "" if failure.retry_in is None else failure.retry_in
        reason = failure.reason.encode(errors="replace").decode()  # half a character would stop the client
        told = (failure.cause, reason, delay, self._settings.max_errors)
        return self._settle("fail", claim, worker, next_token, *told)

    def release(self, claim: Claim) -> None:
        """Hand a job in hand back to the front of the line; the attempt does not count."""
        self._run("release", claim.job.job_id, claim.token)

    def renew(self, worker: str, doing: dict[str, Any], claims: Iterable[Claim]) -> None:
        """Keep the leases of a worker's jobs and its place in the registry."""
        held = [field for claim in claims for field in (claim.job.job_id, claim.token)]
        self._run("renew", self._settings.lease, worker, json.dumps(doing), *held)

    def leave(self, worker: str) -> None:
        """Take a worker that stops out of the registry."""
        with our_errors():
            self._redis.delete(f"pdf_jobs_worker:{worker}")
            self._redis.zrem("pdf_jobs_workers", worker)

    def sweep(self) -> bool:
        """Bring back lost jobs and due retries, once an interval; tell whether it was our turn."""
        s = self._settings
        return bool(self._run("sweep", s.lease / 3, s.max_crashes, s.retention))

    def expired(self, limit: int = 1000) -> list[str]:
        """Return jobs whose time of keeping is over: their files are to be removed, then they are
        forgotten.
        """
        return list(self._run("expired", self._settings.retention, limit))

    def forget(self, job_ids: Sequence[str]) -> None:
        """Take jobs whose files have been removed off the lists of those that are kept."""
        with our_errors():
            self._redis.zrem("pdf_jobs_completed", *job_ids)
            self._redis.zrem("pdf_jobs_failed", *job_ids)

    def trim_events(self, before: str) -> None:
        """Forget the events before a stream id: the recorder's business alone, behind what the log has."""
        with our_errors():
            self._redis.xtrim(EVENTS, minid=before, approximate=False)

    def mark(self, job_id: str, state: JobState, worker: str) -> None:
        """Write a state down without asking whether the job is ours: the naive worker's way."""
        self._run("mark", job_id, state, worker, self._settings.retention)

    def _settle(self, step: str, claim: Claim, worker: str, next_token: str, *more: Any) -> FinishResult:
        s = self._settings
        held = (claim.job.job_id, claim.token, worker)
        verdict, *following = self._run(step, *held, s.lease, next_token, s.retention, *more)
        return FinishResult(
            verdict == "stale", _claim(following[0], next_token, worker) if following else None
        )


def _full(waiting: float, busy: float, completed: float, workers: float) -> QueueFull:
    """Tell when the line will be empty: jobs waiting × mean service time ÷ workers."""
    seconds = waiting * busy / completed / max(workers, 1) if completed else _UNMEASURED
    retry_after = min(max(math.ceil(seconds), 1), _LONGEST)
    return QueueFull(
        f"The queue is full: {waiting:,.0f} jobs are waiting. Try again in about {retry_after} s.",
        retry_after=retry_after,
    )


def _claim(told: list[Any] | None, token: str, worker: str) -> Claim | None:
    if not told:
        return None
    job_id, kind, request, queued_at, *counts = told
    attempt, crashes, errors = (int(count) for count in counts)
    asked = (job_id, kind, JobState.PROCESSING, request, float(queued_at))
    return Claim(Job(*asked, attempt, crashes, errors, worker=worker), token)
