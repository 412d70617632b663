"""The values that all parts exchange: a job, its states, and the event of each change of state.

The real service and the simulation use the same JobEvent; jobs.log has one a line.

Read next: pdflab/load/generator.py.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Endpoint(StrEnum):
    """The two ways to request a PDF: through the queue, or rendered inside the request."""

    QUEUED = "queued"
    SYNCHRONOUS = "synchronous"


class JobState(StrEnum):
    """The state of a job. COMPLETED and FAILED are final."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def is_ending(self) -> bool:
        """Whether this state is final."""
        return self in (JobState.COMPLETED, JobState.FAILED)


class Cause(StrEnum):
    """Why a job is QUEUED again or FAILED, as a code; its `reason` is a sentence."""

    WORKER_LOST = "worker_lost"  # its lease ran out; FAILED after `max_crashes` times
    RELEASED = "released"  # by a worker that was stopping
    CANCELLED = "cancelled"  # by its user
    REJECTED = "rejected"  # this document can never be rendered
    RENDERER_ERROR = "renderer_error"  # an unexpected exception
    TIMED_OUT = "timed_out"  # its rendering took too long
    OUT_OF_MEMORY = "out_of_memory"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    RECORD_LOST = "record_lost"  # deleted or damaged in Redis


@dataclass(frozen=True, slots=True)
class WorkerId:
    """A worker's process, a `nonce` that differs after each restart, and its `name`; written as one word."""

    host: str
    pid: int
    nonce: str
    name: str = ""  # which a restart keeps
    naive: bool = False

    @classmethod
    def parse(cls, word: str) -> Self:
        """Return the worker id that was written as one word. Raises ValueError for any other word."""
        match word.removeprefix("naive:").split(":"):
            case [place, pid, nonce] if pid.isdecimal():
                name, _, host = place.rpartition("@")
                return cls(host, int(pid), nonce, name, naive=word.startswith("naive:"))
        raise ValueError(f"{word!r} is not a worker id: it has no host, pid and nonce.")

    def __str__(self) -> str:
        name = f"{self.name}@" if self.name else ""
        return f"{'naive:' if self.naive else ''}{name}{self.host}:{self.pid}:{self.nonce}"


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One change of state. `at` is in seconds since the epoch, by the clock of Redis.

    `number` counts the events of one system from 1, so that a gap in the log shows.
    """

    job_id: str
    state: JobState
    at: float
    kind: str
    number: int = 0
    event_id: str = ""
    attempt: int = 0
    worker: str | None = None
    reason: str | None = None
    cause: Cause | None = None

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any], event_id: str = "") -> Self:
        """Return the event of a stream entry, or of a decoded line of jobs.log."""
        return cls(
            job_id=fields["job_id"],
            state=JobState(fields["state"]),
            at=float(fields["at"]),
            kind=fields["kind"],
            number=int(fields.get("number", 0)),
            event_id=event_id or fields.get("event_id", ""),
            attempt=int(fields.get("attempt", 0)),
            worker=fields.get("worker") or None,
            reason=fields.get("reason") or None,
            cause=_cause(fields.get("cause")),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain data, without empty fields."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}

    def to_json(self) -> str:
        """Return the event as one line of jobs.log, without its newline."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as recorded in Redis. Instants are seconds since the epoch, None if not reached yet.

    `result` describes the PDF: its pages, its bytes, and the names of characters that no font has.
    """

    job_id: str
    kind: str
    state: JobState
    request: str  # JSON; only where it is asked for, and not kept when the job is COMPLETED
    queued_at: float
    attempt: int = 0
    crashes: int = 0
    errors: int = 0
    started_at: float | None = None
    ended_at: float | None = None
    worker: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    retry_of: str | None = None
    retried_as: str | None = None
    dismissed_at: float | None = None  # as a dead letter
    result: dict[str, Any] | None = None
    title: str = ""  # what a person knows the document by
    history: tuple[tuple[JobState, float], ...] = ()

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """Return the job of a Redis hash."""
        return cls(
            job_id=record["job_id"],
            kind=record["kind"],
            state=JobState(record["state"]),
            request=record.get("request", ""),
            queued_at=float(record["queued_at"]),
            attempt=int(record.get("attempt") or 0),
            crashes=int(record.get("crashes") or 0),
            errors=int(record.get("errors") or 0),
            started_at=_instant(record.get("started_at")),
            ended_at=_instant(record.get("ended_at")),
            worker=record.get("worker") or None,
            reason=record.get("reason") or None,
            cause=_cause(record.get("cause")),
            retry_of=record.get("retry_of") or None,
            retried_as=record.get("retried_as") or None,
            dismissed_at=_instant(record.get("dismissed_at")),
            result=json.loads(record.get("result") or "null") or None,
            title=record.get("title", ""),
            history=_history(record.get("history", "")),
        )

    @property
    def is_dead_letter(self) -> bool:
        """Whether it FAILED, and was neither cancelled, retried nor dismissed."""
        settled = self.cause is Cause.CANCELLED or self.retried_as or self.dismissed_at
        return self.state is JobState.FAILED and not settled

    def to_dict(self) -> dict[str, Any]:
        """Return the job as plain data, without its request."""
        data = {name: value for name, value in asdict(self).items() if name not in ("request", "history")}
        return data | {"history": [{"state": state, "at": at} for state, at in self.history]}


def _cause(word: str | None) -> Cause | None:
    return Cause(word) if word else None


def _instant(text: str | None) -> float | None:
    return float(text) if text else None


def _history(text: str) -> tuple[tuple[JobState, float], ...]:
    steps = (line.split(" ") for line in text.splitlines())
    return tuple((JobState(state), float(at)) for state, at in steps)
