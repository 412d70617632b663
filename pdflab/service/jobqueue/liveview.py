"""The newest jobs and what each worker does, looked at for the dashboard: one instant, one round trip.

Read next: service/api/snapshot.py.
"""

import json
from dataclasses import dataclass
from typing import Any

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.monitor import QueueView

_LONGEST = 32_768  # bytes; a longer request is not read for its title: every look stays small


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job as the dashboard tells of it; times are in seconds, and `title` is in a user's own words.

    `waited` is how long it waited, or has so far; `rendered` how long a worker took, or has so far.
    """

    job_id: str
    kind: str
    title: str
    state: JobState
    sequence: int
    waited: float
    rendered: float | None
    worker: str | None
    cause: Cause | None
    reason: str | None
    retried: bool


@dataclass(frozen=True, slots=True)
class SeenWorker:
    """A worker: idle, or rendering a job, for `seconds` if that is known.

    One that is not `heard` of any more has left its job behind.
    """

    worker: str
    heard: bool
    job_id: str | None = None
    title: str | None = None
    seconds: float | None = None


class LiveView(QueueView):
    """Looks over the same connection as the queue that it is made for."""

    def __init__(self, queue: QueueView) -> None:
        super().__init__(queue._redis, steps=("look",), clock_offset=queue.clock_offset)

    def look(self, newest: int) -> tuple[list[SeenJob], list[SeenWorker]]:
        """Return the newest jobs of each state and all that are PROCESSING, the newest first; and the
        workers.

        `newest` says how many of each.
        """
        now, told, registry = self._run("look", newest, _LONGEST)
        seen = {job[0]: _seen_job(float(now), *job) for job in told}
        jobs = sorted(seen.values(), key=lambda job: job.sequence, reverse=True)
        doing = {worker: json.loads(text) for worker, text in registry}
        return jobs, _seen_workers(float(now), jobs, doing)


def _seen_job(now: float, job_id: str, kind: str, state: str, sequence: str, *more: str | None) -> SeenJob:
    queued, started, ended, worker, cause, reason, retried, request = more
    end = float(ended or now)
    begin = float(started) if started and state != JobState.QUEUED else None
    return SeenJob(
        job_id=job_id,
        kind=kind,
        title=_title(request or "") or kind,
        state=JobState(state),
        sequence=int(sequence or 0),
        waited=max((end if begin is None else begin) - float(queued or now), 0.0),
        rendered=None if begin is None else max(end - begin, 0.0),
        worker=worker or None,
        cause=Cause(cause) if cause else None,
        reason=reason or None,
        retried=bool(retried),
    )


def _seen_workers(now: float, jobs: list[SeenJob], registry: dict[str, dict[str, Any]]) -> list[SeenWorker]:
    """Return what each does by the jobs' own records: the registry is only renewed every third of a lease."""
    busy = {job.worker: job for job in jobs if job.state is JobState.PROCESSING and job.worker}
    workers = [
        SeenWorker(worker, worker in registry, job.job_id, job.title, job.rendered)
        for worker, job in busy.items()
    ]
    for worker in registry.keys() - busy.keys():
        doing = registry[worker]
        known = "since" in doing and not doing.get("job_id")  # else it has become idle since
        workers.append(SeenWorker(worker, True, seconds=max(now - doing["since"], 0.0) if known else None))
    return sorted(workers, key=lambda seen: seen.worker)


def _title(request: str) -> str:
    """Find the words by which a person knows a document: its title, or whom the invoice is for."""
    try:
        data = json.loads(request)
        return str(data.get("title") or data.get("buyer", {}).get("name") or "")[:120]
    except (ValueError, AttributeError):
        return ""
