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
    pdf_jobs_counts      hash    jobs by state since the beginning, events, refused completions (fenced)
    pdf_jobs_workers     zset    worker ids, by the instant they count as gone
    pdf_jobs_worker:<id> string  what a worker does and since when, as JSON; expires with its lease
    pdf_jobs_key:<key>   string  the job that an idempotency key was answered with; expires
    pdf_jobs_suspects    set     jobs that the last sweep found taken and not claimed; expires
    pdf_jobs_swept_at    string  the instant of the last sweep

Every step is one short Lua script in steps/, atomic in Redis, and may be sent twice without harm:
ids and tokens are made by the caller, and a step that is repeated answers as it did the first time.

Read next: steps/common.lua, then worker.py.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from uuid import uuid4

import redis

from pdflab.errors import BrokerUnavailable, QueueFull
from pdflab.jobs import Job, JobEvent, JobState
from pdflab.settings import Settings

QUEUE = "pdf_jobs_queue"
EVENTS = "pdf_jobs_events"
_LISTS = {
    JobState.QUEUED: ("pdf_jobs_waiting", "pdf_jobs_delayed"),
    JobState.PROCESSING: ("pdf_jobs_leases",),
    JobState.COMPLETED: ("pdf_jobs_completed",),
    JobState.FAILED: ("pdf_jobs_failed",),
}
_STEPS = ("enqueue", "claim", "complete", "fail", "release", "cancel", "renew", "sweep", "stats")


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

    reason: str
    retry_in: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """How a job in hand was let go: `stale` if it was no longer ours; and the next job, if there was one."""

    stale: bool
    next: Claim | None = None


@dataclass(frozen=True, slots=True)
class Stats:
    """The whole at one instant. Jobs by state, ages in seconds, throughput in PDFs a second."""

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


def new_id() -> str:
    """Make an id for a job, or a token for a claim: 32 characters that nobody made before."""
    return uuid4().hex


class JobQueue:
    """The steps of the queue. Every method raises BrokerUnavailable when Redis does not answer."""

    def __init__(self, client: "redis.Redis", settings: Settings, *, clock_offset: float = 0.0) -> None:
        self._redis = client
        self._settings = settings
        self.clock_offset = clock_offset  # seconds; only tests set it
        steps = files("pdflab.service") / "steps"
        common = (steps / "common.lua").read_text()
        self._scripts = {
            step: client.register_script(common + (steps / f"{step}.lua").read_text()) for step in _STEPS
        }

    # Accepting

    def enqueue(self, submissions: Sequence[Submission]) -> list[str]:
        """Accept jobs, all or none, in one round trip, and give their ids.

        An idempotency key that is known answers with the job it was answered with before.
        Raises QueueFull when the line has no room for them.
        """
        fields = [
            field
            for s in submissions
            for field in (s.job_id, s.kind, s.request, s.idempotency_key, s.retry_of)
        ]
        retention = round(self._settings.retention) or 1
        verdict, answer = self._run("enqueue", self._settings.queue_limit, retention, *fields)
        if verdict == "full":
            raise QueueFull(f"The queue is full: {answer} jobs are waiting. Try again when some are done.")
        return list(answer)

    def cancel(self, job_id: str) -> JobState | None:
        """End a job that is QUEUED as FAILED; give the state it was found in, or None for no such job."""
        state = self._run("cancel", job_id, self._settings.retention)
        return JobState(state) if state else None

    # Working

    def take(self, timeout: float) -> str | None:
        """Wait up to `timeout` seconds for the next job id in the line: BRPOP, first in, first out."""
        with _our_errors():
            taken: Any = self._redis.brpop([QUEUE], timeout=timeout)
        return taken[1] if taken else None

    def claim(self, job_id: str, worker: str, token: str) -> Claim | None:
        """Make a job ours, if it is QUEUED and due; None if it is not: the hint was stale."""
        return _claim(self._run("claim", job_id, token, worker, self._settings.lease), token)

    def complete(
        self, claim: Claim, worker: str, *, result: dict[str, Any] | None = None, next_token: str = ""
    ) -> Settled:
        """End a job in hand as COMPLETED, with what was noticed about its PDF.

        Given a token for it, the next job is claimed in the same round trip.
        """
        return self._settle("complete", claim, worker, next_token, json.dumps(result or {}))

    def fail(self, claim: Claim, worker: str, failure: Failure, *, next_token: str = "") -> Settled:
        """End a job in hand as FAILED, or put it off while another try may help and it has tries left."""
        delay = "" if failure.retry_in is None else failure.retry_in
        reason = failure.reason.encode(errors="replace").decode()  # half a character would stop the client
        return self._settle("fail", claim, worker, next_token, reason, delay, self._settings.max_errors)

    def release(self, claim: Claim) -> None:
        """Hand a job in hand back to the front of the line; the attempt does not count."""
        self._run("release", claim.job.job_id, claim.token)

    def renew(self, worker: str, doing: dict[str, Any], claims: Iterable[Claim]) -> None:
        """Keep the leases of a worker's jobs and its place in the registry."""
        held = [field for claim in claims for field in (claim.job.job_id, claim.token)]
        self._run("renew", self._settings.lease, worker, json.dumps(doing), *held)

    def leave(self, worker: str) -> None:
        """Take a worker that stops out of the registry."""
        with _our_errors():
            self._redis.delete(f"pdf_jobs_worker:{worker}")
            self._redis.zrem("pdf_jobs_workers", worker)

    def sweep(self) -> list[str]:
        """Bring back lost jobs and due retries; give the ids whose PDFs are to be removed, then forgotten."""
        s = self._settings
        return list(self._run("sweep", s.lease / 3, s.max_crashes, s.retention))

    def forget(self, job_ids: list[str]) -> None:
        """Take jobs whose PDFs have been removed off the list of those that are kept."""
        with _our_errors():
            self._redis.zrem("pdf_jobs_completed", *job_ids)

    # Looking

    def get(self, job_id: str) -> Job | None:
        """Read one job, or None when there is no record of it."""
        with _our_errors():
            record: Any = self._redis.hgetall(f"pdf_jobs:{job_id}")
        return Job.from_record(record) if "state" in record else None

    def place(self, job_id: str) -> int | None:
        """Tell a job's place in the line, 1 being the next one out; None if it does not wait."""
        with _our_errors():
            rank: Any = self._redis.zrank("pdf_jobs_waiting", job_id)
        return None if rank is None else rank + 1

    def jobs(self, state: JobState, limit: int) -> list[Job]:
        """List up to `limit` jobs of one state: those that wait in order, those that ended newest first."""
        with _our_errors():
            ids = [job_id for key in _LISTS[state] for job_id in self._first(key, limit, state.is_ending)]
        found = (self.get(job_id) for job_id in ids[:limit])
        return [job for job in found if job and job.state is state]

    def all_jobs(self) -> list[Job]:
        """Read every record there is: for saving them, not for a running system."""
        with _our_errors():
            keys = list(self._redis.scan_iter("pdf_jobs:*", count=1000))
            pipeline = self._redis.pipeline(transaction=False)
            for key in keys:
                pipeline.hgetall(key)
            records: Any = pipeline.execute()
        return [Job.from_record(record) for record in records if "state" in record]

    def events(self, after: str = "0", limit: int = 1000) -> tuple[list[JobEvent], bool]:
        """Read the events after a stream id, and whether some between had already been trimmed away."""
        with _our_errors():
            entries: Any = self._redis.xrange(EVENTS, f"({after}" if after != "0" else "-", "+", count=limit)
            first: Any = self._redis.xrange(EVENTS, count=1)
        trimmed = bool(first) and int(first[0][1]["number"]) > 1 and _before(after, first[0][0])
        return [JobEvent.from_fields(fields, event_id) for event_id, fields in entries], trimmed

    def follow(self, after: str, timeout: float) -> list[JobEvent]:
        """Wait up to `timeout` seconds for events after a stream id."""
        with _our_errors():
            answer: Any = self._redis.xread({EVENTS: after}, count=1000, block=round(timeout * 1000))
        entries = answer[0][1] if answer else []
        return [JobEvent.from_fields(fields, event_id) for event_id, fields in entries]

    def trim_events(self, before: str) -> None:
        """Forget the events before a stream id: the recorder's business alone, behind what the log has."""
        with _our_errors():
            self._redis.xtrim(EVENTS, minid=before, approximate=False)

    def workers(self) -> list[dict[str, Any]]:
        """Tell what each worker in the registry does and since when."""
        with _our_errors():
            ids: Any = self._redis.zrange("pdf_jobs_workers", 0, -1)
            doing: Any = self._redis.mget([f"pdf_jobs_worker:{worker}" for worker in ids]) if ids else []
        return [
            json.loads(text) | {"worker": worker} for worker, text in zip(ids, doing, strict=True) if text
        ]

    def stats(self, window: float = 10.0) -> Stats:
        """Look at the whole at one instant; throughput is over the last `window` seconds."""
        flat, depth, kept, workers, age, throughput = self._run("stats", window)
        counts = _pairs(flat)
        by_state = {state.lower(): int(counts.get(state, 0)) for state in JobState}
        return Stats(
            **by_state,
            pdf_count=kept,
            queue_depth=depth,
            oldest_age=float(age),
            workers=workers,
            throughput=float(throughput),
            events=int(counts.get("events", 0)),
            fenced=int(counts.get("fenced", 0)),
        )

    def last_event(self) -> JobEvent | None:
        """Read the newest event, or None when nothing has ever happened."""
        with _our_errors():
            entries: Any = self._redis.xrevrange(EVENTS, count=1)
        return JobEvent.from_fields(entries[0][1], entries[0][0]) if entries else None

    def prepare(self) -> None:
        """Load every step into Redis, so that the first use of each is as quick as the others."""
        with _our_errors():
            for script in self._scripts.values():
                self._redis.script_load(script.script)

    def ping(self) -> None:
        """Make sure that Redis answers."""
        with _our_errors():
            self._redis.ping()

    def _first(self, key: str, limit: int, newest: bool) -> list[str]:
        ids: Any = self._redis.zrange(key, 0, limit - 1, desc=newest)
        return list(ids)

    def _settle(self, step: str, claim: Claim, worker: str, next_token: str, *more: Any) -> Settled:
        s = self._settings
        held = (claim.job.job_id, claim.token, worker)
        verdict, *following = self._run(step, *held, s.lease, next_token, s.retention, *more)
        return Settled(verdict == "stale", _claim(following[0], next_token) if following else None)

    def _run(self, step: str, *arguments: Any) -> Any:
        with _our_errors():
            return self._scripts[step](args=[self.clock_offset, *arguments])


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:  # away, busy loading, read-only, out of memory or of disk
        raise BrokerUnavailable(f"Redis did not do it ({error}); it is tried again.") from error


def _claim(flat: list[str] | None, token: str) -> Claim | None:
    return Claim(Job.from_record(_pairs(flat)), token) if flat else None


def _pairs(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _before(one: str, other: str) -> bool:
    return _position(one) < _position(other)


def _position(event_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = event_id.partition("-")
    return int(milliseconds), int(sequence or 0)
