"""Monitoring by the API: jobs, PDFs, statistics, events, and its own description."""

import pytest
from flask.testing import FlaskClient
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families
from shorthand import WORKER, client_of, events, note_commands, opened, submit, take_and_claim

from pdflab.jobs import Cause
from pdflab.service.http.openapi import openapi_description
from pdflab.service.jobqueue.base import Failure, Submission
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.base import Storage
from pdflab.settings import Settings

PROBLEM, JSON = "application/problem+json", "application/json"


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the API over an empty queue."""
    return client_of(queue, settings)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """The API's own pdf_storage/."""
    return opened(settings)


def complete(queue: JobQueue, storage: Storage, job_id: str) -> None:
    claim = take_and_claim(queue)
    storage.put(job_id, claim.token, b"%PDF- small %%EOF")
    queue.complete(claim, WORKER)


def test_a_job_is_shown_with_its_history_and_its_place(api: FlaskClient, queue: JobQueue) -> None:
    """While QUEUED it has a place; its history has each state and its instant."""
    submit(queue, "a", "b")

    shown = api.get("/jobs/b").json

    assert (shown["job_id"], shown["state"], shown["place"]) == ("b", "QUEUED", 2)
    assert shown["pdf_url"] == "/jobs/b/pdf"
    assert [step["state"] for step in shown["history"]] == ["QUEUED"]
    take_and_claim(queue)
    shown = api.get("/jobs/a").json
    assert (shown["state"], shown["place"], shown["worker"]) == ("PROCESSING", None, WORKER)
    assert [step["state"] for step in shown["history"]] == ["QUEUED", "PROCESSING"]


def test_jobs_are_listed_by_state(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """Of all states by default, in any case of letters, and at most `limit` of them."""
    submit(queue, "a", "b", "c")
    complete(queue, storage, "a")

    def listed(query: str) -> list[str]:
        return [job["job_id"] for job in api.get(f"/jobs{query}").json["jobs"]]

    assert listed("") == ["a", "c", "b"]
    assert listed("?limit=1") == ["a"]
    assert listed("?state=queued") == ["b", "c"]
    assert listed("?state=completed") == ["a"]


def test_jobs_are_listed_in_pages_with_their_counts(
    api: FlaskClient, queue: JobQueue, storage: Storage
) -> None:
    """`next` is where the next page begins; the counts are those of all pages, by state."""
    submit(queue, "a", "b", "c")
    complete(queue, storage, "a")

    first = api.get("/jobs?limit=2").json
    second = api.get("/jobs", query_string={"before": first["next"]}).json

    assert [job["job_id"] for job in first["jobs"] + second["jobs"]] == ["a", "c", "b"]
    assert (second["next"], second["searched"]) == (None, 1)
    assert first["counts"] == {"QUEUED": 2, "PROCESSING": 0, "COMPLETED": 1, "FAILED": 0}
    assert api.get("/jobs?before=yesterday").status_code == 400


@pytest.mark.parametrize(
    ("words", "expected"), [("ab", ["abc"]), ("STRASSE", ["xyz"]), ("invo", ["xyz"]), ("bc", []), ("", 2)]
)
def test_jobs_are_found_by_id_kind_and_title(
    api: FlaskClient, queue: JobQueue, words: str, expected: object
) -> None:
    """By the beginning of an id, or a part of the others, in any case of letters."""
    queue.enqueue(
        [Submission("abc", "custom", "{}", "A note"), Submission("xyz", "invoice", "{}", "Straße 7")]
    )

    found = [job["job_id"] for job in api.get("/jobs", query_string={"q": words}).json["jobs"]]

    assert found == expected or len(found) == expected


def test_a_job_is_shown_with_its_request_and_why_it_has_no_pdf(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """All that a page about one job needs; the request of a finished document is not kept."""
    submit(queue, "done", "failed", "waiting")
    complete(queue, storage, "done")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "no glyph"))
    request = {"type": "custom", "title": "t", "text": "x"}

    done, failed, waiting = (api.get(f"/jobs/{name}").json for name in ("done", "failed", "waiting"))
    storage.delete("done")

    assert (done["title"], done["request"], done["no_pdf"]) == ("t", None, None)
    assert (failed["request"], failed["no_pdf"]) == (request, "There is no PDF: no glyph.")
    assert (waiting["request"], waiting["no_pdf"]) == (request, "There is no PDF yet: the job is QUEUED.")
    assert "expired" in api.get("/jobs/done").json["no_pdf"]
    (settings.storage_folder / "done.pdf").mkdir()
    assert "cannot be read" in api.get("/jobs/done").json["no_pdf"]


def test_a_pdf_is_sent_when_its_job_is_completed(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """The file's bytes, as application/pdf, and no browser may take it for anything else."""
    submit(queue, "a")
    complete(queue, storage, "a")

    with api.get("/jobs/a/pdf") as answer:
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert answer.data == b"%PDF- small %%EOF"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "a.pdf" in answer.headers["Content-Disposition"]


def test_a_pdf_that_is_not_there_yet_is_409(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """Even when its bytes are: until the job is COMPLETED there is no PDF. The answer has the state."""
    submit(queue, "a")
    storage.put("a", "token", b"%PDF- %%EOF")

    answer = api.get("/jobs/a/pdf")

    assert (answer.status_code, answer.content_type, answer.json["state"]) == (409, PROBLEM, "QUEUED")


def test_a_pdf_that_will_never_be_is_409_and_says_why(api: FlaskClient, queue: JobQueue) -> None:
    """The reason of the failure is in the answer."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "no glyph for '❤'"))

    answer = api.get("/jobs/a/pdf")

    assert (answer.status_code, answer.json["state"]) == (409, "FAILED")
    assert "no glyph for '❤'" in answer.json["detail"]


def test_a_pdf_that_has_expired_is_410(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """Gone is not the same as unknown."""
    submit(queue, "a")
    complete(queue, storage, "a")
    storage.delete("a")

    answer = api.get("/jobs/a/pdf")

    assert (answer.status_code, answer.content_type) == (410, PROBLEM)
    assert "This PDF has expired" in answer.json["detail"]


def test_a_pdf_that_cannot_be_read_is_503(
    api: FlaskClient, queue: JobQueue, storage: Storage, settings: Settings
) -> None:
    """The storage may be back in a moment; it is not a defect of the service."""
    submit(queue, "a")
    complete(queue, storage, "a")
    storage.delete("a")
    (settings.storage_folder / "a.pdf").mkdir()

    answer = api.get("/jobs/a/pdf")

    assert (answer.status_code, answer.content_type) == (503, PROBLEM)
    assert int(answer.headers["Retry-After"]) > 0


def test_stats_are_the_statistics_of_the_queue(api: FlaskClient, queue: JobQueue) -> None:
    """Every number that the dashboard shows."""
    submit(queue, "a", "b")

    stats = api.get("/stats").json

    assert {"queued": 2, "processing": 0, "completed": 0, "failed": 0}.items() <= stats.items()
    assert {"pdf_count", "queue_depth", "oldest_age", "workers", "throughput"} <= stats.keys()


def test_thirty_viewers_cost_as_much_as_one(broker: Broker, settings: Settings) -> None:
    """They share one cached answer, be they people or Prometheus."""
    client = broker.client()
    queue = JobQueue(client, settings)
    api = client_of(queue, settings)
    queue.stats()
    commands = note_commands(client)

    for _ in range(15):
        api.get("/stats"), api.get("/metrics")

    assert len(commands) < 30


def test_events_are_read_on_from_the_position_of_the_last_answer(api: FlaskClient, queue: JobQueue) -> None:
    """Each transition once; with nothing new the position stays."""
    submit(queue, "a", "b")
    first = api.get("/events").json
    submit(queue, "c")
    second = api.get(f"/events?after={first['after']}").json
    third = api.get(f"/events?after={second['after']}").json

    assert [event["job_id"] for event in first["events"] + second["events"]] == ["a", "b", "c"]
    assert (third["events"], third["after"], third["truncated"]) == ([], second["after"], False)


def test_events_say_when_some_have_gone(api: FlaskClient, queue: JobQueue) -> None:
    """A page that looks from the beginning of a trimmed stream knows that it does not see everything."""
    submit(queue, "a", "b")
    queue.trim_events(events(queue)[1].event_id)

    assert api.get("/events").json["truncated"] is True


def test_metrics_are_what_prometheus_reads(api: FlaskClient, queue: JobQueue, storage: Storage) -> None:
    """The official parser finds every gauge, with the queue's numbers."""
    submit(queue, "a", "b", "c")
    complete(queue, storage, "a")

    answer = api.get("/metrics")

    assert answer.content_type == CONTENT_TYPE_LATEST
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    jobs = {sample.labels["state"]: sample.value for sample in families["pdflab_jobs"].samples}
    assert jobs == {"queued": 2, "processing": 0, "completed": 1, "failed": 0}
    assert families["pdflab_queue_depth"].samples[0].value == 2
    assert families["pdflab_events"].samples[0].value == len(events(queue))
    assert {"pdflab_workers", "pdflab_pdfs", "pdflab_fenced"} <= families.keys()


def test_a_healthy_service_says_so(api: FlaskClient) -> None:
    """200 while Redis answers."""
    assert (api.get("/healthz").status_code, api.get("/healthz").json) == (200, {"status": "ok"})


def test_the_description_lists_every_route(api: FlaskClient) -> None:
    """With each method and a summary: it is built from the routes."""
    app = api.application
    described = openapi_description(app.url_map, app.view_functions)

    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes
    assert ("/generate-pdf", "post") in routes
    assert all(o["summary"] for methods in described["paths"].values() for o in methods.values())
    assert api.get("/openapi.json").json == described
    assert {"CustomRequest", "InvoiceRequest", "ReportRequest"} <= described["components"]["schemas"].keys()


def test_the_dashboard_is_a_page_with_its_script_and_style(api: FlaskClient) -> None:
    """Whatever the page names under /static is there."""
    with api.get("/") as page:
        assert (page.status_code, page.mimetype) == (200, "text/html")
        assert b"/static/" in page.data
    for name in ("dashboard.js", "style.css"):
        with api.get(f"/static/{name}") as part:
            assert part.status_code == 200
