"""The queue's three interfaces and the values they exchange: Producer (API), Consumer (worker), Monitor.

Every method raises BrokerUnavailable when the queue cannot be reached.
Read next: pdflab/service/jobqueue/jobqueue.py.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pdflab.jobs import Cause, Job, JobEvent, JobState
from pdflab.service.jobqueue.dashboard_view import DashboardView


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to enqueue. The caller makes the id, so that sending it again is harmless."""

    job_id: str
    kind: str
    request: str  # JSON
    idempotency_key: str = ""
    retry_of: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed job, and the fencing token without which nobody can finish it."""

    job: Job
    token: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a claimed job got no PDF. Another try after `retry_in` seconds may help; None: it never will."""

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
    """What a worker does: its current job, or None while it is idle, and since when."""

    worker: str
    since: float
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """The queue at one instant. Jobs by state, `oldest_age` in seconds, `throughput` in PDFs a second.

    `busy` is the seconds that workers have spent on COMPLETED jobs since the beginning; `fenced` counts
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


class Producer(Protocol):
    """Accepts and cancels jobs."""

    def enqueue(self, submissions: Sequence[Submission]) -> list[str]:
        """Accept jobs, all or none, and return their ids.

        A known idempotency key returns the id of the job that was accepted with it. Raises KeyReused
        when that job was another document, and QueueFull when there is no room for all of them.
        """
        ...

    def retry(self, failed: Sequence[Job]) -> list[str]:
        """Enqueue FAILED jobs again, as new jobs, all or none. A second retry of a job changes nothing."""
        ...

    def cancel(self, job_id: str) -> JobState | None:
        """End a QUEUED job as FAILED. Return the state it was found in, or None for an unknown job."""
        ...


class Consumer(Protocol):
    """Takes, claims and finishes jobs; renews leases and recovers lost jobs."""

    def take(self, timeout: float) -> str | None:
        """Wait up to `timeout` seconds for the next job id, first in, first out."""
        ...

    def claim(self, job_id: str, worker: str, token: str) -> Claim | None:
        """Claim a job that is QUEUED and due. None if it is not: the id was a stale hint."""
        ...

    def complete(
        self, claim: Claim, worker: str, *, result: dict[str, Any] | None = None, next_token: str = ""
    ) -> FinishResult:
        """End a claimed job as COMPLETED, and claim the next one if there is a token for it."""
        ...

    def fail(self, claim: Claim, worker: str, failure: Failure, *, next_token: str = "") -> FinishResult:
        """End a claimed job as FAILED, or delay it while another try may help and it has tries left."""
        ...

    def release(self, claim: Claim) -> None:
        """Return a claimed job to the front of the queue; the attempt does not count."""
        ...

    def renew(self, status: WorkerStatus, claims: Iterable[Claim] = ()) -> None:
        """Renew a worker's leases and its entry in the registry of workers."""
        ...

    def leave(self, worker: str) -> None:
        """Remove a worker from the registry."""
        ...

    def sweep(self) -> bool:
        """Requeue lost jobs and due retries, once an interval. Return whether this call did it."""
        ...

    def list_expired(self, limit: int = 1000) -> list[str]:
        """Return jobs whose retention is over. Delete their files, then call `forget`."""
        ...

    def forget(self, job_ids: Sequence[str]) -> None:
        """Remove jobs whose files have been deleted from the lists of ended jobs."""
        ...


class Monitor(Protocol):
    """Reads jobs, events, workers and statistics."""

    def get(self, job_id: str) -> Job | None:
        """Return one job, or None when there is no record of it."""
        ...

    def place(self, job_id: str) -> int | None:
        """Return a job's place in the queue, 1 being the next one out; None if it does not wait."""
        ...

    def jobs(self, state: JobState, limit: int) -> list[Job]:
        """Return up to `limit` jobs of one state: waiting ones in order, ended ones newest first."""
        ...

    def dead_letters(self) -> Iterator[Job]:
        """Yield the FAILED jobs that were neither cancelled nor tried again, oldest first."""
        ...

    def all_jobs(self) -> list[Job]:
        """Return every record: for saving them, not for a running system."""
        ...

    def events(self, after: str = "0", limit: int = 1000) -> tuple[list[JobEvent], bool]:
        """Return the events after an event id, and whether some of them have already been trimmed."""
        ...

    def follow(self, after: str, timeout: float) -> list[JobEvent]:
        """Wait up to `timeout` seconds for events after an event id."""
        ...

    def trim_events(self, before: str) -> None:
        """Delete the events before an event id. Only the recorder does, behind what its log holds."""
        ...

    def last_event(self) -> JobEvent | None:
        """Return the newest event, or None when there has never been one."""
        ...

    def workers(self) -> list[WorkerStatus]:
        """Return what each registered worker does."""
        ...

    def stats(self, window: float = 10.0) -> Stats:
        """Return statistics at one instant; throughput is over the last `window` seconds."""
        ...

    def dashboard(self, newest: int) -> DashboardView:
        """Return the `newest` jobs of each state, all PROCESSING ones, and the workers, at one instant."""
        ...

    def ping(self) -> None:
        """Raise BrokerUnavailable unless the queue can be reached."""
        ...


def new_id() -> str:
    """Return a new random id for a job or a token: 32 characters."""
    return os.urandom(16).hex()
