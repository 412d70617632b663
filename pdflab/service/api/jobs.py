"""The routes of jobs: list them, show one, download its PDF, cancel it, retry it.

Read next: pdflab/service/api/dead_letters.py, then pdflab/service/api/control.py.
"""

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request, send_file, url_for

from pdflab.errors import InvalidRequest, StorageUnavailable
from pdflab.jobs import Job, JobState
from pdflab.service.api.context import context
from pdflab.service.api.submit import accepted
from pdflab.service.http.errors import problem
from pdflab.service.storage.base import is_whole

_GONE = "This PDF has expired or was damaged; submit the document again."

job_routes = Blueprint("jobs", __name__)


@job_routes.get("/jobs")
def list_jobs() -> dict[str, Any]:
    """List jobs: ?state=FAILED&limit=50, with `before` = `next` of the answer before, and a search `q`.

    Of all states, or those that ended, they come newest first. `q` is the beginning of a job id, or a part
    of a kind or title; one answer looks at up to 5,000 jobs.
    """
    asked = request.args
    state, limit, words = asked.get("state", "").upper(), asked.get("limit", "50"), asked.get("q", "")
    if state not in ("", *JobState.__members__) or not re.fullmatch("[1-9][0-9]{0,2}|1000", limit):
        states = ", ".join(JobState)
        raise InvalidRequest([("", f"state must be one of {states}, and limit between 1 and 1000.")])
    page = context().monitor.page(
        JobState(state) if state else None,
        int(limit),
        before=asked.get("before", ""),
        wanted=_search(words) if words else lambda job: True,
    )
    jobs = [job.to_dict() for job in page.jobs]
    return {"jobs": jobs, "next": page.next, "searched": page.searched, "counts": context().monitor.kept()}


@job_routes.get("/jobs/<job_id>")
def show_job(job_id: str) -> dict[str, Any]:
    """Show one job with its history, its request and, while it is QUEUED, its place in the queue.

    `no_pdf` says why there is no PDF, and `request` is null when it is no longer kept.
    """
    job = find_job(job_id)
    return job.to_dict() | {
        "place": context().monitor.place(job_id) if job.state is JobState.QUEUED else None,
        "pdf_url": url_for("jobs.show_pdf", job_id=job_id),
        "no_pdf": _why_no_pdf(job),
        "request": _request_of(job),
    }


@job_routes.get("/jobs/<job_id>/pdf")
def show_pdf(job_id: str) -> Response:
    """Return the PDF, or 409 while there is none."""
    job = find_job(job_id)
    if job.state is not JobState.COMPLETED:
        return problem(409, str(_why_no_pdf(job)), state=job.state)
    pdf = context().storage.read(job_id)
    if pdf is None or not is_whole(pdf):
        return problem(410, _GONE)
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
    job = find_job(job_id)
    if job.state is not JobState.FAILED:
        return problem(409, f"Only a FAILED job can be retried; this one is {job.state}.", state=job.state)
    [new] = context().producer.retry([job])
    return {**accepted(new, replayed=job.retried_as is not None), "retry_of": job_id}, 202


def find_job(job_id: str) -> Job:
    """Return a job, or answer 404."""
    return context().monitor.get(job_id) or _report_unknown(job_id)


def _search(words: str) -> Callable[[Job], bool]:
    words = words.casefold()

    def is_wanted(job: Job) -> bool:
        return job.job_id.startswith(words) or words in job.kind or words in job.title.casefold()

    return is_wanted


def _why_no_pdf(job: Job) -> str | None:
    match job.state:
        case JobState.COMPLETED:
            try:
                return None if context().storage.exists(job.job_id) else _GONE
            except StorageUnavailable as error:
                return str(error)
        case JobState.FAILED:
            return f"There is no PDF: {str(job.reason).rstrip('.')}."
    return f"There is no PDF yet: the job is {job.state}."


def _request_of(job: Job) -> Any:
    try:
        return json.loads(job.request)
    except ValueError:
        return None  # it is not kept, or was damaged from outside


def _report_unknown(job_id: str) -> NoReturn:
    abort(404, f"There is no job {job_id[:64]!r}. Check its id; old jobs are deleted.")
