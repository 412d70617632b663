"""The routes that change the whole queue: pause and resume it, cancel what waits, purge what has ended.

What cannot be undone needs `{"confirm": true}`, and works for a few seconds at most: the answer says how many
jobs are left.
Read next: pdflab/service/jobqueue/operator.py.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Blueprint, request

from pdflab.errors import InvalidRequest, StorageUnavailable
from pdflab.jobs import JobState
from pdflab.service.api.context import context
from pdflab.service.http.errors import read_json

_TIME_LIMIT = 2.0  # seconds of one request; a browser gives up after four
_PURGED = {
    "COMPLETED": (JobState.COMPLETED,),
    "FAILED": (JobState.FAILED,),
    "both": (JobState.COMPLETED, JobState.FAILED),
}

control_routes = Blueprint("control", __name__)


@control_routes.post("/queue/pause")
def pause_queue() -> dict[str, bool]:
    """Let no worker begin a job; jobs are still accepted, and running ones finish."""
    context().producer.pause()
    return {"paused": True}


@control_routes.post("/queue/resume")
def resume_queue() -> dict[str, bool]:
    """Let workers begin jobs again."""
    context().producer.resume()
    return {"paused": False}


@control_routes.post("/queue/cancel")
def cancel_queue() -> dict[str, int]:
    """Cancel every QUEUED job: {"confirm": true}."""
    queued = context().monitor.kept()[JobState.QUEUED]
    _require_confirmation(body_of_request(), f"This ends {queued:,} QUEUED jobs as FAILED, without a PDF.")
    cancelled = _within_limit(context().producer.cancel_queued())
    return {"cancelled": cancelled, "queued": context().monitor.kept()[JobState.QUEUED]}


@control_routes.post("/jobs/purge")
def purge_jobs() -> dict[str, int]:
    """Delete ended jobs with their PDFs: {"state": "COMPLETED", "FAILED" or "both", "confirm": true}."""
    body = body_of_request()
    states = _PURGED.get(str(body.get("state")), ())
    if not states:
        raise InvalidRequest([("state", f"must be one of {', '.join(_PURGED)}")])
    count = _kept(states)
    pdfs = " and their PDFs" if JobState.COMPLETED in states else ""
    loss = f"This deletes {count:,} {' and '.join(states)} jobs, with all that is known about them{pdfs}."
    _require_confirmation(body, loss)
    purged = _within_limit(_purge(states))
    return {"purged": purged, "kept": _kept(states)}


def body_of_request() -> dict[str, Any]:
    """Return the JSON object in the body of the present request, if it has a body. Raises InvalidRequest."""
    body = read_json(request) if request.content_length else {}
    if not isinstance(body, dict):
        raise InvalidRequest([("", "The body must be a JSON object.")])
    return body


def _require_confirmation(body: dict[str, Any], loss: str) -> None:
    if body.get("confirm") is not True:
        raise InvalidRequest([("", f'{loss} To do it, send "confirm": true.')])


def _within_limit(chunks: Iterable[int]) -> int:
    """Work through chunks until there is none left or the time is over; return the sum of their counts."""
    deadline, total = time.monotonic() + _TIME_LIMIT, 0
    for count in chunks:
        total += count
        if time.monotonic() > deadline:
            break
    return total


def _kept(states: Sequence[JobState]) -> int:
    kept = context().monitor.kept()
    return sum(kept[state] for state in states)


def _purge(states: Sequence[JobState]) -> Iterator[int]:
    """Delete the files of what has ended until now, then the records, as workers do with expired jobs."""
    c, begun_at = context(), time.monotonic()
    _note_purge(states, c.producer.now())
    while ended := c.producer.list_ended(states, older_than=time.monotonic() - begun_at):
        deleted = [job_id for job_id in ended if c.storage.delete(job_id)]
        if not deleted:
            raise StorageUnavailable("The PDFs cannot be deleted; look at the disk, and try again.")
        c.producer.forget(deleted)
        yield len(deleted)


def _note_purge(states: Sequence[JobState], before: float) -> None:
    """Write down, before anything is deleted, what an audit will not find any more."""
    path = context().purged_file
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps({"state": state, "before": before}) + "\n" for state in states)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be written ({error.strerror}); nothing is purged.") from None
