"""The queue's three interfaces and the values they exchange: Producer (API), Consumer (worker), Monitor.

Every method raises BrokerUnavailable when the queue cannot be reached.
Read next: pdflab/service/jobqueue/jobqueue.py.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pdflab.jobs import Cause, Job, JobEvent, JobState
from pdflab.service.jobqueue.dashboard_view import DashboardWorker, JobList, Operator, Sample, Stats


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to enqueue. The caller makes the id, so that a repeated call is harmless.

    A known idempotency key needs the same `fingerprint`. A retry copies the document of `retry_of`.
    """

    job_id: str
    kind: str = ""
    request: str = ""  # JSON
    title: str = ""  # what a person knows the document by
    idempotency_key: str = ""
    fingerprint: str = ""  # of all that was sent with the key; by default, of this request
    retry_of: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed job, and the fencing token that is required to finish it."""

    job: Job
    token: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a claimed job got no PDF. It may be retried after `retry_in` seconds; None means never."""

    cause: Cause
    reason: str
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class FinishResult:
    """The result of `complete` or `fail`: `fenced` if the token was stale; and the next claim, if any."""

    fenced: bool
    next: Claim | None = None


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """The status of a worker: its current job, or None while it is idle, and since when."""

    worker: str
    since: float
    job_id: str | None = None


class Producer(Operator, Protocol):
    """Accepts and cancels jobs; RedisProducer documents each method."""

    def enqueue(self, submissions: Sequence[Submission]) -> list[str]: ...
    def retry(self, failed: Sequence[Job]) -> list[str]: ...
    def cancel(self, job_id: str) -> JobState | None: ...


class Consumer(Protocol):
    """Takes, claims, finishes and recovers jobs; RedisConsumer documents each method."""

    def take(self, timeout: float) -> str | None: ...
    def claim(self, job_id: str, worker: str, token: str) -> Claim | None: ...
    def complete(
        self, claim: Claim, worker: str, *, result: dict[str, Any] | None = None, next_token: str = ""
    ) -> FinishResult: ...
    def fail(self, claim: Claim, worker: str, failure: Failure, *, next_token: str = "") -> FinishResult: ...
    def release(self, claim: Claim) -> None: ...
    def renew(self, status: WorkerStatus, claims: Iterable[Claim] = ()) -> None: ...
    def leave(self, worker: str) -> None: ...
    def sweep(self) -> bool: ...
    def list_expired(self, limit: int = 500) -> list[str]: ...
    def forget(self, job_ids: Sequence[str]) -> None: ...
    def ping(self) -> None: ...


class Monitor(JobList, Protocol):
    """Reads jobs, events, workers and statistics; RedisMonitor documents each method."""

    def get(self, job_id: str) -> Job | None: ...
    def place(self, job_id: str) -> int | None: ...
    def dead_letters(self) -> Iterator[Job]: ...
    def all_jobs(self) -> list[Job]: ...
    def events(self, after: str = "0", limit: int = 1000) -> tuple[list[JobEvent], bool]: ...
    def follow(self, after: str, timeout: float) -> list[JobEvent]: ...
    def keep_time(self) -> None: ...
    def trim_events(self, before: str) -> None: ...
    def last_event(self) -> JobEvent | None: ...
    def workers(self) -> list[WorkerStatus]: ...
    def expect_workers(self, workers: int | None) -> None: ...
    def stats(self, window: float = 10.0) -> Stats: ...
    def dashboard(self) -> list[DashboardWorker]: ...
    def add_sample(self, sample: Sample) -> None: ...
    def samples(self, after: str = "0") -> tuple[list[Sample], str]: ...
    def ping(self) -> None: ...
    def join_deployment(self, deployment: str, place: str) -> tuple[str, str]: ...


def new_id() -> str:
    """Return a new random id for a job or a token: 32 characters."""
    return os.urandom(16).hex()
