"""The API when something is wrong: one form for every problem, and nothing accepted by halves."""

import json
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from shorthand import (
    NOTE,
    ask,
    client_of,
    events,
    queue_away,
)

from pdflab.documents.kinds import sample_request
from pdflab.service.http.errors import problem
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

PROBLEM, JSON = "application/problem+json", "application/json"


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the API over an empty queue."""
    return client_of(queue, settings)


@pytest.fixture
def api_away(settings: Settings) -> FlaskClient:
    """A client of an API whose Redis has gone."""
    return client_of(queue_away(settings), settings)


def test_a_problem_may_have_members_of_its_own() -> None:
    """They stand beside those of RFC 9457; Retry-After is a header."""
    answer = problem(409, "Wait for its end.", retry_after=3, state="PROCESSING")

    standard = {"type": "about:blank", "title": "Conflict", "status": 409, "detail": "Wait for its end."}
    assert json.loads(answer.data) == standard | {"state": "PROCESSING"}
    assert (answer.status_code, answer.content_type, answer.headers["Retry-After"]) == (409, PROBLEM, "3")


def test_an_endless_idempotency_key_is_refused(api: FlaskClient) -> None:
    """422, naming the header."""
    answer = ask(api, **{"Idempotency-Key": "k" * 201})

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")


def invoice_with(**fields: Any) -> dict[str, Any]:
    invoice = sample_request("invoice", 1)
    invoice["lines"][0] |= fields
    return invoice


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (NOTE | {"colour": "red"}, "colour"),
        ({"type": "custom", "title": "no text"}, "text"),
        (NOTE | {"type": "poster"}, "type"),
        ({"title": "A note"}, "type"),
        (invoice_with(quantity="-1"), "lines.0.quantity"),
        (invoice_with(unit_price=12.5), "lines.0.unit_price"),
        (invoice_with(quantity=10**4000), "lines.0.quantity"),
        (NOTE | {"title": "\ud800"}, "title"),
        (NOTE | {"text": "x" * 50_001}, "text"),
    ],
)
def test_a_wrong_field_is_named(api: FlaskClient, queue: JobQueue, body: dict[str, Any], field: str) -> None:
    """422, with the path of the field and a sentence; nothing is accepted."""
    answer = ask(api, body)

    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert answer.json["errors"][0]["problem"]
    assert events(queue) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"no JSON",
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"NaN",
        b'{"type": "custom", "title": "t", "text": Infinity}',
        b"[]",
        b"7",
        b"null",
        b"9" * 5000,
    ],
)
def test_a_body_that_is_no_request_is_refused(api: FlaskClient, queue: JobQueue, body: bytes) -> None:
    """400 and a sentence, however strange the bytes; nothing is accepted."""
    answer = api.post("/generate-pdf", data=body)

    assert (answer.status_code, answer.content_type, answer.json["status"]) == (400, PROBLEM, 400)
    assert answer.json["detail"]
    assert events(queue) == []


def test_a_body_that_is_too_large_is_refused(api: FlaskClient, queue: JobQueue) -> None:
    """413 for ten megabytes, at every endpoint that takes a body."""
    for path in ("/generate-pdf", "/generate-pdf/batch", "/operations/burst"):
        answer = api.post(path, data=b"x" * 10_000_000)
        assert (answer.status_code, answer.content_type) == (413, PROBLEM)
    assert events(queue) == []


@pytest.mark.parametrize(
    "body", [{"requests": []}, {"requests": [NOTE] * 1001}, {"requests": NOTE}, {}, [NOTE], "x"]
)
def test_a_batch_of_none_or_too_many_is_refused(api: FlaskClient, queue: JobQueue, body: Any) -> None:
    """1 to 1,000, as a list under `requests`."""
    answer = api.post("/generate-pdf/batch", json=body)

    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "requests")
    assert events(queue) == []


def test_one_bad_document_refuses_its_batch(api: FlaskClient, queue: JobQueue) -> None:
    """All or none: the answer names the document and its field, and no job exists."""
    bad = NOTE | {"title": ""}

    answer = api.post("/generate-pdf/batch", json={"requests": [NOTE, bad, NOTE, "no object"]})

    assert answer.status_code == 422
    assert [e["field"] for e in answer.json["errors"]] == ["requests.1.title", "requests.3"]
    assert events(queue) == []


@pytest.fixture
def narrow_api(broker: Broker, settings: Settings) -> FlaskClient:
    """An API whose queue has room for two."""
    narrow = replace(settings, queue_limit=2)
    return client_of(JobQueue(broker.client(), narrow), narrow)


def test_a_full_queue_says_when_to_retry(narrow_api: FlaskClient, queue: JobQueue) -> None:
    """429 with Retry-After, for one and for a batch that does not fit; nothing of it is accepted."""
    ask(narrow_api)
    batch = narrow_api.post("/generate-pdf/batch", json={"requests": [NOTE, NOTE]})
    ask(narrow_api)
    one = ask(narrow_api)

    for refused in (batch, one):
        assert (refused.status_code, refused.content_type) == (429, PROBLEM)
        assert int(refused.headers["Retry-After"]) > 0
    assert queue.stats().queued == 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/generate-pdf"),
        ("POST", "/generate-pdf/batch"),
        ("GET", "/jobs"),
        ("GET", "/jobs/a"),
        ("GET", "/jobs/a/pdf"),
        ("DELETE", "/jobs/a"),
        ("POST", "/jobs/a/retry"),
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/retry"),
        ("GET", "/stats"),
        ("GET", "/events"),
        ("GET", "/metrics"),
        ("GET", "/healthz"),
    ],
)
def test_without_redis_the_answer_is_503(api_away: FlaskClient, method: str, path: str) -> None:
    """With Retry-After and a sentence: the service is there, its queue is not."""
    body = {"json": {"requests": [NOTE]} if "batch" in path else NOTE} if method == "POST" else {}

    answer = api_away.open(path, method=method, **body)

    assert (answer.status_code, answer.content_type) == (503, PROBLEM)
    assert int(answer.headers["Retry-After"]) > 0
    assert "Idempotency-Key" in answer.json["detail"]


def test_bad_input_is_refused_even_without_redis(api_away: FlaskClient) -> None:
    """A request that can never be accepted is not sent again."""
    assert ask(api_away, {"type": "poster"}).status_code == 422


@pytest.mark.parametrize(
    "query", ["state=DONE", "state=%FF", "limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1.5"]
)
def test_an_invalid_list_query_is_refused(api: FlaskClient, query: str) -> None:
    """400, and a sentence with the valid values."""
    answer = api.get(f"/jobs?{query}")

    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert "limit between 1 and 1000" in answer.json["detail"]


def test_a_wrong_method_is_answered_with_the_right_ones(api: FlaskClient) -> None:
    """405 with Allow, as HTTP requires."""
    answer = api.put("/generate-pdf")

    assert (answer.status_code, answer.content_type) == (405, PROBLEM)
    assert "POST" in answer.headers["Allow"]


HUGE = "9" * 5000


@pytest.mark.parametrize(
    "path", [f"/jobs?limit={HUGE}", f"/events?after={HUGE}", "/events?after=٣", f"/events?after={2**64}"]
)
def test_a_number_that_is_none_is_bad_input(api: FlaskClient, path: str) -> None:
    """Never a 500: digits of another script, and more of them than a number may have."""
    assert api.get(path).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/jobs/x"), ("GET", "/jobs/x/pdf"), ("DELETE", "/jobs/x"), ("POST", "/jobs/x/retry")],
)
def test_an_unknown_job_is_404(api: FlaskClient, method: str, path: str) -> None:
    """With a sentence that names it."""
    answer = api.open(path, method=method)

    assert (answer.status_code, answer.content_type) == (404, PROBLEM)
    assert "'x'" in answer.json["detail"]


def test_no_path_leads_out_of_the_storage(api: FlaskClient, settings: Settings) -> None:
    """Whatever a job id looks like, only a job's own PDF is ever sent."""
    (settings.folder / "secret.pdf").write_text("secret")

    for job_id in ("../secret", "..%2Fsecret", "%2e%2e%2fsecret", ".", ".."):
        assert api.get(f"/jobs/{job_id}/pdf").status_code in (404, 308)


def test_what_a_user_wrote_comes_back_as_json(api: FlaskClient) -> None:
    """A name that is markup is data, in a type that no browser runs."""
    for answer in (api.get("/jobs/<script>x"), ask(api, NOTE | {"<script>": 1})):
        assert answer.content_type == PROBLEM
        assert "<script>" in json.loads(answer.data)["detail"]


@pytest.mark.parametrize("after", ["x", "1-2-3", "-", "1-", "", "1.5", "$", "+"])
def test_a_position_that_is_none_is_refused(api: FlaskClient, after: str) -> None:
    """400, not an error of Redis."""
    assert api.get("/events", query_string={"after": after}).status_code == 400


def test_an_operation_whose_parameters_are_no_object_is_refused(api: FlaskClient) -> None:
    """400 for a list, and for what is no JSON."""
    assert api.post("/operations/burst", json=[1]).status_code == 400
    assert api.post("/operations/burst", data="{").status_code == 400


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nope", 404), ("PUT", "/generate-pdf", 405)])
def test_an_unknown_route_is_a_problem_too(api: FlaskClient, method: str, path: str, status: int) -> None:
    """Every error has one form."""
    answer = api.open(path, method=method)

    assert (answer.status_code, answer.content_type, answer.json["status"]) == (status, PROBLEM, status)


def test_a_defect_is_in_the_log_and_not_in_the_answer(
    api: FlaskClient, queue: JobQueue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback and no inner word leaves the service."""

    def break_down(job_id: str) -> None:
        raise ZeroDivisionError("inner word")

    monkeypatch.setattr(queue, "get", break_down)

    answer = api.get("/jobs/a")

    assert (answer.status_code, answer.content_type) == (500, PROBLEM)
    assert "inner word" not in answer.text
    assert "inner word" in caplog.text
