"""HTTP, as clients rely on it: of each route the status, the headers that matter, and the answer's keys.

Values are held where they are words of a protocol; sentences for people are not.
"""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import pytest
from conftest import eventually
from outside import IMPOSSIBLE, NOTE, Answer, api, ask, await_ending, redis_server, shape, submit, up

TEXT, NUMBER, FLAG = "text", "number", "boolean"
PROBLEM = {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT}
WRONG_FIELDS = PROBLEM | {"errors": [{"field": TEXT, "problem": TEXT}]}
WRONG_STATE = PROBLEM | {"state": TEXT}

ACCEPTED = {"job_id": TEXT, "state": TEXT, "status_url": TEXT, "pdf_url": TEXT}
RETRIED = ACCEPTED | {"retry_of": TEXT}
JOB_IDS = {"job_ids": [TEXT]}
ENTERED = {
    "job_id": TEXT,
    "kind": TEXT,
    "state": TEXT,
    "queued_at": NUMBER,
    "attempt": NUMBER,
    "crashes": NUMBER,
    "errors": NUMBER,
    "started_at": None,
    "ended_at": None,
    "worker": None,
    "cause": None,
    "reason": None,
    "retry_of": None,
    "retried_as": None,
    "dismissed_at": None,
    "title": TEXT,
    "result": None,
    "history": [{"state": TEXT, "at": NUMBER}],
}
WORKED_ON = ENTERED | {"started_at": NUMBER, "ended_at": NUMBER, "worker": TEXT}
PDF_FACTS = {"pages": NUMBER, "bytes": NUMBER, "missing_glyphs": []}
STATS = dict.fromkeys(
    [
        "queued",
        "processing",
        "completed",
        "failed",
        "pdf_count",
        "queue_depth",
        "oldest_age",
        "workers",
        "throughput",
        "events",
        "fenced",
        "busy",
        "cancelled",
        "refused",
        "invalid",
        "unavailable",
    ],
    NUMBER,
) | {"workers_expected": None, "paused": FLAG}
LISTED = {
    "next": None,
    "searched": NUMBER,
    "counts": dict.fromkeys(["QUEUED", "PROCESSING", "COMPLETED", "FAILED"], NUMBER),
}
REQUEST = {"type": TEXT, "title": TEXT, "text": TEXT}
ALONE = {"pdf_url": TEXT, "place": None, "no_pdf": TEXT, "request": REQUEST}  # of one job
WAITING = ALONE | {"place": NUMBER}
SEEN_WORKER = {
    "worker": TEXT,
    "silent": FLAG,
    "job_id": None,
    "title": None,
    "seconds": None,
}
QUANTILES = dict.fromkeys(["p50", "p95", "p99"])
SYNC_FIGURES = {
    "throughput": NUMBER,
    "in_progress": NUMBER,
    "completed": NUMBER,
    "failed": NUMBER,
    "rendered": QUANTILES,
}
CLIENTS = dict.fromkeys(["waiting", "gave_up", "refused", "errors"], NUMBER) | {"longest": None}
COLUMNS = {"now", "at", "queued", "processing", "completed_synchronously"}
COLUMNS |= {"completed", "failed", "cancelled", "refused"}
COLUMNS |= {f"{name}_{p}" for name in ("wait", "completion") for p in QUANTILES}
EVENT = {
    "job_id": TEXT,
    "state": TEXT,
    "at": NUMBER,
    "kind": TEXT,
    "number": NUMBER,
    "event_id": TEXT,
    "attempt": NUMBER,
}
STARTED = EVENT | {"worker": TEXT}
OPERATION = {"id": TEXT, "operation": TEXT, "plan": TEXT, "documents": NUMBER, "seed": NUMBER}

JSON, PROBLEM_JSON, PDF = "application/json", "application/problem+json", "application/pdf"
BATCH = {"requests": [NOTE, NOTE]}
WRONG_TOKEN = {"Authorization": "Bearer another-token"}
KEY = {"Idempotency-Key": "a key"}
KNOWN_KEY = {"Idempotency-Key": "known"}
KNOWN_BATCH = {"Idempotency-Key": "known batch"}

# method, path, body, headers of the request; status, shape of the answer. No worker runs.
REQUESTS: list[tuple[str, str, Any, Mapping[str, str], int, Any]] = [
    ("POST", "/generate-pdf", NOTE, {}, 202, ACCEPTED),
    ("POST", "/generate-pdf", NOTE, KEY, 202, ACCEPTED),
    ("POST", "/generate-pdf", NOTE, KNOWN_KEY, 202, ACCEPTED),
    ("POST", "/generate-pdf", NOTE | {"title": "Another"}, KNOWN_KEY, 409, PROBLEM),
    ("POST", "/generate-pdf", NOTE, {"Idempotency-Key": "k" * 201}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf", "{", {}, 400, PROBLEM),
    ("POST", "/generate-pdf", "", {}, 400, PROBLEM),
    ("POST", "/generate-pdf", [], {}, 400, PROBLEM),
    ("POST", "/generate-pdf", {"type": "custom"}, {}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf", {"type": "letter"}, {}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf", NOTE | {"text": "x" * 200_000}, {}, 413, PROBLEM),
    ("POST", "/generate-pdf", NOTE, {"Host": "elsewhere.example"}, 421, PROBLEM),
    ("POST", "/generate-pdf", NOTE, {"Origin": "http://elsewhere.example"}, 403, PROBLEM),
    ("POST", "/generate-pdf", NOTE, {"Sec-Fetch-Site": "cross-site"}, 403, PROBLEM),
    ("POST", "/generate-pdf", NOTE, WRONG_TOKEN, 401, PROBLEM),
    ("GET", "/jobs", None, WRONG_TOKEN, 401, PROBLEM),
    ("GET", "/stats", None, WRONG_TOKEN, 200, STATS),
    ("POST", "/generate-pdf/batch", BATCH, {}, 202, JOB_IDS),
    ("POST", "/generate-pdf/batch", BATCH, KEY, 202, JOB_IDS),
    ("POST", "/generate-pdf/batch", BATCH, KNOWN_BATCH, 202, JOB_IDS),
    ("POST", "/generate-pdf/batch", {"requests": [NOTE] * 101}, {}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf/batch", {"requests": []}, {}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf/batch", {"requests": [{}]}, {}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf/batch", [], {}, 422, WRONG_FIELDS),
    (
        "GET",
        "/jobs?state=queued",
        None,
        {},
        200,
        LISTED | {"jobs": [ENTERED, ENTERED | {"retry_of": TEXT}]},
    ),
    ("GET", "/jobs?q={queued}", None, {}, 200, LISTED | {"jobs": [ENTERED]}),
    ("GET", "/jobs?state=queued&limit=1", None, {}, 200, LISTED | {"jobs": [ENTERED], "next": TEXT}),
    ("GET", "/jobs?state=PROCESSING", None, {}, 200, LISTED | {"jobs": []}),
    ("GET", "/jobs?before=yesterday", None, {}, 400, PROBLEM),
    ("GET", "/jobs?state=lost", None, {}, 400, PROBLEM),
    ("GET", "/jobs?limit=0", None, {}, 400, PROBLEM),
    ("GET", "/jobs/{queued}", None, {}, 200, ENTERED | WAITING),
    (
        "GET",
        "/jobs/{cancelled}",
        None,
        {},
        200,
        ENTERED | ALONE | {"ended_at": NUMBER, "cause": TEXT, "reason": TEXT},
    ),
    (
        "GET",
        "/jobs/{retried}",
        None,
        {},
        200,
        ENTERED | ALONE | {"ended_at": NUMBER, "cause": TEXT, "reason": TEXT, "retried_as": TEXT},
    ),
    (
        "GET",
        "/jobs/{retry}",
        None,
        {},
        200,
        ENTERED | WAITING | {"retry_of": TEXT},
    ),
    ("GET", "/jobs/unknown", None, {}, 404, PROBLEM),
    ("GET", "/jobs/{queued}/pdf", None, {}, 409, WRONG_STATE),
    ("GET", "/jobs/{cancelled}/pdf", None, {}, 409, WRONG_STATE),
    ("GET", "/jobs/unknown/pdf", None, {}, 404, PROBLEM),
    ("DELETE", "/jobs/{doomed}", None, {}, 200, {"job_id": TEXT, "state": TEXT}),
    ("DELETE", "/jobs/unknown", None, {}, 404, PROBLEM),
    ("POST", "/jobs/{retried}/retry", None, {}, 202, RETRIED),
    ("POST", "/jobs/{queued}/retry", None, {}, 409, WRONG_STATE),
    ("POST", "/jobs/unknown/retry", None, {}, 404, PROBLEM),
    ("POST", "/jobs/{retried}/dismiss", None, {}, 200, {"job_id": TEXT, "state": TEXT}),
    ("POST", "/jobs/{queued}/dismiss", None, {}, 409, WRONG_STATE),
    (
        "GET",
        "/dead-letters",
        None,
        {},
        200,
        {"count": NUMBER, "would_fail_again": NUMBER, "causes": {}, "jobs": []},
    ),
    ("POST", "/dead-letters/retry", None, {}, 202, {"job_ids": []}),
    ("POST", "/dead-letters/retry", {"skip_rejected": "no"}, {}, 422, WRONG_FIELDS),
    ("POST", "/dead-letters/dismiss", None, {}, 200, {"dismissed": NUMBER}),
    ("POST", "/queue/pause", None, {}, 200, {"paused": FLAG}),
    ("POST", "/queue/resume", None, {}, 200, {"paused": FLAG}),
    ("POST", "/queue/pause", None, WRONG_TOKEN, 401, PROBLEM),
    ("POST", "/queue/cancel", None, {}, 400, PROBLEM),
    ("POST", "/jobs/purge", {"state": "FAILED"}, {}, 400, PROBLEM),
    ("POST", "/jobs/purge", {"state": "QUEUED"}, {}, 422, WRONG_FIELDS),
    ("GET", "/stats", None, {}, 200, STATS),
    ("GET", "/events?after=9999999999999-0", None, {}, 200, {"events": [], "after": TEXT, "truncated": FLAG}),
    ("GET", "/events?after=yesterday", None, {}, 400, PROBLEM),
    ("GET", "/history?after=yesterday", None, {}, 400, PROBLEM),
    ("GET", "/healthz", None, {}, 200, {"status": TEXT}),
    ("POST", "/operations/custom", None, {}, 202, OPERATION),
    ("POST", "/operations/burst", {"n": 1, "seed": 1}, {}, 202, OPERATION),
    ("POST", "/operations/batch", {"n": "many"}, {}, 422, WRONG_FIELDS),
    ("POST", "/operations/month-end", {"seconds": -1}, {}, 422, WRONG_FIELDS),
    ("POST", "/operations/invoice", {"lines": 1}, {}, 422, WRONG_FIELDS),
    ("POST", "/operations/report", [], {}, 400, PROBLEM),
    ("POST", "/operations/unknown", {}, {}, 422, WRONG_FIELDS),
    ("DELETE", "/operations/unknown", None, {}, 404, PROBLEM),
    ("GET", "/nowhere", None, {}, 404, PROBLEM),
    ("PUT", "/stats", None, {}, 405, PROBLEM),
    ("GET", "/generate-pdf", None, {}, 405, PROBLEM),
]
SYNCHRONOUS: list[tuple[str, str, Any, int, Any]] = [
    ("POST", "/generate-pdf/sync", NOTE, 200, PDF),
    ("POST", "/generate-pdf/sync", "{", 400, PROBLEM),
    ("POST", "/generate-pdf/sync", {"type": "custom"}, 422, WRONG_FIELDS),
    ("POST", "/generate-pdf/sync", IMPOSSIBLE, 422, PROBLEM),
    ("POST", "/generate-pdf/sync", NOTE | {"text": "x" * 3_000_000}, 413, PROBLEM),
    ("GET", "/generate-pdf/sync", None, 405, PROBLEM),
    ("POST", "/generate-pdf", NOTE, 404, PROBLEM),
    ("GET", "/healthz", None, 200, {"status": TEXT}),
]
ROUTES = {
    "/": {"get"},
    "/dead-letters": {"get"},
    "/dead-letters/dismiss": {"post"},
    "/dead-letters/retry": {"post"},
    "/events": {"get"},
    "/generate-pdf": {"post"},
    "/generate-pdf/batch": {"post"},
    "/healthz": {"get"},
    "/history": {"get"},
    "/job/{job_id}": {"get"},
    "/jobs": {"get"},
    "/jobs/purge": {"post"},
    "/jobs/{job_id}": {"delete", "get"},
    "/jobs/{job_id}/dismiss": {"post"},
    "/jobs/{job_id}/pdf": {"get"},
    "/jobs/{job_id}/retry": {"post"},
    "/metrics": {"get"},
    "/openapi.json": {"get"},
    "/operations": {"get"},
    "/operations/{name}": {"delete", "post"},
    "/queue/cancel": {"post"},
    "/queue/pause": {"post"},
    "/queue/resume": {"post"},
    "/snapshot": {"get"},
    "/stats": {"get"},
}
MODELS = {  # with a star: without it, a document is refused
    "Account": "iban* bic name",
    "Chart": "kind* title* labels* values*",
    "CustomRequest": "type* title* text* bullets paper",
    "DocumentRequest": "",
    "Figure": "label* value*",
    "InvoiceRequest": "type* number* issued* currency* locale seller* buyer* buyer_reference order_number "
    "lines* paid terms due account note",
    "Line": "description* quantity* unit unit_price* vat_rate* discount",
    "Party": "name* address* country vat_id",
    "ReportRequest": "type* title* subtitle author figures sections*",
    "Section": "heading* text chart table",
    "Table": "columns* rows*",
}
METRICS = {
    'pdflab_jobs{state="queued"}',
    'pdflab_jobs{state="processing"}',
    'pdflab_jobs{state="completed"}',
    'pdflab_jobs{state="failed"}',
    "pdflab_queue_depth",
    "pdflab_queue_oldest_age_seconds",
    "pdflab_workers",
    "pdflab_paused",
    "pdflab_cancelled",
    "pdflab_refused",
    "pdflab_invalid",
    "pdflab_unavailable",
    "pdflab_pdfs",
    "pdflab_throughput_per_second",
    "pdflab_events",
    "pdflab_fenced",
}


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """An API without workers, and its jobs, by the names that the paths use."""
    folder = tmp_path_factory.mktemp("idle")
    limits = {"PDFLAB_QUEUE_LIMIT": "100", "PDFLAB_MAX_BODY": "100000"}
    with redis_server(folder) as (redis_url, _, _), api(redis_url, folder, **limits) as url:
        jobs = {name: submit(url, NOTE) for name in ("queued", "cancelled", "retried", "doomed")}
        ask(url, "POST", "/generate-pdf", NOTE, KNOWN_KEY)
        ask(url, "POST", "/generate-pdf/batch", BATCH, KNOWN_BATCH)
        for name in ("cancelled", "retried"):
            ask(url, "DELETE", f"/jobs/{jobs[name]}")
        jobs["retry"] = ask(url, "POST", f"/jobs/{jobs['retried']}/retry").json["job_id"]
        yield url, jobs


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, dict[str, str]]]:
    """A whole system that has made two PDFs, lost the file of one, and failed one document."""
    folder = tmp_path_factory.mktemp("busy")
    with up(folder, PDFLAB_MAX_BODY="3000000") as (url, sync_url):
        jobs = {
            "completed": submit(url, NOTE),
            "expired": submit(url, NOTE),
            "failed": submit(url, IMPOSSIBLE),
        }
        for job_id in jobs.values():
            await_ending(url, job_id)
        (folder / "pdf_storage" / f"{jobs['expired']}.pdf").unlink()
        yield url, sync_url, jobs


@pytest.mark.parametrize(("method", "path", "body", "headers", "status", "expected"), REQUESTS)
def test_an_answer_of_the_api_keeps_its_status_type_and_keys(
    idle: tuple[str, dict[str, str]],
    method: str,
    path: str,
    body: Any,
    headers: Mapping[str, str],
    status: int,
    expected: Any,
) -> None:
    """For what is right, and for each way in which a request can be wrong."""
    url, jobs = idle

    answer = ask(url, method, path.format(**jobs), body, headers)

    assert (answer.status, shape(answer.json)) == (status, expected)
    _check_type(answer)


@pytest.mark.parametrize(("method", "path", "body", "status", "expected"), SYNCHRONOUS)
def test_an_answer_of_the_synchronous_server_keeps_its_status_type_and_keys(
    busy: tuple[str, str, dict[str, str]], method: str, path: str, body: Any, status: int, expected: Any
) -> None:
    """It answers with the PDF itself, and with the same problems."""
    _, sync_url, _ = busy

    answer = ask(sync_url, method, path, body)

    assert (answer.status, PDF if expected == PDF else shape(answer.json)) == (status, expected)
    _check_type(answer, PDF if expected == PDF else JSON)
    assert ("X-Job-Id" in answer.headers, answer.body.startswith(b"%PDF-")) == ((expected == PDF,) * 2)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/jobs/{completed}",
            WORKED_ON | ALONE | {"result": PDF_FACTS, "no_pdf": None, "request": None},
        ),
        (
            "/jobs/{failed}",
            WORKED_ON | ALONE | {"cause": TEXT, "reason": TEXT, "request": REQUEST | {"bullets": [TEXT]}},
        ),
        ("/jobs?state=COMPLETED", LISTED | {"jobs": [WORKED_ON | {"result": PDF_FACTS}]}),
        ("/jobs?state=FAILED", LISTED | {"jobs": [WORKED_ON | {"cause": TEXT, "reason": TEXT}]}),
        (
            "/dead-letters",
            {
                "count": NUMBER,
                "would_fail_again": NUMBER,
                "causes": {"rejected": NUMBER},
                "jobs": [WORKED_ON | {"cause": TEXT, "reason": TEXT, "would_fail_again": FLAG}],
            },
        ),
        (
            "/events",
            {
                "events": [EVENT, STARTED, STARTED | {"cause": TEXT, "reason": TEXT}],
                "after": TEXT,
                "truncated": FLAG,
            },
        ),
        (
            "/snapshot",
            {
                "stats": STATS | {"workers_expected": NUMBER},
                "clients": {"synchronous": CLIENTS, "queued": CLIENTS},
                "endpoints": {"synchronous": None},
                "workers": [SEEN_WORKER],
            },
        ),
    ],
)
def test_records_of_rendered_jobs_keep_their_keys(
    busy: tuple[str, str, dict[str, str]], path: str, expected: dict[str, Any]
) -> None:
    """Records, events and the dashboard's snapshot."""
    url, _, jobs = busy

    answer = ask(url, "GET", path.format(**jobs))

    found = shape(answer.json)
    if "clients" in expected:  # there is something in these once a second has gone by
        figures = found["endpoints"]["synchronous"] or SYNC_FIGURES
        assert figures.keys() == SYNC_FIGURES.keys()
        found["endpoints"]["synchronous"] = None
        found["workers"][0]["seconds"] = None  # or a number, once the worker has said since when it is idle
    assert found == expected
    _check_type(answer)


@pytest.mark.parametrize(
    ("method", "path", "status", "state"),
    [
        ("GET", "/jobs/{failed}/pdf", 409, "FAILED"),
        ("DELETE", "/jobs/{completed}", 409, "COMPLETED"),
        ("POST", "/jobs/{completed}/retry", 409, "COMPLETED"),
        ("GET", "/jobs/{expired}/pdf", 410, None),
    ],
)
def test_an_impossible_change_says_why(
    busy: tuple[str, str, dict[str, str]], method: str, path: str, status: int, state: str | None
) -> None:
    """A conflict names the state that the job is in."""
    url, _, jobs = busy

    answer = ask(url, method, path.format(**jobs))

    assert (answer.status, answer.json.get("state")) == (status, state)
    _check_type(answer)


def test_a_pdf_is_sent_with_its_name(busy: tuple[str, str, dict[str, str]]) -> None:
    """A browser shows it, and guesses no other type."""
    url, _, jobs = busy

    answer = ask(url, "GET", f"/jobs/{jobs['completed']}/pdf")

    assert (answer.status, answer.content_type, answer.body[:5]) == (200, PDF, b"%PDF-")
    assert answer.headers["Content-Disposition"] == f"inline; filename={jobs['completed']}.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_accepted_job_says_where_it_is(idle: tuple[str, dict[str, str]]) -> None:
    """The addresses of its status and its PDF; the header says the first again."""
    answer = ask(idle[0], "POST", "/generate-pdf", NOTE)

    job_id = answer.json["job_id"]
    assert re.fullmatch("[0-9a-f]{32}", job_id)
    assert answer.json | {"job_id": ""} == {
        "job_id": "",
        "state": "QUEUED",
        "status_url": f"/jobs/{job_id}",
        "pdf_url": f"/jobs/{job_id}/pdf",
    }
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    ask(idle[0], "DELETE", f"/jobs/{job_id}")


def test_a_replayed_answer_says_so(idle: tuple[str, dict[str, str]]) -> None:
    """The same key answers with the same jobs, and with one header more."""
    for path, body, key in (
        ("/generate-pdf", NOTE, KNOWN_KEY),
        ("/generate-pdf/batch", BATCH, KNOWN_BATCH),
    ):
        first, again = (ask(idle[0], "POST", path, body, key) for _ in range(2))

        assert first.json == again.json
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers.get("Location") == first.headers.get("Location")


def test_wrong_fields_are_named_by_their_paths(idle: tuple[str, dict[str, str]]) -> None:
    """With a dot between the steps, and the place in a batch."""
    invoice = {"type": "invoice", "lines": [{"quantity": "1"}]}

    answer = ask(idle[0], "POST", "/generate-pdf/batch", {"requests": [NOTE, invoice]})

    fields = {error["field"] for error in answer.json["errors"]}
    assert {"requests.1.number", "requests.1.lines.0.unit_price", "requests.1.seller"} <= fields


def test_a_full_queue_says_when_to_retry(idle: tuple[str, dict[str, str]]) -> None:
    """429, all or none; what is there meanwhile can still be read."""
    url, _ = idle

    answer = ask(url, "POST", "/generate-pdf/batch", {"requests": [NOTE] * 100})

    assert (answer.status, shape(answer.json)) == (429, PROBLEM)
    assert int(answer.headers["Retry-After"]) >= 1
    _check_type(answer)


def test_without_redis_every_answer_says_when_to_retry(tmp_path: Any) -> None:
    """503 and Retry-After, on every route."""
    with redis_server(tmp_path) as (redis_url, _, server), api(redis_url, tmp_path) as url:
        server.kill()
        server.wait()
        answers = [ask(url, "POST", "/generate-pdf", NOTE)]
        answers += [ask(url, "GET", path) for path in ("/stats", "/healthz", "/jobs/unknown", "/events")]

    for answer in answers:
        assert (answer.status, shape(answer.json), answer.headers["Retry-After"]) == (503, PROBLEM, "1")
        _check_type(answer)


def test_a_wrong_method_says_which_are_right(idle: tuple[str, dict[str, str]]) -> None:
    """405 with Allow."""
    allowed = ask(idle[0], "PUT", "/jobs/unknown").headers["Allow"]

    assert set(allowed.split(", ")) == {"DELETE", "GET", "HEAD", "OPTIONS"}


def test_the_dashboard_runs_only_its_own_script(idle: tuple[str, dict[str, str]]) -> None:
    """The page, its policy, and the files beside it."""
    page = ask(idle[0], "GET", "/")

    assert (page.status, page.content_type) == (200, "text/html; charset=utf-8")
    assert page.headers["Content-Security-Policy"] == (
        "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )
    for file in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.body.decode()):
        assert ask(idle[0], "GET", file).status == 200


def test_a_snapshot_is_never_cached(idle: tuple[str, dict[str, str]]) -> None:
    """It is of now."""
    answer = ask(idle[0], "GET", "/snapshot")

    assert answer.headers["Cache-Control"] == "no-store"


def test_the_history_keeps_its_columns(idle: tuple[str, dict[str, str]]) -> None:
    """A list each, and the present instant."""
    answer = ask(idle[0], "GET", "/history")

    assert answer.json.keys() == COLUMNS
    assert (shape(answer.json["now"]), answer.headers["Cache-Control"]) == (NUMBER, "no-store")


def test_prometheus_finds_its_metrics(idle: tuple[str, dict[str, str]]) -> None:
    """Names and labels, as dashboards and alerts have them written down."""
    answer = ask(idle[0], "GET", "/metrics")

    samples = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    assert {line.rpartition(" ")[0] for line in samples} == METRICS
    assert str(answer.content_type).startswith("text/plain; version=")


def test_the_description_has_every_route_and_model(idle: tuple[str, dict[str, str]]) -> None:
    """OpenAPI 3.1: paths and methods, and the fields of a request."""
    described = ask(idle[0], "GET", "/openapi.json").json

    schemas = described["components"]["schemas"]
    assert (described["openapi"], described["info"].keys()) == ("3.1.0", {"title", "version"})
    assert {path: set(methods) for path, methods in described["paths"].items()} == ROUTES
    assert {name: _fields(schema) for name, schema in schemas.items()} == {
        name: set(fields.split()) for name, fields in MODELS.items()
    }


def test_every_answer_is_in_the_description(idle: tuple[str, dict[str, str]]) -> None:
    """Each status that a route may answer with, so that a generated client knows it."""
    paths = ask(idle[0], "GET", "/openapi.json").json["paths"]
    undescribed = []
    for method, path, _, _, status, _ in REQUESTS:
        route = re.sub(r"^(/jobs|/operations)/[^/]+", r"\1/{}", path.partition("?")[0])
        [described] = [paths[known] for known in paths if re.sub("{.*}", "{}", known) == route] or [{}]
        if method.lower() in described and str(status) not in described[method.lower()]["responses"]:
            undescribed.append((method, path, status))

    assert undescribed == []
    assert "Idempotency-Key" in str(paths["/generate-pdf/batch"]["post"]["parameters"])


def test_a_running_operation_is_listed_and_ended(busy: tuple[str, str, dict[str, str]]) -> None:
    """By the id of the answer that started it."""
    url, _, _ = busy
    started = ask(url, "POST", "/operations/month-end", {"seconds": 600}).json

    eventually(lambda: ask(url, "GET", "/operations").json["operations"], seconds=20)  # its generator begins
    listed = ask(url, "GET", "/operations").json
    ended = ask(url, "DELETE", f"/operations/{started['id']}")
    ask(url, "POST", "/queue/cancel", {"confirm": True})

    one = {"id": TEXT, "plan": TEXT, "endpoint": TEXT, "documents": NUMBER, "seconds": NUMBER, "due": NUMBER}
    [found] = shape(listed)["operations"]
    assert {name: found[name] for name in one} == one
    assert found.keys() - one.keys() == {"waiting", "is_ours"}
    assert (ended.status, ended.json) == (200, {"id": started["id"]})


def test_the_whole_queue_is_cancelled_and_purged(tmp_path: Any) -> None:
    """Confirmed, each answers with what it did and what is left."""
    with redis_server(tmp_path) as (redis_url, _, _), api(redis_url, tmp_path) as url:
        submit(url, NOTE), submit(url, NOTE)
        cancelled = ask(url, "POST", "/queue/cancel", {"confirm": True})
        purged = ask(url, "POST", "/jobs/purge", {"state": "both", "confirm": True})

    assert (cancelled.status, cancelled.json) == (200, {"cancelled": 2, "queued": 0})
    assert (purged.status, purged.json) == (200, {"purged": 2, "kept": 0})


def _fields(schema: dict[str, Any]) -> set[str]:
    required = schema.get("required", ())
    return {name + "*" * (name in required) for name in schema.get("properties", ())}


def _check_type(answer: Answer, expected: str = JSON) -> None:
    """A problem is one by RFC 9457: its type, its title and its status say what HTTP says."""
    assert answer.content_type == (expected if answer.status < 400 else PROBLEM_JSON)
    if answer.status >= 400:
        found = (answer.json["type"], answer.json["title"], answer.json["status"])
        assert found == ("about:blank", HTTPStatus(answer.status).phrase, answer.status)
