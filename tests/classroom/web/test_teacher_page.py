"""The teacher's page in a browser: a class hour is led by one large button, and by keyboard."""

from collections.abc import Callable, Iterator

import pytest
from axe import serious_findings
from dashboard_page import OVERFLOWING
from playwright.sync_api import Browser, Page, expect
from staged_class import StagedClass, event, served

from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.web.server import Site
from pdflab.jobs import Endpoint, JobState

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser

Opener = Callable[..., Page]


@pytest.fixture
def room() -> StagedClass:
    return StagedClass(phones=3)


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def site(room: StagedClass, ended: list[str]) -> Iterator[Site]:
    with served(room, end=lambda: ended.append("class")) as site:
        yield site


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Opener]:
    """What opens the page; an error in its script fails the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def opened(width: int = 1280, height: int = 800, **options: str) -> Page:
        pages.append(browser.new_page(viewport={"width": width, "height": height}, **options))
        pages[-1].on("pageerror", lambda error: errors.append(str(error)))
        pages[-1].goto(f"{site.url}teacher?token={site.token}")
        expect(pages[-1].locator("#now-title")).not_to_be_empty()
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
    assert errors == []


def step(page: Page, label: str) -> None:
    """Press the large button, which must say this."""
    expect(page.locator("#next")).to_have_text(label)
    page.locator("#next").click()


def test_the_large_button_leads_through_two_acts(open_page: Opener, room: StagedClass) -> None:
    """Ask, then press, then show what was predicted; then the next act with its own question."""
    page = open_page()
    expect(page.locator("#say")).to_have_text(ACTS[0].say)

    step(page, "Ask the question")
    step(page, "Next act: Wait for the answer")
    step(page, "Go!")
    expect(page.locator("#next")).to_have_text("3, 2, 1 …")
    room.now = 4.0
    room.press(1, answered_at=6.0, status=200)
    expect(page.locator('[data-count="wait"]')).to_contain_text("1")
    step(page, "Close the buttons")
    room.now = 7.0
    step(page, "Show the predictions")
    step(page, "Next act: Take a number")
    step(page, "Go!")
    room.now = 11.0
    room.press(1, answered_at=11.0, status=202)
    step(page, "Close the buttons")
    step(page, "Ask the question")
    step(page, "Show the result")

    expect(page.locator("#next")).to_have_text("Next act: The reload storm")
    expect(page.locator("#message")).to_have_text("The result is shown.")
    assert room.stage.measured["synchronous"].middle == 6.0


def test_in_the_last_act_the_next_step_is_to_kill_a_worker(open_page: Opener, room: StagedClass) -> None:
    """While one is at its work, and only once; the button looks harmful."""
    page = open_page()
    room.act("kill", Endpoint.QUEUED)
    room.stage.opens_at = 0.0
    expect(page.locator("#next")).to_have_text("Close the buttons")

    room.press(1, event(JobState.PROCESSING), answered_at=0.0, status=202)

    expect(page.locator("#next")).to_have_text("Kill a worker")
    expect(page.locator("#next")).to_have_class("harm")


def test_every_control_has_a_button_that_shows_its_value(open_page: Opener, room: StagedClass) -> None:
    """The pressed one is what is set, whoever set it; an act is chosen in the script."""
    page = open_page()
    names = set(page.locator("[data-control]").evaluate_all("all => all.map((e) => e.dataset.control)"))
    assert names == {control.name for control in CONTROLS}

    page.get_by_role("group", name="Endpoint").get_by_role("button", name="queued").click()
    page.get_by_role("group", name="Names on the projector").get_by_role("button", name="off").click()
    page.get_by_role("button", name="5. At most twenty").click()

    expect(page.locator("#now-title")).to_have_text("5 of 7: At most twenty")
    expect(page.locator('[data-control="names"][aria-pressed="true"]')).to_have_text("off")
    room.stage.names = True
    expect(page.locator('[data-control="names"][aria-pressed="true"]')).to_have_text("on")


def test_what_is_refused_is_said_in_a_sentence(open_page: Opener) -> None:
    """In the words of the server, marked as an error."""
    page = open_page()

    page.get_by_role("button", name="Show the result").click()

    expect(page.locator("#message.error")).to_have_text("Ask a question first.")


def test_the_class_ends_only_after_a_second_press(open_page: Opener, ended: list[str]) -> None:
    """Escape keeps it; so does the button that has the focus."""
    page = open_page()
    page.get_by_role("button", name="End the class").click()
    expect(page.get_by_role("dialog")).to_contain_text("This forgets names and answers.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="End the class").click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert ended == []

    page.get_by_role("button", name="End the class").click()
    page.locator("#confirm-yes").click()

    expect(page.locator("#message")).to_have_text("The class ends.")
    assert ended == ["class"]


def test_it_is_led_by_keyboard(open_page: Opener, room: StagedClass) -> None:
    """The first stop after the link is the next step; it keeps the focus while its words change."""
    page = open_page()
    expect(page.locator("#next")).to_have_text("Ask the question")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#next")).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.locator("#next")).to_have_text("Next act: Wait for the answer")
    page.keyboard.press("Enter")
    expect(page.locator("#next")).to_have_text("Go!")

    expect(page.locator("#next")).to_be_focused()
    assert room.stage.act.name == "synchronous"


@pytest.mark.parametrize("width", [360, 390, 768, 1280, 1920])
def test_nothing_is_wider_than_the_screen(open_page: Opener, width: int) -> None:
    """On the teacher's phone, too."""
    page = open_page(width, 740)

    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Opener, axe: str, scheme: str) -> None:
    """On the page, and in its question before something ends."""
    page = open_page(color_scheme=scheme)
    expect(page.locator("#acts li")).to_have_count(7)
    found = serious_findings(page, axe)
    page.get_by_role("button", name="Begin again").click()
    expect(page.get_by_role("dialog")).to_be_visible()

    assert found + serious_findings(page, axe) == []
