"""The API: it accepts, answers 202 and never renders.

A view parses, takes one step of the queue, and answers. What goes wrong is told in service/http/errors.py.

Read next: service/jobqueue/jobqueue.py.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request, send_file, url_for

from pdflab.documents.kinds import parse_request
from pdflab.errors import InvalidRequest
from pdflab.jobs import Job, JobState
from pdflab.service.api.prometheus import exposition
from pdflab.service.api.snapshot import Snapshot
from pdflab.service.http.cache import CachedCall
from pdflab.service.http.errors import add_problem_handlers, problem, read_json
from pdflab.service.http.openapi import describe
from pdflab.service.http.security import HostOriginCheck
from pdflab.service.jobqueue.jobqueue import JobQueue, Submission, new_id
from pdflab.service.jobqueue.liveview import LiveView
from pdflab.service.storage.folder import Storage
from pdflab.settings import Settings

StartOperation = Callable[[str, dict[str, Any]], dict[str, Any]]

_BATCH = 1000
_PAGE = Path(__file__).parents[1] / "dashboard"
# The page runs its own script and nothing else, and no other site shows it under buttons of its own.
_POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

views = Blueprint("api", __name__)


class Service:
    """What the views work with; one for each app."""

    def __init__(
        self, queue: JobQueue, storage: Storage, start_operation: StartOperation, *, queue_limit: int
    ) -> None:
        self.queue = queue
        self.storage = storage
        self.start_operation = start_operation
        self.largest_batch = min(_BATCH, queue_limit)  # a larger one would find no room even in an empty line
        self.stats = CachedCall(queue.stats)
        self.snapshot = CachedCall(Snapshot(LiveView(queue), self.stats).take)


def create_app(
    queue: JobQueue, storage: Storage, settings: Settings, *, start_operation: StartOperation
) -> Flask:
    """Make the WSGI application; `start_operation(name, parameters)` starts a load and says what it sends."""
    app = Flask("pdflab", static_folder=str(_PAGE), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.wsgi_app = HostOriginCheck(app.wsgi_app, settings)  # type: ignore[method-assign]
    app.extensions["pdflab"] = Service(queue, storage, start_operation, queue_limit=settings.queue_limit)
    app.register_blueprint(views)
    add_problem_handlers(app)
    return app


@views.post("/generate-pdf")
def generate_pdf() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Accept one document; the same Idempotency-Key answers with the same job."""
    key = _key()
    submission = _submission(read_json(request), f"client:{key}" if key else "")
    [job_id] = _service().queue.enqueue([submission])
    replayed = job_id != submission.job_id
    accepted = _accepted(job_id, known=replayed)
    return accepted, 202, {"Location": accepted["status_url"]} | _replayed(replayed)


@views.post("/generate-pdf/batch")
def generate_batch() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Accept up to 1,000 documents in one round trip, all or none: {"requests": […]}.

    The same Idempotency-Key answers with the same jobs.
    """
    key, body, most = _key(), read_json(request), _service().largest_batch
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= most:
        raise InvalidRequest([("requests", f"must be a list of 1 to {most:,} requests")])
    submissions = _submissions(requests, key)
    job_ids = _service().queue.enqueue(submissions)
    return {"job_ids": job_ids}, 202, _replayed(job_ids[0] != submissions[0].job_id)


@views.get("/jobs")
def list_jobs() -> dict[str, Any] | Response:
    """List jobs of one state: ?state=FAILED&limit=50. Those that ended come newest first."""
    wanted, limit = request.args.get("state", "QUEUED").upper(), request.args.get("limit", "50")
    if wanted not in JobState.__members__ or not re.fullmatch("[1-9][0-9]{0,2}|1000", limit):
        return problem(400, f"state is one of {', '.join(JobState)}, and limit between 1 and 1000.")
    return {"jobs": [job.to_dict() for job in _service().queue.jobs(JobState(wanted), int(limit))]}


@views.get("/jobs/<job_id>")
def show_job(job_id: str) -> dict[str, Any] | Response:
    """Show one job with its history and, while it is QUEUED, its place in the line."""
    job = _service().queue.get(job_id)
    if job is None:
        return _unknown(job_id)
    place = _service().queue.place(job_id) if job.state is JobState.QUEUED else None
    return job.to_dict() | {"place": place, "pdf_url": url_for("api.show_pdf", job_id=job_id)}


@views.get("/jobs/<job_id>/pdf")
def show_pdf(job_id: str) -> Response:
    """Return the PDF, or 409 while there is none."""
    job = _service().queue.get(job_id)
    if job is None:
        return _unknown(job_id)
    if job.state is not JobState.COMPLETED:
        return problem(409, _why_no_pdf(job), state=job.state)
    try:
        pdf = send_file(
            _service().storage.path(job_id).resolve(), "application/pdf", download_name=f"{job_id}.pdf"
        )
    except FileNotFoundError:
        return problem(410, "The time of keeping this PDF is over.")
    pdf.headers["X-Content-Type-Options"] = "nosniff"
    return pdf


@views.delete("/jobs/<job_id>")
def cancel_job(job_id: str) -> dict[str, Any] | Response:
    """Cancel a job that is still QUEUED: it ends as FAILED."""
    found = _service().queue.cancel(job_id)
    if found is None:
        return _unknown(job_id)
    if found is not JobState.QUEUED:
        return problem(409, f"Only a QUEUED job can be cancelled; this one is {found}.", state=found)
    return {"job_id": job_id, "state": JobState.FAILED}


@views.post("/jobs/<job_id>/retry")
def retry_job(job_id: str) -> tuple[dict[str, Any], int] | Response:
    """Ask again for a document that FAILED, as a new job; asked twice, it is still one."""
    job = _service().queue.get(job_id)
    if job is None:
        return _unknown(job_id)
    if job.state is not JobState.FAILED:
        return problem(
            409, f"Only a FAILED job can be tried again; this one is {job.state}.", state=job.state
        )
    [new] = _service().queue.retry([job])
    return _accepted(new, known=job.retried_as is not None) | {"retry_of": job_id}, 202


@views.get("/dead-letters")
def list_dead_letters() -> dict[str, Any]:
    """List the jobs that FAILED, were not cancelled and have not been tried again, oldest first."""
    dead = _service().queue.dead_letters()
    shown = [job.to_dict() for job in islice(dead, _BATCH)]
    return {"count": len(shown) + sum(1 for _ in dead), "jobs": shown}


@views.post("/dead-letters/retry")
def retry_dead_letters() -> tuple[dict[str, Any], int]:
    """Ask again for every dead letter, each as a new job; with 429, those that found room have been."""
    dead, new = _service().queue.dead_letters(), []
    while chunk := list(islice(dead, _service().largest_batch)):
        new += _service().queue.retry(chunk)
    return {"job_ids": new}, 202


@views.get("/stats")
def show_stats() -> dict[str, Any]:
    """Return the numbers of the whole; the same half-second-old look for all who ask."""
    return asdict(_service().stats())


@views.get("/snapshot")
def show_snapshot() -> Response:
    """Return all that the dashboard shows; the same half-second-old look for all who ask."""
    snapshot = Response(_service().snapshot(), content_type="application/json")
    snapshot.headers["Cache-Control"] = "no-store"
    return snapshot


@views.post("/operations/<name>")
def start_operation(name: str) -> tuple[dict[str, Any], int]:
    """Start one of the six operations as a process of its own: {"n": 50, "seconds": 10}."""
    parameters = read_json(request) if request.content_length else {}
    if not isinstance(parameters, dict):
        raise InvalidRequest([("", "The body must be an object.")])
    return _service().start_operation(name, parameters), 202


@views.get("/events")
def list_events() -> dict[str, Any] | Response:
    """Return the transitions since a position, and the position to ask for next."""
    after = request.args.get("after", "0")
    if not re.fullmatch("[0-9]{1,15}(-[0-9]{1,15})?", after):
        return problem(400, "after is the position that the last answer gave, or 0.")
    events, truncated = _service().queue.events(after)
    position = events[-1].event_id if events else after
    return {"events": [event.to_dict() for event in events], "after": position, "truncated": truncated}


@views.get("/metrics")
def show_metrics() -> Response:
    """Return the numbers to Prometheus."""
    text, content_type = exposition(_service().stats())
    return Response(text, content_type=content_type)


@views.get("/healthz")
def show_health() -> dict[str, Any]:
    """Say that the service and its Redis answer."""
    _service().queue.ping()
    return {"status": "ok"}


@views.get("/openapi.json")
def show_description() -> dict[str, Any]:
    """Describe this API."""
    return describe(current_app.url_map, current_app.view_functions)


@views.get("/")
def show_dashboard() -> Response:
    """Show the live dashboard."""
    page = send_file(_PAGE / "index.html")
    page.headers["Content-Security-Policy"] = _POLICY
    return page


def _service() -> Service:
    service: Service = current_app.extensions["pdflab"]
    return service


def _submission(data: Any, key: str) -> Submission:
    kind = parse_request(data).type
    return Submission(new_id(), kind, json.dumps(data, separators=(",", ":"), sort_keys=True), key)


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 200:
        raise InvalidRequest([("Idempotency-Key", "must have at most 200 characters")])
    return key


def _replayed(known: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if known else {}


def _submissions(requests: list[Any], key: str) -> list[Submission]:
    submissions, problems = [], []
    for index, data in enumerate(requests):
        try:
            submissions.append(_submission(data, f"batch:{key}:{index}" if key else ""))
        except InvalidRequest as error:
            problems += [(f"requests.{index}.{field}".rstrip("."), what) for field, what in error.problems]
    if problems:
        raise InvalidRequest(problems[:20])
    return submissions


def _accepted(job_id: str, *, known: bool) -> dict[str, Any]:
    """Tell about an accepted job; one that was known before may have gone on since."""
    job = _service().queue.get(job_id) if known else None
    status_url = f"{request.script_root}/jobs/{job_id}"  # url_for would cost each answer 0.04 ms
    return {
        "job_id": job_id,
        "state": job.state if job else JobState.QUEUED,
        "status_url": status_url,
        "pdf_url": f"{status_url}/pdf",
    }


def _why_no_pdf(job: Job) -> str:
    if job.state is JobState.FAILED:
        return f"There is no PDF: {job.reason}."
    return f"There is no PDF yet: the job is {job.state}."


def _unknown(job_id: str) -> Response:
    return problem(
        404, f"There is no job {job_id[:64]!r}; it may have been forgotten after its time of keeping."
    )
