"""A class without a lab, whose presses and clock the test sets, on a port of its own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import web

from pdflab.classroom.press import Press
from pdflab.classroom.script import ACTS
from pdflab.classroom.state import ClassState, Options
from pdflab.classroom.teacher import Teacher
from pdflab.classroom.web.server import Site
from pdflab.jobs import Endpoint, JobEvent, JobState

WORKER = "worker-1@machine:101:nonce"
_TICK = 0.05  # seconds
OUTSIDE = """() => [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && !e.closest("canvas > *"))
    .filter((e) => {
        const { left, top, right, bottom, width } = e.getBoundingClientRect();
        const isCut = e.clientWidth && !e.matches("svg *") && e.scrollWidth > e.clientWidth + 1;
        const isOut = left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
        return width && isOut || isCut;
    })
    .map((e) => `${e.tagName}#${e.id}.${e.getAttribute("class") ?? ""} ${e.textContent.slice(0, 30)}`)"""


class StagedClass(ClassState):
    """A class at second 0; `now` is moved by the test."""

    def __init__(self, phones: int = 0) -> None:
        self.now = 0.0
        super().__init__(Options(), clock=lambda: self.now)
        self.lab = SimpleNamespace(worker="reliable", set_queue_limit=lambda limit: None)
        self.renderers = {"sync-api-1": 201, "worker-1": 101, "worker-2": 102}
        for number in range(phones):
            self.join(f"Ada {number + 1}")

    def join(self, name: str) -> None:
        """Let a phone join."""
        self.students.join(self.students.code, name, now=self.now)

    async def clear_lab(self) -> None:
        """There is nothing to clear."""

    def act(self, name: str, endpoint: Endpoint) -> None:
        """Begin an act, at an endpoint."""
        self.begin_act(next(act for act in ACTS if act.name == name))
        self.stage.endpoint = endpoint

    def press(self, student: int, *events: JobEvent, **fields: Any) -> Press:
        """Let a student press at second 0; `fields` are those of the press."""
        press = Press(f"{student}-k", student, self.stage.endpoint, 0.0, **fields)
        press.events += events
        self.note_press(press)
        return press


def event(state: JobState, at: float = 0.0, worker: str | None = WORKER, **fields: Any) -> JobEvent:
    """Return an event of a press's job."""
    return JobEvent("job", state, at, "report", worker=worker, **fields)


@contextmanager
def served(room: ClassState, end: Callable[[], object] = lambda: None) -> Iterator[Site]:
    """Serve a class, with a teacher whose controls reach no lab."""
    loop, made = asyncio.new_event_loop(), []
    stopping = asyncio.Event()

    async def serve() -> None:
        site = Site(room, Teacher(cast("Any", room), end=end), url="")
        runner = web.AppRunner(
            site.application(), handler_cancellation=True, access_log=None, shutdown_timeout=0.2
        )
        await runner.setup()
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        site.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        made.append(site)
        while not stopping.is_set():
            site.ticker.tick()
            await asyncio.sleep(_TICK)
        site.ticker.is_over = True
        site.ticker.tick()
        await asyncio.sleep(_TICK)
        await runner.cleanup()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    while not made:
        thread.join(0.01)
    yield made[0]
    loop.call_soon_threadsafe(stopping.set)
    thread.join()
    loop.close()
