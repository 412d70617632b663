"""The queue in plain Python: no Redis, no thread, and no clock but a number. The real one is held against it.

It says what each step does to the jobs, and what it answers; whether it is repeated, the token tells.

Read next: queue_machine.py.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure, Submission
from pdflab.settings import Settings

_LONG_AGO = -1e9


@dataclass
class ModelJob:
    """A job, who holds it, and since when what."""

    job_id: str
    number: int
    state: JobState = JobState.QUEUED
    cause: Cause | None = None
    token: str = ""  # of who holds it
    settled: str = ""  # the token of who let it go last
    claimed_then: str = ""  # the job that was claimed in the same step
    due_at: float | None = None  # it is put off until then
    lease_over_at: float = 0.0
    ended_at: float = 0.0
    attempt: int = 0
    crashes: int = 0
    errors: int = 0
    retried_as: str | None = None
    kept: bool = True

    @property
    def waits(self) -> bool:
        """Tell whether it has a place in the queue."""
        return self.state is JobState.QUEUED and self.due_at is None


class QueueModel:
    """What the queue should be: the jobs, the queue of hints (next out first), the events, and the time."""

    def __init__(self, settings: Settings) -> None:
        self.now = 0.0
        self.jobs: dict[str, ModelJob] = {}
        self.line: list[str] = []
        self.keys: dict[str, str] = {}
        self.suspects: set[str] = set()
        self.events: list[tuple[str, JobState, int, Cause | None]] = []
        self.aside: set[str] = set()  # jobs that were pushed into the queue again
        self.fenced = 0
        self.times = 1  # how often each step is sent: a refusal is counted each time
        self._asked: dict[str, str] = {}
        self._settings = settings
        self._swept_at = _LONG_AGO

    def of_state(self, *states: JobState) -> list[ModelJob]:
        return [job for job in self.jobs.values() if job.state in states]

    def holds(self, job_id: str, token: str) -> bool:
        """Tell whether the job is claimed, with this token."""
        return self._holds(self.jobs[job_id], token)

    # Accepting

    def enqueue(self, submissions: Sequence[Submission]) -> list[str] | str:
        """All or none: the ids, or why not."""
        keys, asked, answer, fresh = dict(self.keys), dict(self._asked), [], []
        for s in submissions:
            known = keys.get(s.idempotency_key)
            if known and asked[known] != s.request:
                return "reused"
            known = known or (self.jobs[s.retry_of].retried_as if s.retry_of else None)
            if not known and s.job_id not in asked:
                fresh.append(s)
                asked[s.job_id] = s.request
                keys |= {s.idempotency_key: s.job_id} if s.idempotency_key else {}
            answer.append(known or s.job_id)
        if fresh and sum(job.waits for job in self.jobs.values()) + len(fresh) > self._settings.queue_limit:
            return "full"
        for s in fresh:
            self._accept(s)
        self.keys, self._asked = keys, asked
        return answer

    def _accept(self, s: Submission) -> None:
        job = self.jobs[s.job_id] = ModelJob(s.job_id, len(self.jobs) + 1)
        if s.retry_of:
            self.jobs[s.retry_of].retried_as = s.job_id
        self.line.append(s.job_id)
        self._enter(job, JobState.QUEUED)

    def cancel(self, job_id: str) -> JobState | None:
        job = self.jobs[job_id]
        if not job.kept:
            return None
        if job.cause is Cause.CANCELLED:
            return JobState.QUEUED
        found = job.state
        if found is JobState.QUEUED:
            self.line = [hint for hint in self.line if hint != job_id]
            job.settled = ""
            self._end(job, JobState.FAILED, Cause.CANCELLED)
        return found

    # Working

    def take(self) -> str | None:
        return self.line.pop(0) if self.line else None

    def claim(self, job_id: str, token: str) -> str | None:
        """The id of the job, if it is this token's from now on, or has been already."""
        job = self.jobs[job_id]
        if self._holds(job, token):
            return job_id
        return self._claim(job, token) if self._is_claimable(job) else None

    def complete(self, job_id: str, token: str, next_token: str) -> tuple[bool, str | None]:
        """Whether the token was stale, and the job that was claimed next."""
        return self._settle(job_id, token, next_token, lambda job: self._end(job, JobState.COMPLETED))

    def fail(self, job_id: str, token: str, next_token: str, failure: Failure) -> tuple[bool, str | None]:
        """The same; the job is put off if another try may help."""

        def end_claim(job: ModelJob) -> None:
            job.errors += 1
            if failure.retry_in is None or job.errors == self._settings.max_errors:
                return self._end(job, JobState.FAILED, failure.cause)
            job.due_at = self.now + failure.retry_in
            return self._enter(job, JobState.QUEUED, failure.cause)

        return self._settle(job_id, token, next_token, end_claim)

    def release(self, job_id: str, token: str) -> None:
        job = self.jobs[job_id]
        if self._check_token(job, token) == "owned":
            job.settled, job.attempt = token, job.attempt - 1
            self._enter(job, JobState.QUEUED, Cause.RELEASED)
            self._requeue_front([job])

    def renew(self, job_id: str, token: str) -> None:
        if self._holds(self.jobs[job_id], token):
            self.jobs[job_id].lease_over_at = self.now + self._settings.lease

    def _settle(
        self, job_id: str, token: str, next_token: str, end_claim: Callable[[ModelJob], None]
    ) -> tuple[bool, str | None]:
        job = self.jobs[job_id]
        verdict = self._check_token(job, token)
        if verdict == "owned":
            following = self._next_free() if next_token else None
            job.settled, job.claimed_then = token, following.job_id if following else ""
            end_claim(job)
            return False, self._claim(following, next_token) if following else None
        before = self.jobs.get(job.claimed_then) if verdict == "replayed" else None
        return verdict == "fenced", before.job_id if before and self._holds(before, next_token) else None

    def _check_token(self, job: ModelJob, token: str) -> str:
        if self._holds(job, token):
            return "owned"
        if job.settled == token:
            return "replayed"
        self.fenced += self.times
        return "fenced"

    def _next_free(self) -> ModelJob | None:
        while self.line:
            job = self.jobs[self.line.pop(0)]
            if self._is_claimable(job):
                return job
        return None

    def _claim(self, job: ModelJob, token: str) -> str:
        job.token, job.due_at, job.attempt = token, None, job.attempt + 1
        job.lease_over_at = self.now + self._settings.lease
        self._enter(job, JobState.PROCESSING)
        return job.job_id

    def _is_claimable(self, job: ModelJob) -> bool:
        return job.state is JobState.QUEUED and (job.due_at or 0.0) <= self.now

    @staticmethod
    def _holds(job: ModelJob, token: str) -> bool:
        return job.state is JobState.PROCESSING and job.token == token

    # Bringing back, and forgetting

    def sweep(self) -> bool:
        """Whether it was time for one."""
        if self.now - self._swept_at < self._settings.lease / 6:
            return False
        self._swept_at = self.now
        waiting = [job for job in self.jobs.values() if job.waits]
        back = self._whose_lease_is_over() + [job for job in self.jobs.values() if self._is_due(job)]
        back += self._suspected_twice(waiting)
        self._requeue_front(back)
        return True

    def _whose_lease_is_over(self) -> list[ModelJob]:
        dead = [job for job in self.of_state(JobState.PROCESSING) if job.lease_over_at <= self.now]
        for job in sorted(dead, key=lambda job: job.lease_over_at):
            job.settled, job.crashes = "", job.crashes + 1
            if job.crashes == self._settings.max_crashes:
                self._end(job, JobState.FAILED, Cause.WORKER_LOST)
            else:
                self._enter(job, JobState.QUEUED, Cause.WORKER_LOST)
        return [job for job in dead if job.state is JobState.QUEUED]

    def _is_due(self, job: ModelJob) -> bool:
        return job.state is JobState.QUEUED and job.due_at is not None and job.due_at <= self.now

    def _suspected_twice(self, waiting: list[ModelJob]) -> list[ModelJob]:
        """Who waits although the queue is past them: suspected by this sweep, and by the one before."""
        ids = [job.job_id for job in waiting]
        while self.line and self.line[0] not in ids:
            self.line.pop(0)
        passed = {i for i in ids if not self.line or self.jobs[i].number < self.jobs[self.line[0]].number}
        before, self.suspects = self.suspects, passed - self.suspects
        return [self.jobs[job_id] for job_id in before if job_id in ids and job_id not in self.line]

    def _requeue_front(self, jobs: list[ModelJob]) -> None:
        for job in jobs:
            job.due_at = None
            self.aside.add(job.job_id)
        self.line[:0] = [job.job_id for job in sorted(jobs, key=lambda job: job.number)]

    def expired(self) -> list[str]:
        """Jobs whose retention is over."""
        ended = self.of_state(JobState.COMPLETED, JobState.FAILED)
        return [j.job_id for j in ended if j.kept and j.ended_at + self._settings.retention <= self.now]

    def forget(self, job_ids: Sequence[str]) -> None:
        for job_id in job_ids:
            self.jobs[job_id].kept, self.jobs[job_id].settled = False, ""
        self.keys = {key: job_id for key, job_id in self.keys.items() if self.jobs[job_id].kept}

    # Changing a state

    def _end(self, job: ModelJob, state: JobState, cause: Cause | None = None) -> None:
        job.ended_at, job.due_at = self.now, None
        self._enter(job, state, cause)

    def _enter(self, job: ModelJob, state: JobState, cause: Cause | None = None) -> None:
        job.state, job.cause = state, cause
        self.events.append((job.job_id, state, job.attempt, cause))
