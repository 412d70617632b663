"""The figures of the dashboard: they move, they say when they are old, and they show text as text."""

from collections import Counter

import pytest
from conftest import eventually
from dashboard_page import MARKUP, TOKEN, WORKER, Opener, Service, number, row
from playwright.sync_api import Browser, Locator, Page, expect
from servers import path_proxy

from pdflab.jobs import Cause, JobState
from pdflab.service.api.sync import EventLog
from pdflab.service.jobqueue.base import Failure, Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


def figure(page: Page, endpoint: str, name: str) -> Locator:
    return page.locator(f'[data-endpoint="{endpoint}"][data-figure="{name}"]')


def test_the_numbers_follow_the_queue(page: Page, service: Service) -> None:
    """Each state, the PDFs, the age: within moments of the change, without a reload."""
    service.submit("a", "b", "c", "d")
    expect(number(page, "queued")).to_have_text("4")
    expect(page.locator("[data-note=queued]")).to_contain_text("the oldest for")

    service.finish(service.take())
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.take()
    service.submit("e")
    service.queue.cancel("e")

    for name in ("queued", "processing", "completed", "failed"):
        expect(number(page, name)).to_have_text("1")
    expect(page.locator("[data-note=failed]")).to_have_text("and 1 cancelled")
    expect(page.locator("[data-note=completed]")).to_have_text("1 PDF stored")
    expect(figure(page, "queued", "throughput")).to_have_text("0.1")


def test_both_endpoints_stand_side_by_side(page: Page, service: Service, guarded: Settings) -> None:
    """Percentiles of wait and completion, from the history; the other endpoint's come from its log."""
    service.record()
    service.complete("a", "b")
    log = EventLog(guarded.sync_log_file)
    for state in (JobState.PROCESSING, JobState.COMPLETED):
        log.append("s", state, "custom")
    log.close()

    for name in ("wait_p50", "wait_p95", "wait_p99", "completion_p50", "completion_p95", "completion_p99"):
        expect(figure(page, "queued", name)).to_contain_text("s")
    expect(figure(page, "queued", "completed")).to_have_text("2")
    expect(figure(page, "synchronous", "completed")).to_have_text("1")
    expect(figure(page, "synchronous", "completion_p99")).to_contain_text("s")
    expect(page.locator("[data-series=synchronous] b")).not_to_have_text("–")


def test_a_link_in_a_notebook_opens_the_page_and_hides_the_token(browser: Browser, service: Service) -> None:
    """From a page of another site, in another tab: the browser keeps a cookie, and shows no token."""
    with browser.new_context() as context:
        link = f'<a target="_blank" href="{service.url}/?token={TOKEN}">dashboard</a>'
        context.route(
            "http://notebook.example/*", lambda route: route.fulfill(body=link, content_type="text/html")
        )
        notebook = context.new_page()
        notebook.goto("http://notebook.example/")
        seen: list[str] = []
        context.on("request", lambda request: seen.append(f"{request.url} {request.headers.get('referer')}"))

        with context.expect_page() as opened:
            notebook.get_by_role("link").click()
        page = opened.value
        expect(page.locator("#connection")).to_have_text("live")
        page.get_by_role("button", name="Invoice").click()
        expect(page.locator("#message")).to_contain_text("Starting: one")

        assert (page.url, page.evaluate("document.cookie")) == (f"{service.url}/", "")
        assert TOKEN not in page.content()
        assert [line for line in seen if TOKEN in line] == seen[:1]
        again = context.new_page()
        again.goto(service.url)
        expect(again.locator("#connection")).to_have_text("live")


def test_without_the_token_the_browser_shows_what_to_do(browser: Browser, service: Service) -> None:
    """One sentence that can be read, and no figure."""
    with browser.new_context() as context:
        page = context.new_page()

        answer = page.goto(service.url)

        assert answer is not None
        assert answer.status == 401
        expect(page.locator("body")).to_contain_text("open the link that `pdflab up` prints")
        assert page.locator("#connection").count() == 0


def test_a_page_whose_token_has_changed_says_so(page: Page, service: Service) -> None:
    """It names the token, and not the queue, as what is wrong."""
    page.context.clear_cookies()

    expect(page.locator("#health")).to_contain_text("This needs the token of the service.")


def test_a_lost_connection_is_shown_and_comes_back(page: Page, service: Service) -> None:
    """The page says that its figures are old; with the service, they come back without a touch."""
    service.stop()

    expect(page.locator("#health")).to_have_text(
        "✕The service does not answer. These figures are old; trying again …"
    )
    expect(page.locator("#connection")).to_have_text("not live")
    page.get_by_role("button", name="Invoice").click()
    expect(page.locator("#message")).to_have_text("The service does not answer.")
    service.submit("a", "b")
    service.listen()

    expect(page.locator("#connection")).to_have_text("live", timeout=10_000)
    expect(number(page, "queued")).to_have_text("2")


def test_a_queue_that_is_away_has_its_own_message(
    page: Page, service: Service, monkeypatch: pytest.MonkeyPatch, guarded: Settings
) -> None:
    """The service answers, and its queue does not."""
    gone = JobQueue(Broker("gone", f"unix://{guarded.folder}/nobody.sock").client(patient=False), guarded)
    monkeypatch.setattr(service.queue, "_shared", gone._redis)

    monkeypatch.setattr(service.queue, "_scripts", gone._scripts)
    expect(page.locator("#health")).to_contain_text(
        "The service answers, but its queue does not: Redis is away."
    )
    monkeypatch.undo()

    expect(page.locator("#connection")).to_have_text("live")


def test_markup_in_a_name_is_text(page: Page, service: Service) -> None:
    """In the list, at the worker, among the dead letters, in a reason: nowhere does a browser run it."""
    service.queue.enqueue([Submission(job_id, "invoice", "{}", MARKUP) for job_id in ("a", "b")])
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, MARKUP))
    service.take()

    expect(row(page, "FAILED").locator(".title a")).to_have_text(MARKUP)
    expect(row(page, "FAILED").locator(".what")).to_have_text(MARKUP)
    expect(page.locator("#workers li bdi")).to_have_text(MARKUP)
    page.get_by_role("button", name="Dead letters").click()
    expect(page.locator("#dead-jobs")).to_contain_text(MARKUP)
    assert page.locator("img, #jobs b, #dead b, bdi b").count() == 0
    assert page.title() == "pdflab"


def test_each_worker_shows_what_it_does(page: Page, service: Service) -> None:
    """Idle, rendering which job, or silent with the job that it left."""
    worker = page.locator("#workers li")
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    expect(worker).to_contain_text("worker-1idle")
    service.submit("Minutes of May")

    claim = service.take()
    expect(worker).to_contain_text("renderingMinutes of May")
    expect(worker).to_contain_text("for ")
    expect(worker).to_contain_text("machine:1:worker")

    service.queue.leave(WORKER)
    expect(worker).to_contain_text("silent, withMinutes of May")
    service.finish(claim)
    expect(worker).to_have_count(0)


def test_the_chart_shows_the_minutes_before_the_page_was_opened(open_page: Opener, service: Service) -> None:
    """Nobody watched: the service did. The chart says its figures in words, too."""
    service.record()
    service.submit("a", "b")
    eventually(lambda: len(service.queue.samples("0")[0]) >= 3, seconds=10)

    page = open_page()

    points = 'document.querySelector("#depth .line.queued").getAttribute("d").split("L").length'
    page.wait_for_function(f"{points} >= 2")
    label = page.locator("#depth svg").get_attribute("aria-label")
    assert label == "Queue depth now: queued 2, processing 0; at most 2"


def test_the_charts_show_three_or_fifteen_minutes(page: Page, service: Service) -> None:
    """The axis says which."""
    expect(page.locator("#rate .axis")).to_have_text("3 min ago21now")

    page.get_by_text("15 minutes").click()

    expect(page.locator("#rate .axis")).to_have_text("15 min ago105now")


def test_little_is_asked_for_and_nothing_of_another_host(browser: Browser, service: Service) -> None:
    """The page and its files; then a snapshot and new samples each second, jobs and loads every other one."""
    service.record()
    with browser.new_context() as context:
        page, requested = context.new_page(), []
        page.on("request", lambda request: requested.append(request.url.removeprefix(service.url)))
        page.goto(f"{service.url}/?token={TOKEN}")
        page.wait_for_timeout(4500)

    counts = Counter(path.partition("?")[0] for path in requested if not path.startswith("/static/"))
    assert counts.keys() == {"/", "/snapshot", "/history", "/jobs", "/operations"}
    assert counts["/snapshot"] in (3, 4, 5)
    histories = [path for path in requested if path.startswith("/history")]
    assert len({*histories}) >= len(histories) - 2  # each after the newest sample of the last
    assert max(counts["/jobs"], counts["/operations"]) <= 3


def test_it_works_behind_a_proxy_that_puts_a_path_before_it(browser: Browser, service: Service) -> None:
    """As JupyterHub does: every address is relative to the page, and the cookie is for its path alone."""
    service.trust_proxy()
    with path_proxy(service.url, "/user/x/proxy/8000") as url, browser.new_context() as context:
        page, requested = context.new_page(), []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{url}/?token={TOKEN}")

        expect(page.locator("#connection")).to_have_text("live")
        page.get_by_role("button", name="Invoice").click()
        expect(row(page, "invoice 1")).to_have_count(1)
        assert row(page, "invoice 1").locator(".download").evaluate("e => e.href").startswith(url)
        assert [other for other in requested if not other.startswith(f"{url}/")] == []
        assert [cookie["path"] for cookie in context.cookies()] == ["/user/x/proxy/8000/"]
