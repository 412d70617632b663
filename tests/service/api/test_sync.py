"""The synchronous endpoint: the PDF is the answer, and its events go to a file of their own."""

import json
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from pdflab.documents.kinds import sample_request
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.jobs import Cause, JobEvent, JobState
from pdflab.service.api import sync as sync_api
from pdflab.service.api.sync import EventLog, create_sync_app
from pdflab.settings import Settings

ENDPOINT, PROBLEM = "/generate-pdf/sync", "application/problem+json"
IMPOSSIBLE = {"type": "custom", "title": "Without end", "text": "a\n" * 25_000}


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[FlaskClient]:
    """A client of the synchronous endpoint."""
    log = EventLog(settings.sync_log_file)
    yield create_sync_app(settings, log, fonts=FontBook()).test_client()
    log.close()


def logged(settings: Settings) -> list[JobEvent]:
    return [
        JobEvent.from_fields(json.loads(line)) for line in settings.sync_log_file.read_text().splitlines()
    ]


@pytest.mark.parametrize("kind", ["custom", "invoice", "report"])
def test_the_answer_is_the_pdf(endpoint: FlaskClient, settings: Settings, kind: str) -> None:
    """A whole PDF, the id of its job, and that job's two events."""
    answer = endpoint.post(ENDPOINT, json=sample_request(kind, 1))

    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert len(PdfReader(BytesIO(answer.data)).pages) >= 1
    assert [(e.job_id, e.state, e.kind) for e in logged(settings)] == [
        (answer.headers["X-Job-Id"], JobState.PROCESSING, kind),
        (answer.headers["X-Job-Id"], JobState.COMPLETED, kind),
    ]


def test_its_events_never_enter_the_log_of_the_queue(endpoint: FlaskClient, settings: Settings) -> None:
    """jobs.log is the queued side's alone."""
    endpoint.post(ENDPOINT, json=sample_request("custom", 1))

    assert logged(settings)
    assert not settings.log_file.exists()


def test_a_document_that_cannot_be_drawn_is_422_and_failed(endpoint: FlaskClient, settings: Settings) -> None:
    """The answer and the event have the same reason."""
    answer = endpoint.post(ENDPOINT, json=IMPOSSIBLE)

    assert (answer.status_code, answer.content_type) == (422, PROBLEM)
    processing, failed = logged(settings)
    assert (processing.state, failed.state) == (JobState.PROCESSING, JobState.FAILED)
    assert answer.json["detail"] == failed.reason
    assert "more than 500 pages" in failed.reason
    assert failed.cause is Cause.REJECTED


@pytest.mark.parametrize(
    ("error", "cause"),
    [(MemoryError(), Cause.OUT_OF_MEMORY), (ZeroDivisionError("why"), Cause.RENDERER_ERROR)],
)
def test_what_goes_wrong_here_has_the_causes_of_a_worker(
    endpoint: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: Cause
) -> None:
    """Failures have the same causes at both endpoints."""

    def break_down(*_: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(sync_api, "render", break_down)
    answer = endpoint.post(ENDPOINT, json=sample_request("custom", 1))

    assert answer.status_code == 500
    assert [event.cause for event in logged(settings)] == [None, cause]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"type": "poster"}', 422),
        (b'{"type": "custom"}', 422),
        (b"x" * 10**7, 413),
    ],
)
def test_bad_input_is_refused_as_at_the_queued_endpoint(
    endpoint: FlaskClient, settings: Settings, body: bytes, status: int
) -> None:
    """The same answers, and no event: nothing was begun."""
    answer = endpoint.post(ENDPOINT, data=body)

    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert logged(settings) == []


def test_it_is_healthy_without_any_redis(endpoint: FlaskClient) -> None:
    """The synchronous endpoint needs no queue."""
    assert endpoint.get("/healthz").json == {"status": "ok"}


def test_several_processes_share_the_file_and_no_line_is_torn(settings: Settings) -> None:
    """Each event is one write at the end of the file."""
    logs = [EventLog(settings.sync_log_file) for _ in range(3)]

    for number in range(30):
        logs[number % 3].append(f"job-{number}", JobState.FAILED, "custom", "a reason ❤" * 50)
    for log in logs:
        log.close()

    lines = settings.sync_log_file.read_text().splitlines()
    assert [json.loads(line)["job_id"] for line in lines] == [f"job-{number}" for number in range(30)]


@pytest.mark.parametrize("chosen", ["", "a" * 31, "A" * 32, "a" * 33, "../" + "a" * 29, "a" * 31 + "\xe9"])
def test_a_caller_may_choose_the_id_of_its_job(
    endpoint: FlaskClient, settings: Settings, chosen: str
) -> None:
    """So that it can follow it in the log; what is no id is replaced by one."""
    right = "0123456789abcdef" * 2
    for given in (right, chosen):
        endpoint.post(ENDPOINT, json=sample_request("custom", 1), headers={"X-Job-Id": given})

    first, second = dict.fromkeys(event.job_id for event in logged(settings))
    assert first == right
    assert (len(second), second == chosen) == (32, False)
