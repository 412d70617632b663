"""The API: it accepts, cancels and tries again; each answer says where to look next."""

import json
import subprocess
import sys

import pytest
from flask.testing import FlaskClient
from shorthand import (
    NOTE,
    WORKER,
    ask,
    client_of,
    job,
    line,
    note_commands,
    state,
    submit,
    take_and_claim,
)

from pdflab.documents.kinds import sample_request
from pdflab.jobs import Cause, JobState
from pdflab.service.api.control import control_routes
from pdflab.service.api.dead_letters import dead_letter_routes
from pdflab.service.api.jobs import job_routes
from pdflab.service.api.monitoring import monitoring_routes
from pdflab.service.api.submit import submit_routes
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

PROBLEM, JSON = "application/problem+json", "application/json"


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the API over an empty queue."""
    return client_of(queue, settings)


@pytest.mark.parametrize("kind", ["custom", "invoice", "report"])
def test_a_document_is_accepted(api: FlaskClient, queue: JobQueue, kind: str) -> None:
    """202, the job's id, and where to look; the worker reads the same request."""
    answer = ask(api, sample_request(kind, 1))

    assert (answer.status_code, answer.content_type) == (202, JSON)
    job_id = answer.json["job_id"]
    assert answer.json == {
        "job_id": job_id,
        "state": "QUEUED",
        "status_url": f"/jobs/{job_id}",
        "pdf_url": f"/jobs/{job_id}/pdf",
    }
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    assert (job(queue, job_id).kind, json.loads(job(queue, job_id).request)) == (
        kind,
        sample_request(kind, 1),
    )


def test_the_same_idempotency_key_answers_with_the_same_job(api: FlaskClient, queue: JobQueue) -> None:
    """A client without an answer sends again and finds its job; a header says that it is a replay."""
    first, again, other = (ask(api, **{"Idempotency-Key": key}) for key in ("k1", "k1", "k2"))

    assert first.json["job_id"] == again.json["job_id"] != other.json["job_id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert queue.stats().queued == 2


def test_a_batch_is_accepted_in_its_order(api: FlaskClient, queue: JobQueue) -> None:
    """202 and an id for each document."""
    answer = api.post("/generate-pdf/batch", json={"requests": [NOTE, sample_request("invoice", 1), NOTE]})

    assert (answer.status_code, answer.content_type) == (202, JSON)
    assert line(queue) == answer.json["job_ids"]
    assert [job(queue, job_id).kind for job_id in answer.json["job_ids"]] == ["custom", "invoice", "custom"]


def test_the_largest_batch_goes_to_redis_in_one_round_trip(broker: Broker, settings: Settings) -> None:
    """A thousand documents are accepted by one command."""
    client = broker.client()
    queue = JobQueue(client, settings)
    submit(queue, "warm"), line(queue)
    commands = note_commands(client)

    answer = client_of(queue, settings).post("/generate-pdf/batch", json={"requests": [NOTE] * 1000})

    assert (answer.status_code, len(set(answer.json["job_ids"]))) == (202, 1000)
    look = ("SET", "INFO", "PIPELINE")  # at the health of Redis, once in half a second
    assert [command for command in commands if command not in look] == ["EVALSHA"]


def test_a_queued_job_can_be_cancelled(api: FlaskClient, queue: JobQueue) -> None:
    """It has ended as FAILED."""
    submit(queue, "a")

    answer = api.delete("/jobs/a")

    assert (answer.status_code, answer.json) == (200, {"job_id": "a", "state": "FAILED"})
    assert state(queue, "a") is JobState.FAILED


def test_only_a_queued_job_can_be_cancelled_and_only_a_failed_one_retried(
    api: FlaskClient, queue: JobQueue
) -> None:
    """409, with the state that stands in the way; the job is not disturbed."""
    submit(queue, "a")
    take_and_claim(queue)

    for answer in (api.delete("/jobs/a"), api.post("/jobs/a/retry")):
        assert (answer.status_code, answer.json["state"]) == (409, "PROCESSING")
    assert state(queue, "a") is JobState.PROCESSING


def test_a_retry_is_a_new_job_and_pressed_twice_still_one(api: FlaskClient, queue: JobQueue) -> None:
    """The failed one stays as it ended; the new one has the same request and names it."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "why"))

    first, again = api.post("/jobs/a/retry"), api.post("/jobs/a/retry")

    assert (first.status_code, first.json["retry_of"]) == (202, "a")
    assert first.json["job_id"] == again.json["job_id"] != "a"
    new = job(queue, first.json["job_id"])
    assert (new.state, new.retry_of, new.request) == (JobState.QUEUED, "a", job(queue, "a").request)
    assert state(queue, "a") is JobState.FAILED
    assert line(queue) == [new.job_id]


def test_every_family_of_routes_is_served(api: FlaskClient) -> None:
    """Each is a file of its own, registered by name."""
    families = {submit_routes, job_routes, control_routes, dead_letter_routes, monitoring_routes}

    assert {*api.application.blueprints.values()} == families


def test_the_api_loads_no_renderer() -> None:
    """It checks requests of every kind, and neither fpdf2 nor a worker is in its process."""
    program = (
        "import sys, pdflab.service.api.app; from pdflab.documents.kinds import parse_request;"
        "parse_request({'type': 'custom', 'title': 't', 'text': 'x'}); print(*sys.modules)"
    )

    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert "pdflab.service.api.submit" in loaded
    assert not {"fpdf", "matplotlib", "pdflab.documents.render", "pdflab.service.worker.worker"} & {*loaded}
