"""The routes of dead letters: jobs that FAILED, were not cancelled, and have not been retried.

Read next: pdflab/service/api/operations.py.
"""

from itertools import islice
from typing import Any

from flask import Blueprint

from pdflab.service.api.context import context

_MAX_LISTED = 1000

dead_letter_routes = Blueprint("dead_letters", __name__)


@dead_letter_routes.get("/dead-letters")
def show_dead_letters() -> dict[str, Any]:
    """List the jobs that FAILED, were not cancelled and have not been retried, oldest first."""
    dead = context().monitor.dead_letters()
    listed = [job.to_dict() for job in islice(dead, _MAX_LISTED)]
    return {"count": len(listed) + sum(1 for _ in dead), "jobs": listed}


@dead_letter_routes.post("/dead-letters/retry")
def retry_dead_letters() -> tuple[dict[str, list[str]], int]:
    """Retry every dead letter as a new job; 429 means that the first ones filled the queue."""
    dead, new = context().monitor.dead_letters(), []
    while chunk := list(islice(dead, context().max_batch)):
        new += context().producer.retry(chunk)
    return {"job_ids": new}, 202
