"""The routes of dead letters: jobs that FAILED, were not cancelled, and are neither retried nor dismissed.

Read next: pdflab/service/api/monitoring.py.
"""

from collections import Counter
from itertools import islice
from typing import Any

from flask import Blueprint, Response

from pdflab.errors import InvalidRequest
from pdflab.jobs import Cause, Job, JobState
from pdflab.service.api.context import context
from pdflab.service.api.control import body_of_request
from pdflab.service.api.jobs import find_job
from pdflab.service.http.errors import problem

_MAX_DEAD_LETTERS = 1000  # in one answer
_CHUNK = 500  # dismissed in one step

dead_letter_routes = Blueprint("dead_letters", __name__)


@dead_letter_routes.get("/dead-letters")
def show_dead_letters() -> dict[str, Any]:
    """List the dead letters, oldest first, how many have each cause, and which of them would fail again."""
    listed: list[dict[str, Any]] = []
    causes = Counter[str]()
    for job in context().monitor.dead_letters():
        causes[job.cause or "unknown"] += 1
        if len(listed) < _MAX_DEAD_LETTERS:
            listed.append(job.to_dict() | {"would_fail_again": _would_fail_again(job)})
    hopeless = causes[Cause.REJECTED]
    return {"count": causes.total(), "would_fail_again": hopeless, "causes": causes, "jobs": listed}


@dead_letter_routes.post("/dead-letters/retry")
def retry_dead_letters() -> tuple[dict[str, list[str]], int]:
    """Retry every dead letter as a new job: {"skip_rejected": true} leaves out those that would fail again.

    429 means that the first ones filled the queue.
    """
    skip = body_of_request().get("skip_rejected", False)
    if not isinstance(skip, bool):
        raise InvalidRequest([("skip_rejected", "must be true or false")])
    dead = (job for job in context().monitor.dead_letters() if not (skip and _would_fail_again(job)))
    new: list[str] = []
    while chunk := list(islice(dead, context().max_batch)):
        new += context().producer.retry(chunk)
    return {"job_ids": new}, 202


@dead_letter_routes.post("/dead-letters/dismiss")
def dismiss_dead_letters() -> dict[str, int]:
    """Dismiss every dead letter: it stays FAILED until it expires, and is no dead letter any more."""
    dead, dismissed = context().monitor.dead_letters(), 0
    while chunk := [job.job_id for job in islice(dead, _CHUNK)]:
        dismissed += context().producer.dismiss(chunk)
    return {"dismissed": dismissed}


@dead_letter_routes.post("/jobs/<job_id>/dismiss")
def dismiss_job(job_id: str) -> dict[str, str] | Response:
    """Dismiss one FAILED job."""
    job = find_job(job_id)
    if job.state is not JobState.FAILED or not context().producer.dismiss([job_id]):
        return problem(409, f"Only a FAILED job can be dismissed; this one is {job.state}.", state=job.state)
    return {"job_id": job_id, "state": job.state}


def _would_fail_again(job: Job) -> bool:
    """Return whether a retry is hopeless: the same request has the same fault."""
    return job.cause is Cause.REJECTED
