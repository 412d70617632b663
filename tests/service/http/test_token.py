"""The token: every route of both endpoints is closed without it, but for a few that tell numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from shorthand import NOTE, client_of, submit

from pdflab.documents.typesetting.font_book import FontBook
from pdflab.errors import UsageError
from pdflab.service.api.sync import EventLog, create_sync_app
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings

TOKEN, WRONG = "a-token-for-the-tests", "another-token-for-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PROBLEM = "application/problem+json"
OPEN = {"/healthz", "/metrics", "/openapi.json", "/static/<path:filename>", "/stats"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A service that is not open."""
    return replace(settings, open=False, token=TOKEN)


@pytest.fixture
def queue(settings: Settings) -> JobQueue:
    """An empty queue; nothing here depends on its Redis."""
    return JobQueue(embedded_broker().client(), settings)


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the queued endpoint."""
    return client_of(queue, settings)


@pytest.fixture
def sync(settings: Settings) -> Iterator[FlaskClient]:
    """A client of the synchronous endpoint."""
    log = EventLog(settings.sync_log_file)
    yield create_sync_app(settings, log, fonts=FontBook()).test_client()
    log.close()


def status(client: FlaskClient, method: str, path: str, headers: Mapping[str, str], **more: Any) -> int:
    with client.open(path, method=method, headers=headers, **more) as answer:
        return answer.status_code


def closed_routes(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Yield method and path of each route that needs the token: all but those above, as they are today."""
    for rule in client.application.url_map.iter_rules():
        for method in rule.methods or ():
            if rule.rule not in OPEN:
                yield method, rule.rule.replace("<job_id>", "a").replace("<name>", "burst")


def test_every_route_of_both_endpoints_is_closed(api: FlaskClient, sync: FlaskClient) -> None:
    """Without the token, and with a wrong one in each place: 401. A new route is closed, too."""
    wrong = ({}, {"Authorization": f"Bearer {WRONG}"}, {"Cookie": f"pdflab-80={WRONG}"})
    wrong += ({"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}, {"Authorization": "Bearer"})
    routes = [(client, *route) for client in (api, sync) for route in closed_routes(client)]

    answers = {(*route, str(h)): status(client, *route, h) for client, *route in routes for h in wrong}
    answers |= {
        (*route, "?"): status(client, *route, {}, query_string={"token": WRONG}) for client, *route in routes
    }

    assert {route: code for route, code in answers.items() if code != 401} == {}
    assert len(routes) > 25


def test_the_token_opens_every_route(api: FlaskClient, sync: FlaskClient) -> None:
    """What each answers then depends on the request."""
    for client in (api, sync):
        answers = {route: status(client, *route, BEARER) for route in closed_routes(client)}

        assert {route: code for route, code in answers.items() if code in (401, 403)} == {}
    assert status(sync, "POST", "/generate-pdf/sync", BEARER, json=NOTE) == 200


def test_a_few_routes_are_open_and_tell_no_document(api: FlaskClient, queue: JobQueue) -> None:
    """Health, numbers, the description of the API, the parts of the page: neither id nor title."""
    submit(queue, "a-job-with-this-id")
    open_routes = {rule.rule for rule in api.application.url_map.iter_rules()} & OPEN

    for path in (*(OPEN - {"/static/<path:filename>"}), "/static/dashboard.js"):
        with api.get(path) as answer:
            assert (answer.status_code, b"a-job-with" in answer.data) == (200, False)
    assert open_routes == OPEN
    assert not any(isinstance(value, str) for value in api.get("/stats").json.values())


@pytest.mark.parametrize(
    ("path", "code"),
    [
        *((path, 401) for path in ("", "/nowhere", "//jobs", "/stats/", "/stats/../jobs", "/static//jobs")),
        *((path, 404) for path in ("/static/../jobs", "/static/../../api/app.py")),
    ],
)
def test_what_is_no_route_is_closed(api: FlaskClient, path: str, code: int) -> None:
    """So that there is no way round by another spelling."""
    assert api.get("/", environ_overrides={"PATH_INFO": path}).status_code == code
    assert api.post("/stats").status_code == 401


def test_a_refusal_says_what_to_do(api: FlaskClient) -> None:
    """A problem that names the file and the option, and the scheme in its header."""
    answer = api.get("/jobs")

    assert (answer.status_code, answer.content_type) == (401, PROBLEM)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "file `token`" in answer.json["detail"]
    assert "--open" in answer.json["detail"]
    assert TOKEN not in answer.text


def test_a_browser_is_shown_the_sentence_alone(api: FlaskClient) -> None:
    """Its reader wants no JSON."""
    answer = api.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert (answer.status_code, answer.mimetype) == (401, "text/plain")
    assert answer.text.startswith("This needs the token of the service.")


def test_the_host_is_checked_before_the_token(api: FlaskClient) -> None:
    """A rebound name learns nothing, not even whether its token is right."""
    assert api.get("/jobs", headers={"Host": "evil.example"}).status_code == 421
    assert api.post("/generate-pdf", headers={"Origin": "http://evil.example"} | BEARER).status_code == 403


@pytest.mark.parametrize(
    "header", ["Bearer ü☃", "Bearer \x80\xff", "\xa0", "bearer  ", f"Bearer {'x' * 9000}"]
)
def test_any_header_is_an_answer(api: FlaskClient, header: str) -> None:
    """What is no ASCII is wrong, not a defect."""
    assert api.get("/jobs", environ_overrides={"HTTP_AUTHORIZATION": header}).status_code == 401
    assert api.get("/jobs", environ_overrides={"HTTP_COOKIE": f"pdflab-80={header}"}).status_code == 401
    assert api.get("/jobs", query_string={"token": header}).status_code == 401


def test_the_name_of_the_scheme_is_written_either_way(api: FlaskClient) -> None:
    """RFC 9110: it is compared without regard to case."""
    assert api.get("/jobs", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_a_link_with_the_token_becomes_a_cookie(api: FlaskClient) -> None:
    """The address bar shows no token; the cookie opens pages, scripts and PDFs, and no script reads it."""
    answer = api.get("/", query_string={"token": TOKEN})
    cookie = answer.headers["Set-Cookie"]

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith("pdflab-80=")
    assert TOKEN not in answer.text
    with api.get("/") as page:
        assert (page.status_code, page.headers["Referrer-Policy"]) == (200, "no-referrer")
        assert TOKEN not in page.text
    assert api.get("/jobs").status_code == 200
    assert api.post("/operations/burst").status_code == 202


def test_a_link_to_any_page_keeps_its_other_words(api: FlaskClient) -> None:
    """Such as the one to a PDF in a notebook."""
    answer = api.get("/jobs?state=FAILED&token=" + TOKEN + "&limit=5")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/jobs?state=FAILED&limit=5")
    assert api.get("/jobs/a/pdf", query_string={"token": TOKEN}).headers["Location"] == "/jobs/a/pdf"


def test_a_link_leads_nowhere_else(api: FlaskClient) -> None:
    """Two slashes would be the name of another site."""
    for path in ("//evil.example/", "/\\evil.example/", "//evil.example/jobs", "/jobs//evil.example"):
        answer = api.get("/", query_string={"token": TOKEN}, environ_overrides={"PATH_INFO": path})

        assert (answer.status_code, answer.headers.get("Location")) == (401, None)


def test_a_change_takes_no_token_from_its_address(api: FlaskClient) -> None:
    """Addresses are written to logs and histories; only a page that is opened may have it there."""
    assert api.post("/generate-pdf", json=NOTE, query_string={"token": TOKEN}).status_code == 401
    assert api.delete("/jobs/a", query_string={"token": TOKEN}).status_code == 401


def test_an_open_service_needs_none_and_looks_at_none(queue: JobQueue, settings: Settings) -> None:
    """Whoever reaches the port may do everything."""
    api = client_of(queue, replace(settings, token=None, open=True))

    for headers in ({}, {"Authorization": f"Bearer {WRONG}"}):
        assert api.get("/jobs", headers=headers).status_code == 200
        assert api.post("/generate-pdf", json=NOTE, headers=headers).status_code == 202


def test_an_endpoint_without_a_token_is_not_started(queue: JobQueue, settings: Settings) -> None:
    """Neither set to be open nor given a token: a mistake must not open it."""
    with pytest.raises(UsageError, match="a token, or open"):
        client_of(queue, replace(settings, token=None))


def behind(prefix: str) -> dict[str, str]:
    """The headers that jupyter-server-proxy 4.4 adds; Host is the browser's."""
    return {"X-Forwarded-Prefix": prefix, "X-Forwarded-Context": prefix, "X-ProxyContextPath": prefix}


def test_behind_a_trusted_proxy_every_address_has_its_prefix(queue: JobQueue, settings: Settings) -> None:
    """Location, the addresses of a job, the redirect and the path of the cookie."""
    api, headers = client_of(queue, replace(settings, proxy=True)), behind("/user/ada/proxy/8000")

    answer = api.post("/generate-pdf", json=NOTE, headers=headers | BEARER)
    job = f"/user/ada/proxy/8000/jobs/{answer.json['job_id']}"
    link = api.get("/", query_string={"token": TOKEN}, headers=headers)

    assert (answer.headers["Location"], answer.json["status_url"]) == (job, job)
    assert answer.json["pdf_url"] == f"{job}/pdf"
    shown = api.get(f"/jobs/{answer.json['job_id']}", headers=headers | BEARER)
    assert shown.json["pdf_url"] == f"{job}/pdf"
    assert link.headers["Location"] == "/user/ada/proxy/8000/"
    assert "Path=/user/ada/proxy/8000/" in link.headers["Set-Cookie"].split("; ")


def test_without_the_setting_no_proxy_is_believed(api: FlaskClient) -> None:
    """Any client can send the header."""
    headers = behind("/user/ada/proxy/8000")

    answer = api.post("/generate-pdf", json=NOTE, headers=headers | BEARER)
    link = api.get("/", query_string={"token": TOKEN}, headers=headers)

    assert answer.headers["Location"] == f"/jobs/{answer.json['job_id']}"
    assert (link.headers["Location"], "Path=/" in link.headers["Set-Cookie"].split("; ")) == ("/", True)


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"])
def test_a_proxy_is_believed_its_prefix_and_nothing_else(
    queue: JobQueue, settings: Settings, header: str
) -> None:
    """Its other headers may be the client's own: a foreign host stays one."""
    api = client_of(queue, replace(settings, proxy=True))

    answer = api.get("/jobs", headers={"Host": "evil.example", header: "localhost"} | BEARER)

    assert answer.status_code == 421
