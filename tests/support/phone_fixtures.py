"""Fixtures of the phones: a class beside a real lab, and what lets a phone join."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe import fetch_axe
from cable import Cable
from phones import Class, Joiner
from playwright.sync_api import Browser, Page, expect

from pdflab.classroom.host import ClassroomHost
from pdflab.lab import Lab
from pdflab.settings import Settings

_TOUCHED: dict[str, Any] = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DEVICES = {
    "iPhone": _TOUCHED | {"viewport": {"width": 375, "height": 667}},
    "Android": _TOUCHED | {"viewport": {"width": 360, "height": 640}},
}


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
def join(browser: Browser, classroom: Class, cable: Cable) -> Iterator[Joiner]:
    """What lets a phone join; an error in its script fails the test."""
    expect.set_options(timeout=20_000)  # each press is rendered by real workers
    contexts, errors = [], []

    def joined(name: str = "Ada", device: str = "iPhone", *, url: str = "", **options: Any) -> Page:
        contexts.append(browser.new_context(**(DEVICES[device] | options)))
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
    expect.set_options(timeout=5_000)
    assert errors == []
