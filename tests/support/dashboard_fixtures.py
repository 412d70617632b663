"""Fixtures of the dashboard: a service, and what opens its pages in windows of any size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe import fetch_axe
from dashboard_page import TOKEN, Opener, Service
from playwright.sync_api import Browser, Page, expect

from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import embedded_broker
from pdflab.settings import Settings


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, which npm fetches: a tool of the tests, and no part of the package."""
    return fetch_axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def guarded(tmp_path: Path) -> Settings:
    """Settings of a service that is not open."""
    return Settings(folder=tmp_path, port=0, sync_port=0, token=TOKEN, queue_limit=200)


@pytest.fixture
def service(guarded: Settings) -> Iterator[Service]:
    """A service without workers: what happens in it the test does."""
    service = Service(JobQueue(embedded_broker().client(), guarded), guarded)
    yield service
    service.close()


@pytest.fixture
def open_page(browser: Browser, service: Service) -> Iterator[Opener]:
    """What opens a page in a window of some size; an error in its script fails the test."""
    contexts, errors = [], []

    def opened(width: int = 1280, height: int = 720, *, path: str = "", **options: Any) -> Page:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{service.url}/{path}?token={TOKEN}")
        if not path:
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
