"""The routes that accept documents: one, or a batch of them.

Read next: pdflab/documents/kinds.py.
"""

import hashlib
import json
from dataclasses import replace
from typing import Any, TypedDict

from flask import Blueprint, Response, request

from pdflab.documents.kinds import parse_json, parse_request
from pdflab.errors import InvalidRequest, StorageUnavailable
from pdflab.jobs import JobState
from pdflab.service.api.context import context
from pdflab.service.http.errors import LARGE, read_json
from pdflab.service.jobqueue.base import Submission, new_id

_MAX_KEY = 200  # characters
_MAX_PROBLEMS = 20  # in one answer
_MAX_TITLE = 120  # characters

submit_routes = Blueprint("submit", __name__)


class Accepted(TypedDict):
    """The answer for an accepted job."""

    job_id: str
    state: JobState
    status_url: str
    pdf_url: str


@submit_routes.post("/generate-pdf")
def generate_pdf() -> Response:
    """Accept one document; the same Idempotency-Key answers with the same job."""
    key = _idempotency_key()
    submission = _submission(read_json(request), f"client:{key}") if key else _quick_submission()
    _require_room()
    [job_id] = context().producer.enqueue([submission])
    replayed = job_id != submission.job_id
    answer = accepted(job_id, replayed=replayed)
    headers = {"Location": answer["status_url"]} | _replayed_header(replayed)
    return Response(json.dumps(answer), 202, headers, content_type="application/json")


@submit_routes.post("/generate-pdf/batch")
def generate_batch() -> tuple[dict[str, list[str]], int, dict[str, str]]:
    """Accept up to 1,000 documents in one round trip, all or none: {"requests": […]}.

    The same Idempotency-Key answers with the same jobs.
    """
    key, max_batch = _idempotency_key(), context().max_batch
    body = read_json(request)
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= max_batch:
        raise InvalidRequest([("requests", f"must be a list of 1 to {max_batch:,} requests")])
    submissions = _submissions(requests, key)
    _require_room()
    job_ids = context().producer.enqueue(submissions)
    return {"job_ids": job_ids}, 202, _replayed_header(job_ids[0] != submissions[0].job_id)


def _require_room() -> None:
    """Raise StorageUnavailable when the disk is nearly full: Redis answers before its file is written.

    Raise BrokerUnavailable when Redis would not keep a job.
    """
    if not context().room():
        raise StorageUnavailable("The disk is nearly full, and no job is accepted; make room on it.")
    context().health()


def accepted(job_id: str, *, replayed: bool) -> Accepted:
    """Return the answer for an accepted job; one that was accepted before has its present state."""
    job = context().monitor.get(job_id) if replayed else None
    status_url = f"{request.script_root}/jobs/{job_id}"  # url_for would cost each answer 0.04 ms
    return {
        "job_id": job_id,
        "state": job.state if job else JobState.QUEUED,
        "status_url": status_url,
        "pdf_url": f"{status_url}/pdf",
    }


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _MAX_KEY:
        raise InvalidRequest([("Idempotency-Key", f"must have at most {_MAX_KEY} characters")])
    return key


def _replayed_header(replayed: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if replayed else {}


def _quick_submission() -> Submission:
    """Return the request as it was sent, if it passes the quick check; the full one says what is wrong."""
    body = request.get_data()
    document = parse_json(body) if len(body) <= LARGE else None
    if not document:
        return _submission(read_json(request), "")
    return Submission(new_id(), document.type, body.decode(), document.caption[:_MAX_TITLE])


def _submission(data: Any, key: str) -> Submission:
    document = parse_request(data)
    request = json.dumps(data, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return Submission(new_id(), document.type, request, document.caption[:_MAX_TITLE], key)


def _submissions(requests: list[Any], key: str) -> list[Submission]:
    submissions, problems = [], []
    for index, data in enumerate(requests):
        try:
            submissions.append(_submission(data, f"batch:{key}:{index}" if key else ""))
        except InvalidRequest as error:
            problems += [(f"requests.{index}.{field}".rstrip("."), what) for field, what in error.problems]
    if problems:
        raise InvalidRequest(problems[:_MAX_PROBLEMS])
    whole = hashlib.sha256("\n".join(s.request for s in submissions).encode()).hexdigest()
    return [replace(s, fingerprint=whole) for s in submissions] if key else submissions
