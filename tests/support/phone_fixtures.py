"""Fixtures of the phones: a browser, a class beside a real lab, and what lets a phone join."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe import fetch_axe
from cable import Cable
from conftest import needs
from phones import Class, Joiner
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from servers import start_browser

from pdflab.classroom.host import ClassroomHost
from pdflab.lab import Lab
from pdflab.settings import Settings

DEVICES = {"iPhone": "iPhone SE", "Android": "Galaxy S8"}


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    needs("chromium", "chromium")
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The browser that is installed."""
    expect.set_options(timeout=20_000)
    chromium = start_browser(playwright)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, which npm fetches: a tool of the tests, and no part of the package."""
    return fetch_axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="module")
def classroom() -> Iterator[Class]:
    """A class beside a lab with two workers."""
    settings = Settings(port=0, sync_port=0)
    with Lab(workers=2, settings=settings) as lab, ClassroomHost(lab, at=("127.0.0.1", 0)) as host:
        yield Class(host)


@pytest.fixture
def cable(classroom: Class) -> Iterator[Cable]:
    """The network between the phones and the class."""
    cable = Cable(classroom.host._socket.getsockname()[1])
    yield cable
    cable.close()


@pytest.fixture
def join(playwright: Playwright, browser: Browser, classroom: Class, cable: Cable) -> Iterator[Joiner]:
    """What lets a phone join; an error in its script fails the test."""
    contexts, errors = [], []

    def joined(name: str = "Ada", device: str = "iPhone", *, url: str = "", **options: Any) -> Page:
        look = {
            key: v for key, v in playwright.devices[DEVICES[device]].items() if key != "default_browser_type"
        }
        contexts.append(browser.new_context(**(look | options)))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{url or cable.url}?code={classroom.room.students.code}")
        page.locator("#name").fill(name)
        page.locator("#enter").tap()
        expect(page.locator("#me")).to_be_visible()
        return page

    yield joined
    for context in contexts:
        context.close()
    assert errors == []
