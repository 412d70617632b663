"""The queue as its events say, and what a press without a service becomes."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from pdflab.analysis.run import Send
from pdflab.classroom.gateway import EventFeed, Gateway, QueueView
from pdflab.classroom.press import Press
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.settings import Settings

QUEUED, PROCESSING, COMPLETED, FAILED = JobState


def note(view: QueueView, job: str, state: JobState, at: float, **fields: Any) -> None:
    view.note(JobEvent(job, state, at, "report", **fields))


def test_places_are_those_of_the_queue() -> None:
    """In the order of arrival; a job that came back goes first, and one that is taken has no place."""
    view = QueueView(0.5)
    for number, job in enumerate("abc", start=1):
        note(view, job, QUEUED, 1.0, number=number)
    assert [view.place(job) for job in "abc"] == [1, 2, 3]

    note(view, "a", PROCESSING, 2.0, number=4, attempt=1)
    assert [view.place(job) for job in "abc"] == [None, 1, 2]
    note(view, "a", QUEUED, 5.0, number=5, attempt=1)
    assert [view.place(job) for job in "abc"] == [1, 2, 3]
    note(view, "b", FAILED, 6.0, number=6)
    assert [view.place(job) for job in ("a", "b", "c", None, "x")] == [1, None, 2, None, None]


def test_the_service_time_follows_what_is_measured() -> None:
    """A failed job, or one that nobody saw begin, teaches nothing."""
    view = QueueView(1.0)
    note(view, "a", PROCESSING, 0.0)
    note(view, "a", COMPLETED, 2.0)
    assert view.service == pytest.approx(1.2)

    note(view, "b", COMPLETED, 9.0)
    note(view, "c", PROCESSING, 0.0)
    note(view, "c", FAILED, 9.0)
    assert view.service == pytest.approx(1.2)


class Service:
    """A stand-in for the lab: an address, and a log of what was sent."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.token, self.base = settings, "secret", ""
        self.seen: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        if not self.base:
            raise UsageError("This lab is not running; start it.")
        return self.base

    def target(self, _: Endpoint) -> Any:
        return SimpleNamespace(url=self.url)


def sent(
    settings: Settings, answer: Callable[[], Awaitable[web.Response]] | None, *presses: Press
) -> tuple[list[bytes], list[Send], list[dict[str, str]]]:
    """Send presses to a service that gives an answer, or to none."""
    lab = Service(settings)

    async def answered(request: web.Request) -> web.Response:
        lab.seen.append(dict(request.headers))
        assert answer
        return await answer()

    async def all_of_it() -> list[bytes]:
        app = web.Application()
        app.router.add_post("/{path:.*}", answered)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        if answer:
            lab.base = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
        gateway = Gateway(lab)  # type: ignore[arg-type]
        pdfs = [await gateway.send(press, b"{}", patience=0.2) for press in presses]
        await gateway.close()
        await runner.cleanup()
        return pdfs

    pdfs = asyncio.run(all_of_it())
    return pdfs, [Send.from_json(line) for line in settings.sends_file.read_text().splitlines()], lab.seen


def press(endpoint: Endpoint) -> Press:
    return Press("1-a", 1, endpoint, 100.0)


@pytest.mark.parametrize("endpoint", Endpoint)
def test_a_press_without_a_lab_has_an_end(settings: Settings, endpoint: Endpoint) -> None:
    """Its phone is answered that it failed, and waits for nothing."""
    one = press(endpoint)
    [pdf], [send], _ = sent(settings, None, one)

    assert (pdf, one.error, one.status) == (b"", "connection", 0)
    assert one.answered_at is not None
    assert (send.error, send.intended_at) == ("connection", 100.0)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (202, b'{"job_id": "abc"}', None),
        (202, b"no JSON", "connection"),
        (202, b"{}", "connection"),
        (429, b"", "refused"),
        (503, b"", "refused"),
        (500, b"", "HTTP 500"),
        (404, b"", "HTTP 404"),
    ],
)
def test_each_answer_of_the_queued_endpoint_ends_a_press(
    settings: Settings, status: int, body: bytes, error: str | None
) -> None:
    """Also one that is none of our service's."""

    async def answer() -> web.Response:
        return web.Response(status=status, body=body)

    one = press(Endpoint.QUEUED)
    [pdf], [send], [seen] = sent(settings, answer, one)

    assert (pdf, one.error, send.error) == (b"", error, error)
    assert one.job_id == (None if error else "abc")
    assert seen["Authorization"] == "Bearer secret"
    assert "Idempotency-Key" not in seen


def test_a_synchronous_press_names_its_job_and_returns_the_pdf(settings: Settings) -> None:
    """So its events are found in the log while it waits."""

    async def answer() -> web.Response:
        return web.Response(body=b"%PDF")

    one = press(Endpoint.SYNCHRONOUS)
    [pdf], [send], [seen] = sent(settings, answer, one)

    assert (pdf, one.error, one.status, send.job_id) == (b"%PDF", None, 200, one.job_id)
    assert seen["X-Job-Id"] == one.job_id


def test_a_synchronous_press_is_given_up_after_the_patience(settings: Settings) -> None:
    """As by a proxy."""

    async def answer() -> web.Response:
        await asyncio.sleep(0.5)
        return web.Response()

    one = press(Endpoint.SYNCHRONOUS)
    [pdf], [send], _ = sent(settings, answer, one)

    assert (pdf, one.error, send.error) == (b"", "timeout", "timeout")


def test_the_feed_has_the_events_of_both_endpoints(settings: Settings) -> None:
    """Each once, with its endpoint."""
    files = {Endpoint.QUEUED: settings.log_file, Endpoint.SYNCHRONOUS: settings.sync_log_file}
    for endpoint, file in files.items():
        file.write_text(JobEvent(str(endpoint), PROCESSING, 1.0, "report").to_json() + "\n")
    feed = EventFeed(settings)

    assert {(endpoint, event.job_id) for endpoint, event in feed.read()} == {(e, str(e)) for e in Endpoint}
    assert list(feed.read()) == []
