"""The dashboard's view of the queue at one instant: the newest jobs, and the status of each worker.

Read next: pdflab/service/api/snapshot.py.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pdflab.jobs import Cause, JobState


@dataclass(frozen=True, slots=True)
class DashboardJob:
    """A job on the dashboard. `title` is text from a user.

    `waited` and `rendered` are seconds in the queue and at a worker, so far or in total.
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
class DashboardWorker:
    """A worker: idle, or rendering a job, for `seconds` if that is known.

    `heard` is false when its entry in the registry has expired, while it still owns a job.
    """

    worker: str
    heard: bool
    job_id: str | None = None
    title: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class DashboardView:
    """The newest jobs of each state and all that are PROCESSING, newest first; and the workers."""

    jobs: list[DashboardJob]
    workers: list[DashboardWorker]


def view_of(now: float, records: list[list[Any]], registry: list[list[str]]) -> DashboardView:
    """Return the view for an answer of lua/dashboard.lua."""
    seen = {}
    for record in records:
        with suppress(ValueError):  # damaged from outside; a sweep ends that job
            seen[record[0]] = _job(now, *record)
    jobs = sorted(seen.values(), key=lambda job: job.sequence, reverse=True)
    return DashboardView(jobs, _workers(now, jobs, {worker: _status(text) for worker, text in registry}))


def _status(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        return {}  # damaged from outside; the next renewal writes it anew


def _job(now: float, job_id: str, kind: str, state: str, sequence: str, *more: str | None) -> DashboardJob:
    queued, started, ended, worker, cause, reason, retried, title = more
    end = float(ended or now)
    begin = float(started) if started and state != JobState.QUEUED else None
    return DashboardJob(
        job_id=job_id,
        kind=kind,
        title=title or kind,
        state=JobState(state),
        sequence=int(sequence or 0),
        waited=max((end if begin is None else begin) - float(queued or now), 0.0),
        rendered=None if begin is None else max(end - begin, 0.0),
        worker=worker or None,
        cause=Cause(cause) if cause else None,
        reason=reason or None,
        retried=bool(retried),
    )


def _workers(
    now: float, jobs: list[DashboardJob], registry: dict[str, dict[str, Any]]
) -> list[DashboardWorker]:
    """Derive each status from the jobs' records: the registry is renewed only every sixth of a lease."""
    busy = {job.worker: job for job in jobs if job.state is JobState.PROCESSING and job.worker}
    workers = [
        DashboardWorker(worker, worker in registry, job.job_id, job.title, job.rendered)
        for worker, job in busy.items()
    ]
    for worker in registry.keys() - busy.keys():
        doing = registry[worker]
        known = "since" in doing and not doing.get("job_id")  # otherwise it has become idle since
        workers.append(
            DashboardWorker(worker, True, seconds=max(now - doing["since"], 0.0) if known else None)
        )
    return sorted(workers, key=lambda seen: seen.worker)
