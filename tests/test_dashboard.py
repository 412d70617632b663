"""The live dashboard in a real browser: moving figures, buttons that work, a lost connection."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from conftest import needs
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servers import path_proxy

from pdflab.jobs import Cause
from pdflab.load.plan import burst
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.service.api.app import create_app
from pdflab.service.http.server import address, listen, serve_http
from pdflab.service.jobqueue.base import Claim, Failure, Submission, WorkerStatus
from pdflab.service.jobqueue.dashboard_view import Quantiles, Sample
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

pytestmark = pytest.mark.browser

WORKER = "machine:1:worker"
MARKUP = "<img src=x onerror=document.title='hacked'><b>Müller</b>"
PDF = b"%PDF- small %%EOF"
TOKEN = "a-token-for-the-browser"


class Service:
    """The API on a port of its own, over a queue that the test works through by hand."""

    def __init__(self, queue: JobQueue, settings: Settings) -> None:
        self.queue = queue
        self.started: list[tuple[str, Mapping[str, Any]]] = []  # operations
        self.storage = FolderStorage(settings.storage_folder)
        self.storage.prepare()
        self._settings = settings
        self._app = create_app(queue, queue, self.storage, settings, operations=self)
        self._port = 0
        self.listen()

    def listen(self) -> None:
        """Listen, on the same port each time."""
        self._stop = Event()
        sock = listen("127.0.0.1", self._port, setting="--port")
        self.url = address(sock)
        self._port = sock.getsockname()[1]
        self._thread = Thread(target=self._serve, args=(sock, self._stop))
        self._thread.start()

    def trust_proxy(self) -> None:
        """Start again on the same port, behind a proxy."""
        self.stop()
        settings = replace(self._settings, proxy=True)
        self._app = create_app(self.queue, self.queue, self.storage, settings, operations=self)
        self.listen()

    def listing(self) -> list[Operation]:
        """Return the operations of the package."""
        return list(OPERATIONS.values())

    def stop(self) -> None:
        """End, so that connections are refused."""
        self._stop.set()
        self._thread.join()

    def submit(self, *titles: str, kind: str = "custom") -> None:
        """Accept jobs with these titles, which are their ids too as far as an id may be so."""
        self.queue.enqueue([Submission(title[:20].replace("<", ""), kind, "{}", title) for title in titles])

    def take(self) -> Claim:
        """Do what a worker does first."""
        job_id = self.queue.take(0.01)
        claim = self.queue.claim(job_id or "", WORKER, "token")
        assert claim
        return claim

    def complete(self, claim: Claim) -> None:
        """Do what a worker does last."""
        self.storage.put(claim.job.job_id, claim.token, PDF)
        self.queue.complete(claim, WORKER)

    def _serve(self, sock: Any, stop: Event) -> None:
        serve_http(self._app, sock, stop, threads=4, max_body=4_000_000)
        sock.close()

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Start an operation: one job, and a note of the parameters."""
        self.started.append((name, parameters))
        self.submit(f"{name} 1")
        return {"operation": name, "plan": f"one {name}", "documents": 1, "seed": 0}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser that is installed; none is downloaded."""
    needs("chromium", "chromium")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A service that is not open."""
    return replace(settings, open=False, token=TOKEN)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """A service without workers: what happens in it the test does."""
    service = Service(JobQueue(embedded_broker().client(), settings), settings)
    yield service
    service.stop()


Opener = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Opener]:
    """What opens the dashboard in a window of some size; an error in its script fails the test."""
    contexts, errors = [], []

    def opened(width: int = 1280, height: int = 720, **options: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{service.url}/?token={TOKEN}")
        expect(page.locator("#connection")).to_have_text("live")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: Opener, service: Service) -> Page:
    """The dashboard on a projector."""
    return open_page()


def number(page: Page, name: str) -> Any:
    return page.locator(f'dl [data-stat="{name}"]')


def row(page: Page, title: str) -> Any:
    return page.locator("#jobs li").filter(has_text=title)


def test_the_numbers_follow_the_queue(page: Page, service: Service) -> None:
    """Each state, the PDFs, the age: within moments of the change, without a reload."""
    service.submit("a", "b", "c", "d")
    expect(number(page, "queued")).to_have_text("4")
    expect(number(page, "queue_depth")).to_have_text("4")

    service.complete(service.take())
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.take()

    for name in ("queued", "processing", "completed", "failed", "pdf_count"):
        expect(number(page, name)).to_have_text("1")
    expect(number(page, "oldest_age")).not_to_have_text("0 s")
    expect(number(page, "throughput")).to_have_text("0.1")
    expect(page.locator("[data-latency=total]")).to_contain_text("s")


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
        expect(page.locator("#message")).to_contain_text("Started: one")

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

    expect(page.locator("#connection")).to_contain_text("This needs the token of the service.")


def test_each_button_starts_its_operation(page: Page, service: Service) -> None:
    """With the size that is set; the page says what was started, and the job appears."""
    page.get_by_label("documents").fill("7")
    page.get_by_label("seconds").fill("12")

    for label in ("Custom PDF", "Invoice", "Report", "Batch of 7", "Burst of 7", "Month-end spike"):
        page.get_by_role("button", name=label).click()
        expect(page.locator("#message")).to_contain_text("Started: one")

    expect(row(page, "month-end 1")).to_contain_text("QUEUED")
    assert service.started == [
        ("custom", {}),
        ("invoice", {}),
        ("report", {}),
        ("batch", {"n": 7}),
        ("burst", {"n": 7}),
        ("month-end", {"seconds": 12}),
    ]


def test_a_new_operation_has_a_button(
    open_page: Opener, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One entry in the table of operations is enough; the button names the sizes that it sends."""
    rush = Operation("rush", "Rush of {n}", "{n} in {seconds} s", ("n", "seconds"), lambda *, seed: burst(1))
    monkeypatch.setitem(OPERATIONS, "rush", rush)
    page = open_page()
    page.get_by_label("documents").fill("7")

    page.get_by_role("button", name="Rush of 7 7 in 30 s").click()

    expect(row(page, "rush 1")).to_have_count(1)
    assert service.started == [("rush", {"n": 7, "seconds": 30})]


def test_a_size_that_cannot_be_is_not_sent(page: Page, service: Service) -> None:
    """The browser says so at the field."""
    page.get_by_label("documents").fill("0")

    page.get_by_role("button", name="Burst of").click()

    expect(page.locator("#n")).to_be_focused()
    assert service.started == []


def test_a_refusal_is_shown_in_the_words_of_the_service(page: Page, service: Service) -> None:
    """Its sentence, not a number; here for a job that has ended since the list was read."""
    service.submit("a")
    cancel = page.get_by_role("button", name="Cancel a")
    cancel.hover()
    service.complete(service.take())

    page.route("**/snapshot", lambda route: route.abort())
    cancel.click()

    expect(page.locator("#message")).to_have_text(
        "Only a QUEUED job can be cancelled; this one is COMPLETED."
    )


def test_a_lost_connection_is_shown_and_comes_back(page: Page, service: Service) -> None:
    """The page says that its figures are old; with the service, they come back without a touch."""
    service.stop()

    expect(page.locator("#connection")).to_contain_text("does not answer")
    expect(page.locator("#connection")).to_contain_text("These figures are old")
    page.get_by_role("button", name="Invoice").click()
    expect(page.locator("#message")).to_have_text("The service does not answer.")
    service.submit("a", "b")
    service.listen()

    expect(page.locator("#connection")).to_have_text("live", timeout=10_000)
    expect(number(page, "queued")).to_have_text("2")


def test_a_queue_that_is_away_has_its_own_message(
    page: Page, service: Service, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The service answers, and its queue does not."""
    gone = JobQueue(Broker("gone", f"unix://{settings.folder}/nobody.sock").client(patient=False), settings)
    monkeypatch.setattr(service.queue, "_shared", gone._redis)

    monkeypatch.setattr(service.queue, "_scripts", gone._scripts)
    expect(page.locator("#connection")).to_contain_text("The service answers, but its queue does not.")
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
    expect(worker).to_contain_text(f"{WORKER}idle")
    service.submit("Minutes of May")

    claim = service.take()
    expect(worker).to_contain_text("renderingMinutes of May")
    expect(worker).to_contain_text("for ")

    service.queue.leave(WORKER)
    expect(worker).to_contain_text("silent, withMinutes of May")
    service.complete(claim)
    expect(worker).to_have_count(0)


def test_a_queued_job_is_cancelled_and_a_failed_one_retried(page: Page, service: Service) -> None:
    """Each row offers what its state allows, and nothing else."""
    service.submit("first", "second")
    expect(row(page, "first").get_by_role("button")).to_have_text("Cancel")

    row(page, "first").get_by_role("button").click()
    page.mouse.move(0, 0)  # the list waits while the pointer is on it
    expect(row(page, "first")).to_contain_text("cancelled by the user")
    row(page, "first").get_by_role("button", name="Retry").click()
    page.mouse.move(0, 0)

    expect(row(page, "first").filter(has_text="retried as a new job")).to_have_count(1)
    expect(row(page, "first").filter(has_text="QUEUED")).to_have_count(1)


def test_a_pdf_can_be_opened_and_downloaded(page: Page, service: Service, tmp_path: Path) -> None:
    """The very bytes that were stored, under the job's name."""
    service.submit("ready")
    service.complete(service.take())
    expect(row(page, "ready").get_by_role("link", name="ready", exact=True)).to_have_attribute(
        "href", f"{service.url}/jobs/ready/pdf"
    )

    with page.expect_download() as download:
        row(page, "ready").get_by_role("link", name="Download").click()

    assert download.value.suggested_filename == "ready.pdf"
    download.value.save_as(tmp_path / "ready.pdf")
    assert (tmp_path / "ready.pdf").read_bytes() == PDF


def test_all_dead_letters_are_retried_at_once(page: Page, service: Service) -> None:
    """After a look at how many they are and why; afterwards there are none."""
    service.submit("a", "b", "c")
    for _ in range(3):
        service.queue.fail(service.take(), WORKER, Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full"))
    page.get_by_role("button", name="Dead letters").click()
    expect(page.locator("#dead-jobs li")).to_have_count(3)
    expect(page.locator("#dead-jobs")).to_contain_text("the disk is full")

    page.get_by_role("button", name="Retry all 3").click()

    expect(page.locator("#message")).to_have_text("Retried: 3 new jobs.")
    expect(number(page, "queued")).to_have_text("3")
    page.get_by_role("button", name="Dead letters").click()
    expect(page.locator("#dead-count")).to_contain_text("There are none")


def test_the_list_can_show_one_state(page: Page, service: Service) -> None:
    """Failed ones are found even while hundreds wait."""
    service.submit("broken")
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.submit(*(f"job {count}" for count in range(100)))
    expect(row(page, "job 99")).to_have_count(1)
    expect(row(page, "broken")).to_have_count(0)

    page.get_by_text("failed", exact=True).last.click()

    expect(page.locator("#jobs li")).to_have_count(1)
    expect(row(page, "broken")).to_contain_text("FAILED")


def test_everything_can_be_done_by_keyboard(page: Page, service: Service) -> None:
    """Tab reaches each control in the order of reading, each shows its focus, and Enter presses it."""
    service.submit("a")
    expect(row(page, "a")).to_have_count(1)
    reached = []
    for _ in range(11):
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        reached.append(focused.evaluate("e => e.innerText.split('\\n')[0] || e.id || e.name"))
        assert (
            focused.evaluate("e => getComputedStyle(e.name == 'state' ? e.nextSibling : e).outlineStyle")
            == "solid"
        )

    assert reached == [
        *("Custom PDF", "Invoice", "Report", "Batch of 50", "Burst of 50", "Month-end spike", "n", "seconds"),
        *("state", "Dead letters …", "Cancel"),
    ]
    page.keyboard.press("Enter")
    expect(row(page, "a")).to_contain_text("cancelled by the user")


def test_the_list_does_not_move_under_a_pointer_or_focus(page: Page, service: Service) -> None:
    """While a row has the keyboard's focus or the pointer, new jobs wait; the states go on."""
    service.submit("a")
    page.get_by_role("button", name="Cancel a").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    service.submit("b")

    expect(number(page, "queued")).to_have_text("2")
    expect(page.get_by_text("The list waits")).to_be_visible()
    expect(page.locator("#jobs li")).to_have_count(1)
    expect(page.get_by_role("button", name="Cancel a")).to_be_focused()
    page.get_by_role("button", name="Invoice").focus()
    expect(page.locator("#jobs li")).to_have_count(2)
    row(page, "b").hover()
    service.submit("c")
    expect(number(page, "queued")).to_have_text("3")
    expect(page.locator("#jobs li")).to_have_count(2)


@pytest.mark.parametrize("width", [320, 375, 768, 1280, 1920])
def test_nothing_is_wider_than_the_screen(open_page: Opener, service: Service, width: int) -> None:
    """Not even words without a space, as long as they may be, in a list, at a worker or in a dialog."""
    endless = "W" * 200
    service.submit(endless, "second")
    service.queue.fail(service.take(), endless, Failure(Cause.REJECTED, endless))
    service.take()
    page = open_page(width, 740)
    expect(page.locator("#workers li")).to_have_count(1)
    page.get_by_role("button", name="Dead letters").click()
    expect(page.locator("#dead")).to_be_visible()

    overflow = """() => [...document.querySelectorAll("body *")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1
            || e.clientWidth && e.scrollWidth > e.clientWidth + 1)
        .map(e => e.tagName + e.id)"""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(overflow) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_in_dark(open_page: Opener, service: Service, scheme: str) -> None:
    """Every text has a contrast of 4.5 or more with what is behind it, as WCAG 2.2 asks for (1.4.3)."""
    service.submit("a", "b", "c")
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.complete(service.take())
    service.take()
    page = open_page(color_scheme=scheme)
    expect(page.locator("#jobs li")).to_have_count(3)

    contrasts = page.evaluate(CONTRASTS)

    assert len(contrasts) > 40
    assert [words for words, contrast in contrasts if contrast < 4.5] == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark is (scheme == "dark")


CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => channels(colour).slice(0, 3).map((c) => c / 255)
        .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => {
        const colour = getComputedStyle(e).backgroundColor;
        return channels(colour)[3] === 0 ? ground(e.parentElement) : colour;
    };
    const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    return [...document.querySelectorAll("body *")].filter((e) => own(e) && e.checkVisibility()).map((e) => {
        const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
        return [e.textContent, (a + 0.05) / (b + 0.05)];
    });
}"""


def test_the_states_are_read_from_the_back_row(page: Page, service: Service) -> None:
    """They stand in the first screen, their figures a fifteenth of its height or more."""
    for name in ("queued", "processing", "completed", "failed"):
        box = number(page, name).bounding_box()
        assert box["y"] + box["height"] < 720 / 2
        size = number(page, name).evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        assert size > 720 / 15


def test_the_chart_shows_the_minutes_before_the_page_was_opened(open_page: Opener, service: Service) -> None:
    """A page that is opened later, or reloaded, shows the same last minutes; and has them in words."""
    first = open_page()
    service.submit("a", "b")
    for _ in range(4):  # as the recorder does
        service.queue.add_sample(Sample.of(service.queue.stats(), Quantiles(), Quantiles()))
    line = '() => document.querySelector("#depth .line").getAttribute("d").split("L").length >= 3'
    first.wait_for_function(line)

    second = open_page()

    assert second.evaluate(line)
    expect(second.locator("#depth svg")).to_have_attribute(
        "aria-label", "jobs in the queue: 2 now, 2 at most"
    )


def test_one_request_a_second_and_none_to_another_host(browser: Browser, service: Service) -> None:
    """The page, its three files, then nothing but snapshots: that is all that thirty viewers cost."""
    context = browser.new_context()
    page, requested = context.new_page(), []
    page.on("request", lambda request: requested.append(request.url.removeprefix(service.url)))
    page.goto(f"{service.url}/?token={TOKEN}")

    page.wait_for_timeout(3500)
    context.close()

    polls = requested.count("/snapshot")
    assert 2 <= polls <= 4
    assert set(requested) <= {
        f"/?token={TOKEN}",
        "/",
        "/static/style.css",
        "/static/dashboard.js",
        "/static/icon.svg",
        "/snapshot",
    }


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
