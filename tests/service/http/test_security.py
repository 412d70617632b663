"""Host and Origin checks: both endpoints answer to their own names, and to changes from their own pages."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shorthand import NOTE, client_of, submit

from pdflab.documents.typesetting.font_book import FontBook
from pdflab.errors import UsageError
from pdflab.service.api.sync import EventLog, create_sync_app
from pdflab.service.http.security import protect
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings

PROBLEM = "application/problem+json"
ENDPOINTS = {"queued": "/generate-pdf", "synchronous": "/generate-pdf/sync"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A service with two further names."""
    return replace(settings, host="lab.school", hosts="pdf.example.org, .mybinder.org")


@pytest.fixture
def queue(settings: Settings) -> JobQueue:
    """An empty queue; nothing here depends on its Redis."""
    return JobQueue(embedded_broker().client(), settings)


@pytest.fixture(params=ENDPOINTS)
def endpoint(request: pytest.FixtureRequest, queue: JobQueue, settings: Settings) -> Iterator[FlaskClient]:
    """A client of each endpoint."""
    if request.param == "queued":
        yield client_of(queue, settings)
        return
    log = EventLog(settings.sync_log_file)
    yield create_sync_app(settings, log, fonts=FontBook()).test_client()
    log.close()


def post(endpoint: FlaskClient, **headers: str) -> int:
    """Submit a document to either endpoint and return the status."""
    path = ENDPOINTS["queued" if "submit" in endpoint.application.blueprints else "synchronous"]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return endpoint.post(path, json=NOTE, headers=named).status_code


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "LOCALHOST.",
        "pdflab.localhost:8000",
        "127.0.0.1:8000",
        "192.168.1.20:8000",
        "[::1]:8000",
        "lab.school",
        "pdf.example.org",
        "hub.2i2c.mybinder.org",
        f"{socket.gethostname()}:8000",
    ],
)
def test_it_answers_to_its_own_names(endpoint: FlaskClient, host: str) -> None:
    """Local names, addresses, the machine, the host it listens on, and what the setting names."""
    assert endpoint.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "example.org",
        "mybinder.org.evil.example",
        "notmybinder.org",
        "[::1",
        ":8000",
    ],
)
def test_it_does_not_answer_to_any_other_name(endpoint: FlaskClient, host: str) -> None:
    """421 and a sentence, even for reading: a page whose name was pointed here learns nothing."""
    answer = endpoint.get("/healthz", headers={"Host": host})

    assert (answer.status_code, answer.content_type) == (421, PROBLEM)
    assert "PDFLAB_HOSTS" in answer.json["detail"]


def test_a_star_stands_for_every_name(queue: JobQueue, settings: Settings) -> None:
    """Behind a hub, whose name is not known; not for an open service, which any page could then use."""
    api = client_of(queue, replace(settings, open=False, token="a-token-for-the-tests", hosts="*"))

    headers = {"Host": "hub.school.example"}
    assert [api.get(path, headers=headers).status_code for path in ("/healthz", "/jobs")] == [200, 401]
    with pytest.raises(UsageError, match="hosts must be names"):
        replace(settings, open=True, hosts="*")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},  # another port of this machine
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8888"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_another_site_changes_nothing(
    endpoint: FlaskClient, queue: JobQueue, headers: dict[str, str]
) -> None:
    """403, by either header in which a browser names the origin of its page."""
    assert post(endpoint, **headers) == 403
    assert queue.stats().events == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://proxied.example"},
        {"Sec_Fetch_Site": "none"},
        {"Host": "192.168.1.20:8000", "Origin": "http://192.168.1.20:8000"},
        {"Host": "hub.mybinder.org", "Origin": "https://HUB.mybinder.org"},
    ],
)
def test_its_own_pages_and_other_programs_are_served(endpoint: FlaskClient, headers: dict[str, str]) -> None:
    """A program sends no such header; a browser on plain HTTP sends Origin alone."""
    assert post(endpoint, **headers) in (200, 202)


def test_every_change_is_guarded_and_no_look_is(queue: JobQueue, settings: Settings) -> None:
    """Cancel, retry, operations, dead letters; a link from another site may still open the dashboard."""
    api, elsewhere = client_of(queue, settings), {"Sec-Fetch-Site": "cross-site"}
    submit(queue, "a")

    paths = ("/jobs/a/retry", "/operations/burst", "/dead-letters/retry", "/generate-pdf/batch")
    assert [api.post(path, headers=elsewhere).status_code for path in paths] == [403] * 4
    assert api.delete("/jobs/a", headers=elsewhere).status_code == 403
    assert api.get("/jobs/a", headers=elsewhere).json["state"] == "QUEUED"
    with api.get("/", headers=elsewhere) as page:
        assert page.status_code == 200


def test_no_other_site_frames_the_page_and_no_foreign_script_runs_in_it(
    queue: JobQueue, settings: Settings
) -> None:
    """A frame would carry clicks that look like our own page's."""
    with client_of(queue, settings).get("/") as page:
        policy = page.headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy


def test_any_application_can_be_protected(settings: Settings) -> None:
    """Its host is checked before its routes are looked at, and its errors are problems."""
    app = Flask("small")
    protect(app, settings)
    client = app.test_client()

    foreign, unknown = client.get("/", headers={"Host": "evil.example"}), client.get("/")

    assert (foreign.status_code, foreign.content_type) == (421, PROBLEM)
    assert (unknown.status_code, unknown.content_type) == (404, PROBLEM)
