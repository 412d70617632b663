"""The projector's page in a browser: the dots, the question and the countdown, at the sizes of projectors."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from axe import serious_findings
from playwright.sync_api import Browser, Page, expect
from staged_class import OUTSIDE, StagedClass, event, served

from pdflab.classroom.press import TIMED_OUT, Figures, figures
from pdflab.classroom.web.server import Site
from pdflab.jobs import Endpoint, JobState

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser

PAGES = Path(__file__).parents[3] / "pdflab" / "classroom" / "web" / "pages" / "screens"
SIZES = [(1920, 1080), (1366, 768), (1024, 768)]
LONG = "W" * 16
Opener = Callable[..., Page]


@pytest.fixture
def room() -> StagedClass:
    return StagedClass()


@pytest.fixture
def site(room: StagedClass) -> Iterator[Site]:
    with served(room) as site:
        yield site


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Opener]:
    """What opens the page; an error in its script fails the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def opened(width: int = 1366, height: int = 768) -> Page:
        pages.append(browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce"))
        pages[-1].on("pageerror", lambda error: errors.append(str(error)))
        pages[-1].goto(f"{site.url}projector?token={site.token}")
        expect(pages[-1].locator("#code")).to_have_text(site.room.students.code)
        return pages[-1]

    yield opened
    for page in pages:
        page.close()
    assert errors == []


def zone(page: Page, name: str) -> str:
    return page.locator(f'[data-zone="{name}"] b').inner_text()


@pytest.mark.parametrize("path", ["projector", "teacher", "api/screen", "api/script", "teacher?token=no"])
def test_who_has_no_token_sees_nothing(site: Site, path: str) -> None:
    """The pages of the projector and of the teacher answer 403, and so do their live views."""
    with pytest.raises(HTTPError) as refused:
        urlopen(site.url + path)
    refused.value.close()

    assert refused.value.code == 403


def test_a_token_leaves_the_address(open_page: Opener, site: Site) -> None:
    """A photo of the projector shows no secret; the page has the address of the phones, and the code."""
    page = open_page()

    assert page.url == f"{site.url}projector"
    expect(page.locator("#address")).to_have_text(site.url.removeprefix("http://").rstrip("/"))
    assert site.token not in page.content()


def test_phones_appear_as_they_join(open_page: Opener, room: StagedClass) -> None:
    """A dot for each, with its name, which is text: markup does nothing."""
    page = open_page()
    room.join("<img onerror=1>")
    room.join("Łukasz")

    expect(page.locator('[data-zone="joined"] b')).to_have_text("2")
    expect(page.locator("canvas li")).to_have_text(["<img onerror=1>: joined", "Łukasz: joined"])
    assert page.locator("img").count() == 1  # the QR code


def test_a_dot_moves_from_the_phone_to_the_pdf(open_page: Opener, room: StagedClass) -> None:
    """It waits, is rendered by a server, and is done; one that gave up is then rendered for nobody."""
    room.join("Ada")
    room.join("Zoë")
    page = open_page()
    room.act("synchronous", Endpoint.SYNCHRONOUS)

    ada, zoe = room.press(1), room.press(2)
    expect(page.locator("#sentence")).to_have_text(
        "2 wait for an answer, the longest 0.0 s. Nobody has a PDF."
    )
    room.now = 10.0
    ada.events.append(event(JobState.PROCESSING, 9.0, "sync:201"))
    zoe.answered_at, zoe.error = 10.0, TIMED_OUT
    expect(page.locator('[data-zone="workers"] b')).to_have_text("1")
    assert (zone(page, "waiting"), zone(page, "gave up")) == ("0", "1")
    ada.answered_at, ada.status = 9.9, 200
    zoe.events.append(event(JobState.PROCESSING, 9.9, "sync:201"))
    expect(page.locator("#sentence")).to_have_text(
        "1 is being rendered for nobody. 1 has a PDF. 1 request given up."
    )
    zoe.events.append(event(JobState.COMPLETED, 9.9, "sync:201"))
    expect(page.locator('[data-zone="nobody"] b')).to_have_text("1")
    expect(page.locator("#sentence")).to_have_text("Over: 2 requests, 1 PDF, 1 gave up, 1 PDF for nobody.")
    assert page.locator('[data-figure="in-time"]').inner_text().split("\n")[-1] == "of 2 rendered"


def test_a_job_of_a_dead_worker_is_held_and_one_of_a_naive_worker_is_lost(
    open_page: Opener, room: StagedClass
) -> None:
    """The sentence names its phone: the class sees whose it is."""
    room.join("Ada")
    page = open_page()
    room.act("kill", Endpoint.QUEUED)
    press = room.press(1, event(JobState.PROCESSING, worker="worker-1@machine:7:n"), job_id="job")
    press.answered_at, press.status = 0.0, 202
    expect(page.locator('[data-zone="workers"] b')).to_have_text("1")

    room.dead = frozenset(["worker-1@machine:7:n"])
    expect(page.locator("#sentence")).to_contain_text("A dead worker holds Ada’s job until its lease ends.")
    room.dead = frozenset(["naive:worker-1@machine:8:n"])
    press.events.append(event(JobState.PROCESSING, worker="naive:worker-1@machine:8:n"))

    expect(page.locator("#sentence")).to_contain_text("Ada’s job is lost with its worker.")


def test_names_are_hidden_by_one_click(open_page: Opener, room: StagedClass) -> None:
    """From then on, the page is not even sent them."""
    room.join("Ada")
    page = open_page()
    expect(page.locator("canvas li")).to_have_count(1)

    page.get_by_role("button", name="Hide names").click()

    expect(page.locator("canvas li")).to_have_count(0)
    expect(page.get_by_role("button", name="Show names")).to_be_visible()
    assert room.stage.names is False


def test_the_measured_value_stands_among_the_predictions(open_page: Opener, room: StagedClass) -> None:
    """Before the result is shown, nobody sees what others predicted."""
    page = open_page()
    room.ask()
    assert room.poll
    room.poll.answers = {1: 5.0, 2: 7.5, 3: 30.0}
    expect(page.locator("#answered")).to_have_text("3 of 0 phones have answered")
    assert page.locator(".bin").count() == 0

    room.stage.measured["synchronous"] = played(middle=7.9)
    room.poll.is_shown = True

    expect(page.locator(".measured")).to_have_text("measured: 7.9 s")
    expect(page.locator("#verdict")).to_have_text("The middle prediction is 7.5 s. 1 of 3 was within 20 %.")
    assert [text for text in page.locator(".bin").all_inner_texts() if text] == ["1", "1", "1"]


def test_a_class_without_pdfs_has_no_measured_wait(open_page: Opener, room: StagedClass) -> None:
    """More than half without a PDF: the page says so, and draws no line."""
    page = open_page()
    room.ask()
    assert room.poll
    room.poll.answers = {1: 5.0}
    room.stage.measured["synchronous"] = played(middle=None, without=3)

    room.poll.is_shown = True

    expect(page.locator("#verdict")).to_contain_text("3 of 4 phones had no PDF at all.")
    assert page.locator(".measured").count() == 0


def played(*, middle: float | None, without: int = 0) -> Figures:
    """The figures of an act in which four students pressed."""
    return replace(figures((), 0.0, patience=10.0), students=4, without=without, middle=middle)


def test_votes_are_bars_beside_those_of_the_earlier_round(open_page: Opener, room: StagedClass) -> None:
    """The right option is marked, once the result is shown."""
    page = open_page()
    room.act("queued", Endpoint.QUEUED)
    expect(page.locator("#act")).to_contain_text("Take a number")
    room.ask()
    assert room.poll
    room.poll.answers = {1: "A", 2: "A"}
    room.poll.ask_again()
    room.poll.answers = {1: "A", 2: "B"}
    expect(page.locator("#options li")).to_have_count(3)
    assert page.locator(".right").count() == 0

    room.stage.measured |= {"synchronous": played(middle=8.0), "queued": played(middle=8.0)}
    room.poll.is_shown = True

    expect(page.locator("#compared dt")).to_have_text(["Wait for the answer", "Take a number"])
    expect(page.locator("#compared dd").nth(1)).to_have_text("0 PDFs for 4 phones")
    expect(page.locator("#options strong")).to_have_text(["1before: 2", "1 ✓before: 0", "0before: 0"])
    expect(page.locator(".right b")).to_have_text("B")


def test_the_countdown_fills_the_screen(open_page: Opener, room: StagedClass) -> None:
    """3, 2, 1, PRESS."""
    page = open_page()
    room.stage.opens_at = 0.6

    expect(page.locator("#countdown")).to_have_text("1")
    room.now = 0.6
    expect(page.locator("#countdown")).to_have_text("PRESS")
    expect(page.locator("#countdown")).to_be_hidden()


def in_the_lobby(room: StagedClass) -> None:
    room.now = 1.0


def in_a_synchronous_act(room: StagedClass) -> None:
    """Everything that takes room: all zones have dots, the sentence is long."""
    room.act("synchronous", Endpoint.SYNCHRONOUS)
    for student in range(1, 11):
        room.press(student)
        room.press(student + 10, answered_at=9.0, error=TIMED_OUT)
        room.press(
            student + 20, event(JobState.PROCESSING, worker="sync:201"), answered_at=9.0, error=TIMED_OUT
        )
        room.press(student + 30, answered_at=9.0, status=200)
    room.now = 9.9


def in_a_queued_act(room: StagedClass) -> None:
    room.act("limit", Endpoint.QUEUED)
    room.stage.limit = 20
    room.dead = frozenset(["worker-1@machine:7:n"])
    for student in range(1, 21):
        made = event(JobState.QUEUED, worker=None, number=student)
        room.press(student, made, answered_at=0.1, status=202, job_id=f"{student}")
        room.press(student + 20, answered_at=0.1, status=429, error="refused")
    room.press(40, event(JobState.PROCESSING, worker="worker-1@machine:7:n"), answered_at=0.1, status=202)
    room.now = 100.0


def with_predictions(room: StagedClass) -> None:
    room.ask()
    assert room.poll
    room.poll.answers = {number: float(number) for number in range(30)}
    room.stage.measured["synchronous"], room.poll.is_shown = played(middle=7.9), True


def with_votes(room: StagedClass) -> None:
    room.act("naive", Endpoint.QUEUED)
    room.ask()
    assert room.poll
    room.poll.answers = {number: "ABC"[number % 3] for number in range(40)}
    room.stage.measured |= {"synchronous": played(middle=8.0), "queued": played(middle=8.0)}
    room.poll.ask_again()
    room.poll.answers, room.poll.is_shown = {1: "C"}, True


SCENES = [in_the_lobby, in_a_synchronous_act, in_a_queued_act, with_predictions, with_votes]


@pytest.mark.parametrize("scene", SCENES)
def test_all_of_it_is_on_the_screen(
    open_page: Opener, room: StagedClass, scene: Callable[[StagedClass], None]
) -> None:
    """With the longest names, nothing is cut, at the edge of the screen or of its own place."""
    for _ in range(40):
        room.join(LONG)
    scene(room)
    page = open_page()

    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("scene", SCENES)
def test_text_is_read_from_the_back_row(
    open_page: Opener, room: StagedClass, scene: Callable[[StagedClass], None]
) -> None:
    """On 1,080 lines, 28 pixels or more; only the three small buttons of the teacher are below."""
    for _ in range(40):
        room.join("Ada")
    scene(room)
    page = open_page(1920, 1080)
    page.wait_for_timeout(200)

    sizes = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(button, canvas *)")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
            .filter((e) => e.checkVisibility())
            .map((e) => [parseFloat(getComputedStyle(e).fontSize), e.textContent])"""
    )

    assert [words for size, words in sizes if size < 28] == []


def test_a_thousand_dots_are_drawn(open_page: Opener, room: StagedClass) -> None:
    """A storm of 200 phones that reload five times: the dots get smaller, and are without names."""
    room.act("storm", Endpoint.SYNCHRONOUS)
    for number in range(1_000):
        room.press(number + 1, answered_at=0.0, error=TIMED_OUT)

    page = open_page()

    expect(page.locator('[data-zone="gave up"] b')).to_have_text("1000")
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing_serious(
    open_page: Opener, room: StagedClass, axe: str, scene: Callable[[StagedClass], None]
) -> None:
    """In none of the scenes of a class hour."""
    scene(room)
    page = open_page()
    page.wait_for_timeout(200)

    assert serious_findings(page, axe) == []


def test_every_address_is_relative() -> None:
    """So that the pages also work behind a proxy's path; none leads to another site."""
    for name in ("projector", "teacher"):
        page = (PAGES / f"{name}.html").read_text()
        script = (PAGES / f"{name}.js").read_text() + (PAGES / "screen.js").read_text()

        addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
        addresses += re.findall(r'(?:fetch|EventSource)\("([^"]+)"', script) + re.findall(
            r'from "([^"]+)"', script
        )
        assert len(addresses) >= 6
        assert [place for place in addresses if place.startswith(("/", "http"))] == []
