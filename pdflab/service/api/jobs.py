"""The routes of jobs: list them, show one, download its PDF, cancel it, retry it; and of dead letters.

Read next: pdflab/service/api/monitoring.py.
"""

import re
from io import BytesIO
from itertools import islice
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request, send_file, url_for

from pdflab.errors import InvalidRequest
from pdflab.jobs import Job, JobState
from pdflab.service.api.context import context
from pdflab.service.api.submit import accepted
from pdflab.service.http.errors import problem
from pdflab.service.storage.base import is_whole

_MAX_DEAD_LETTERS = 1000  # in one answer

job_routes = Blueprint("jobs", __name__)


@job_routes.get("/jobs")
def list_jobs() -> dict[str, Any]:
    """List jobs of one state: ?state=FAILED&limit=50. Those that ended come newest first."""
    state, limit = request.args.get("state", "QUEUED").upper(), request.args.get("limit", "50")
    if state not in JobState.__members__ or not re.fullmatch("[1-9][0-9]{0,2}|1000", limit):
        states = ", ".join(JobState)
        raise InvalidRequest([("", f"state must be one of {states}, and limit between 1 and 1000.")])
    return {"jobs": [job.to_dict() for job in context().monitor.jobs(JobState(state), int(limit))]}


@job_routes.get("/jobs/<job_id>")
def show_job(job_id: str) -> dict[str, Any]:
    """Show one job with its history and, while it is QUEUED, its place in the queue."""
    job = _find(job_id)
    place = context().monitor.place(job_id) if job.state is JobState.QUEUED else None
    return job.to_dict() | {"place": place, "pdf_url": url_for("jobs.show_pdf", job_id=job_id)}


@job_routes.get("/jobs/<job_id>/pdf")
def show_pdf(job_id: str) -> Response:
    """Return the PDF, or 409 while there is none."""
    job = _find(job_id)
    if job.state is not JobState.COMPLETED:
        return problem(409, _why_no_pdf(job), state=job.state)
    pdf = context().storage.read(job_id)
    if pdf is None or not is_whole(pdf):
        return problem(410, "This PDF has expired or was damaged; submit the document again.")
    answer = send_file(BytesIO(pdf), "application/pdf", download_name=f"{job_id}.pdf", etag=job_id)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@job_routes.delete("/jobs/<job_id>")
def cancel_job(job_id: str) -> dict[str, str] | Response:
    """Cancel a job that is still QUEUED: it ends as FAILED."""
    state = context().producer.cancel(job_id)
    if state is None:
        _report_unknown(job_id)
    if state is not JobState.QUEUED:
        return problem(409, f"Only a QUEUED job can be cancelled; this one is {state}.", state=state)
    return {"job_id": job_id, "state": JobState.FAILED}


@job_routes.post("/jobs/<job_id>/retry")
def retry_job(job_id: str) -> tuple[dict[str, Any], int] | Response:
    """Retry a FAILED job as a new job; a second request for it answers with the same new job."""
    job = _find(job_id)
    if job.state is not JobState.FAILED:
        return problem(409, f"Only a FAILED job can be retried; this one is {job.state}.", state=job.state)
    [new] = context().producer.retry([job])
    return {**accepted(new, replayed=job.retried_as is not None), "retry_of": job_id}, 202


@job_routes.get("/dead-letters")
def show_dead_letters() -> dict[str, Any]:
    """List the jobs that FAILED, were not cancelled and have not been retried, oldest first."""
    dead = context().monitor.dead_letters()
    listed = [job.to_dict() for job in islice(dead, _MAX_DEAD_LETTERS)]
    return {"count": len(listed) + sum(1 for _ in dead), "jobs": listed}


@job_routes.post("/dead-letters/retry")
def retry_dead_letters() -> tuple[dict[str, list[str]], int]:
    """Retry every dead letter as a new job; 429 means that the first ones filled the queue."""
    dead, new = context().monitor.dead_letters(), []
    while chunk := list(islice(dead, context().max_batch)):
        new += context().producer.retry(chunk)
    return {"job_ids": new}, 202


def _why_no_pdf(job: Job) -> str:
    if job.state is JobState.FAILED:
        return f"There is no PDF: {str(job.reason).rstrip('.')}."
    return f"There is no PDF yet: the job is {job.state}."


def _find(job_id: str) -> Job:
    return context().monitor.get(job_id) or _report_unknown(job_id)


def _report_unknown(job_id: str) -> NoReturn:
    abort(404, f"There is no job {job_id[:64]!r}. Check its id; old jobs are deleted.")
