"""What the tests of the dashboard share: a real API, whose queue the test works through by hand."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Event, Thread
from typing import Any

from playwright.sync_api import Locator, Page

from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.service.api.app import create_app
from pdflab.service.eventlog.recorder import Recorder
from pdflab.service.http.server import address, listen, serve_http
from pdflab.service.jobqueue.base import Claim, Failure, Submission
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

WORKER = "worker-1@machine:1:worker"
MARKUP = "<img src=x onerror=document.title='hacked'><b>Müller</b>"
PDF = b"%PDF- small %%EOF"
TOKEN = "a-token-for-the-browser"
Opener = Callable[..., Page]  # a path, and the size of a window
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1
        || e.clientWidth && !e.matches("iframe, pre") && e.scrollWidth > e.clientWidth + 1)
    .filter(e => !e.closest(".unseen, svg"))
    .map(e => e.tagName + "#" + e.id + "." + e.className)"""


class Service:
    """The API on a port of its own. The title of a job is also its id, as far as an id may be so."""

    def __init__(self, queue: JobQueue, settings: Settings) -> None:
        self.queue = queue
        self.started: list[tuple[str, Mapping[str, Any]]] = []  # operations
        self.loads: dict[str, Mapping[str, object]] = {}  # that are running
        self.waiting: dict[str, Mapping[str, float]] = {}  # clients, at each endpoint
        self.storage = FolderStorage(settings.storage_folder)
        self.storage.prepare()
        self._settings = settings
        self._app = create_app(queue, queue, self.storage, settings, operations=self)
        self._port = 0
        self._recording: Callable[[], None] = lambda: None
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

    def record(self) -> None:
        """Run a recorder, which keeps the history of the charts, until the service is closed."""
        recorder, stop = Recorder(self.queue, self._settings.log_file), Event()
        thread = Thread(target=_record, args=(recorder, stop))
        thread.start()
        self._recording = lambda: (stop.set(), thread.join())[1]

    def stop(self) -> None:
        """End, so that connections are refused."""
        self._stop.set()
        self._thread.join()

    def close(self) -> None:
        """End all that runs."""
        self.stop()
        self._recording()

    def submit(self, *titles: str, kind: str = "custom") -> None:
        """Accept jobs with these titles."""
        text = '{"type": "custom", "title": "t", "text": "x"}'
        self.queue.enqueue([Submission(title[:20].replace("<", ""), kind, text, title) for title in titles])

    def take(self, worker: str = WORKER) -> Claim:
        """Do what a worker does first."""
        job_id = self.queue.take(0.01)
        claim = self.queue.claim(job_id or "", worker, "token")
        assert claim
        return claim

    def complete(self, *titles: str) -> None:
        """Submit jobs and do what a worker does with them."""
        for title in titles:
            self.submit(title)
            self.finish(self.take())

    def finish(self, claim: Claim) -> None:
        """Do what a worker does last."""
        self.storage.put(claim.job.job_id, claim.token, PDF)
        self.queue.complete(claim, WORKER)

    def fail(self, *titles: str, failure: Failure) -> None:
        """Submit jobs that fail."""
        for title in titles:
            self.submit(title)
            self.queue.fail(self.take(), WORKER, failure)

    def _serve(self, sock: Any, stop: Event) -> None:
        serve_http(self._app, sock, stop, threads=4, max_body=4_000_000)
        sock.close()

    def listing(self) -> list[Operation]:
        """Return the operations of the package."""
        return list(OPERATIONS.values())

    def start(self, name: str, parameters: Mapping[str, Any]) -> Mapping[str, object]:
        """Start an operation: one job, and a note of the parameters."""
        self.started.append((name, parameters))
        self.submit(f"{name} 1")
        return {"id": "1", "operation": name, "plan": f"one {name}", "documents": 1, "seed": 0}

    def running(self) -> list[Mapping[str, object]]:
        """Return the loads that the test says are running."""
        return list(self.loads.values())

    def clients(self) -> Mapping[str, Mapping[str, float]]:
        """Return what the test says of clients."""
        return self.waiting

    def end(self, operation_id: str) -> bool:
        """End one of them."""
        return self.loads.pop(operation_id, None) is not None


def _record(recorder: Recorder, stop: Event) -> None:
    recorder.open()
    recorder.run(stop)
    recorder.close()


def number(page: Page, name: str) -> Locator:
    return page.locator(f'#states [data-stat="{name}"]')


def row(page: Page, title: str) -> Locator:
    return page.locator("#jobs li").filter(has_text=title)
