"""Phones in a class: join, press, wait, reload, lose the network, vote, and get the PDF with their name."""

import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL.Image
import pytest
from axe import serious_findings
from cable import Cable
from conftest import eventually
from dashboard_page import OVERFLOWING
from phones import LARGE, Class, Joiner, tap, text_of_pdf
from playwright.sync_api import Page, expect

import pdflab.classroom.web
from pdflab.child_process import wait_until
from pdflab.classroom.press import LEFT, TIMED_OUT

pytest_plugins = ["phone_fixtures"]
pytestmark = pytest.mark.browser

PAGES = Path(pdflab.classroom.web.__file__).parent / "pages"
TOO_NEW = {  # what a phone of 2020 does not understand
    "css": r":has\(|^\s*&|\binset:|aspect-ratio|:is\(|\d[ds]vh|@container|@layer|color-mix",
    "js": r"\?\.[a-z(\[]|\?\?|^await |\.at\(|replaceAll|structuredClone|#[a-z]+\s*[=(;]|\|\|=|&&=",
}


@pytest.fixture(scope="module", autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """The class ends its threads when it ends, not after each test."""
    before = set(threading.enumerate())
    yield
    assert wait_until(lambda: set(threading.enumerate()) <= before, 10)


def headline(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#headline")).to_have_text(words, timeout=60_000)


def test_two_phones_get_the_pdf_with_their_name(join: Joiner, classroom: Class) -> None:
    """One tap, a spinner, and the document; the room code is gone from the address."""
    classroom.begin()
    ada, linus = join("Ada"), join("Linus", "Android")
    expect(ada.locator("#press")).to_be_disabled()
    assert "code" not in ada.url

    classroom.go(ada, linus)
    tap(ada)
    tap(linus)

    for page, name in ((ada, "Ada"), (linus, "Linus")):
        headline(page, re.compile(r"Your PDF, after \d+\.\d\ss"))
        assert f"The yearbook of {name}" in text_of_pdf(page)
        expect(page).to_have_title(f"Your PDF is here – {name}")
        expect(page.locator("#say")).to_contain_text("Your PDF is here")
    assert len(classroom.room.presses) == 2


def test_the_first_page_is_shown_as_a_picture(join: Joiner, classroom: Class) -> None:
    """To its own phone alone; a PDF that is not there has none."""
    classroom.begin()
    ada, linus = join("Ada"), join("Linus")
    classroom.go(ada)
    tap(ada)
    headline(ada, re.compile("Your PDF"))

    expect(ada.locator("#page")).to_have_class("there")
    address = ada.evaluate("document.querySelector('#picture').src")
    assert PIL.Image.open(io.BytesIO(ada.context.request.get(address).body())).width == 640
    assert linus.context.request.get(address).status == 404
    assert ada.context.request.get(address.replace(".png", "x.png")).status == 404


def test_without_an_answer_nobody_can_say_whether_the_pdf_was_made(join: Joiner, classroom: Class) -> None:
    """The page gives up after its patience; to send again is another request."""
    classroom.begin(patience=0.2, document=LARGE)
    page = join()
    classroom.go(page)

    tap(page)
    headline(page, "No answer after 0.2 s.")
    expect(page.locator("#text")).to_have_text("Was your PDF made? Nobody can say.")
    tap(page, "#again")

    expect(page.locator("#times")).to_have_text("Sent again (2nd time)")
    headline(page, "No answer after 0.2 s.")
    assert [press.error for press in classroom.presses("Ada")] == [TIMED_OUT, TIMED_OUT]


def test_a_reload_really_sends_again(join: Joiner, classroom: Class) -> None:
    """As a browser sends a form again: the first request is left, and rendered all the same."""
    classroom.begin("storm", document=LARGE)
    page = join()
    classroom.go(page)
    tap(page)
    headline(page, "Waiting for the answer")
    classroom.sees("Ada", 1)

    page.reload()
    expect(page.locator("#times")).to_have_text("Sent again (2nd time)")
    classroom.sees("Ada", 2)
    tap(page, "#again")
    expect(page.locator("#times")).to_have_text("Sent again (3rd time)")

    classroom.sees("Ada", 3)
    headline(page, re.compile("Your PDF"))
    errors = [press.error for press in classroom.presses("Ada")]
    assert errors == [None, LEFT, LEFT]
    expect(page.locator("#presses li")).to_have_count(3)


def test_a_reload_without_a_request_sends_nothing(join: Joiner, classroom: Class) -> None:
    """A page that has its answer remembers no request."""
    classroom.begin()
    page = join()
    classroom.go(page)
    tap(page)
    headline(page, re.compile("Your PDF"))

    page.reload()

    headline(page, re.compile("Your PDF"))
    assert len(classroom.presses("Ada")) == 1


def test_a_queued_press_shows_202_and_its_place_and_the_pdf(join: Joiner, classroom: Class) -> None:
    """The answer comes at once; the place falls; a phone that was in a pocket finds its job again."""
    classroom.begin("queued", document=LARGE)
    ada, linus = join("Ada"), join("Linus", "Android")
    classroom.go(ada, linus)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(classroom.room.lab.freeze, 6.0)  # however fast the machine is, the queue grows
        ada.wait_for_timeout(500)
        for page in (ada, linus, ada, linus, ada):
            tap(page, "#press" if page.locator("#press").is_visible() else "#again")
            headline(page, re.compile(r"202 after \d+.ms"))
            page.wait_for_timeout(300)

        expect(ada.locator("#figure-label")).to_have_text("number")
        expect(ada.locator("#text")).to_contain_text("of the queue, ")
        ada.reload()
        headline(ada, re.compile(r"202 after"))
    headline(ada, re.compile("Your PDF, after"))

    assert "The yearbook of Ada" in text_of_pdf(ada)
    expect(ada.locator("#presses li")).to_have_count(3)
    expect(ada.locator("#presses a")).to_have_count(3)
    assert len(classroom.presses("Ada")) == 3


def test_a_queued_press_outlives_the_network(join: Joiner, classroom: Class, cable: Cable) -> None:
    """Pressed without a network, it is sent with the same key until it is answered: one job."""
    classroom.begin("queued")
    page = join()
    classroom.go(page)
    cable.cut()

    tap(page)
    headline(page, "Sent")
    expect(page.locator("#lost")).to_be_visible(timeout=5_000)
    assert classroom.presses("Ada") == []
    cable.mend()

    headline(page, re.compile("Your PDF, after"))
    expect(page.locator("#lost")).to_be_hidden()
    assert len(classroom.presses("Ada")) == 1


def test_a_synchronous_press_does_not_outlive_the_network(
    join: Joiner, classroom: Class, cable: Cable
) -> None:
    """The browser does not know more than that its connection broke; the class goes on for it."""
    classroom.begin(document=LARGE)
    page = join()
    classroom.go(page)
    tap(page)
    classroom.sees("Ada", 1)

    cable.cut()
    headline(page, "The connection broke.")
    cable.mend()
    eventually(lambda: classroom.presses("Ada")[0].error == LEFT, seconds=10)
    tap(page, "#again")

    headline(page, re.compile("Your PDF, after"))
    assert len(classroom.presses("Ada")) == 2


def test_phones_that_retry_say_so(join: Joiner, classroom: Class) -> None:
    """Three more tries at most, each after a longer pause."""
    classroom.begin("storm", patience=0.1, document=LARGE)
    page = join()
    classroom.host.control("retries", True)
    classroom.go(page)

    tap(page)

    expect(page.locator("#times")).to_have_text("Sent again by itself: 4th time.", timeout=20_000)
    headline(page, "No answer after 0.1 s.")
    expect(page.locator("#again")).to_have_text("Send again")
    assert len(classroom.presses("Ada")) == 4


def test_a_full_queue_refuses_in_words(join: Joiner, classroom: Class) -> None:
    """At once, and the phone may send again."""
    classroom.begin("queued", document=LARGE)
    classroom.room.lab.set_queue_limit(1)
    ada, linus = join("Ada"), join("Linus")
    classroom.go(ada, linus)

    try:
        for page in (ada, linus, ada, linus):
            tap(page, "#press" if page.locator("#press").is_visible() else "#again")
            headline(page, re.compile("202|Refused"))
        headline(linus, "Refused: 429")
    finally:
        classroom.room.lab.set_queue_limit(10_000)
    expect(linus.locator("#text")).to_contain_text("The queue is full.")
    tap(linus, "#again")

    headline(linus, re.compile("Your PDF"))


def test_a_vote_can_be_changed_and_is_held_again_after_a_discussion(join: Joiner, classroom: Class) -> None:
    """The right answer and one's own are marked in words once the teacher shows them."""
    classroom.begin("queued")
    page = join()
    classroom.host.control("ask")

    tap(page, "#options button[value=A]")
    expect(page.locator("[value=A]")).to_have_attribute("aria-pressed", "true")
    tap(page, "#options button[value=C]")
    eventually(lambda: list(classroom.room.poll.answers.values()) == ["C"], seconds=5)
    classroom.host.control("ask")
    expect(page.locator("#question-round")).to_have_text("Discuss with your neighbour, then vote again.")
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    tap(page, "#options button[value=A]")
    eventually(lambda: list(classroom.room.poll.answers.values()) == ["A"], seconds=5)
    classroom.host.control("show")

    expect(page.locator("#result")).to_contain_text("You chose A. B is right. ")
    expect(page.locator("[value=A] em")).to_have_text("yours")
    expect(page.locator("[value=B] em")).to_have_text("right")


def test_a_prediction_has_no_default_and_meets_what_was_measured(join: Joiner, classroom: Class) -> None:
    """A slider or a number, with a comma as well; the question is away while the class presses."""
    classroom.begin("predict")
    page = join()
    classroom.host.control("ask")
    expect(page.locator("#slider")).to_have_attribute("aria-valuetext", "nothing chosen yet")
    tap(page, "#send-guess")
    expect(page.locator("#guess-help")).to_contain_text("That is no number.")
    assert classroom.room.poll.answers == {}

    page.locator("#number").fill("7,5")
    tap(page, "#send-guess")
    eventually(lambda: list(classroom.room.poll.answers.values()) == [7.5], seconds=5)
    page.locator("#slider").fill("12")
    tap(page, "#send-guess")
    expect(page.locator("#guess-help")).to_contain_text("Your guess: 12")
    classroom.host.control("act", "synchronous")
    classroom.go(page)
    expect(page.locator("#question")).to_be_hidden()
    tap(page)
    headline(page, re.compile("Your PDF"))
    classroom.host.control("show")

    expect(page.locator("#result")).to_have_text(re.compile(r"Measured: [\d.]+.s\. You guessed 12.s\."))
    expect(page.locator("#scale-own")).to_be_visible()


def test_a_nickname_is_only_text(join: Joiner, classroom: Class) -> None:
    """Whatever it looks like; an empty one is made up."""
    classroom.begin()

    page, other = join("<img src onerror"), join("")

    expect(page.locator("#me")).to_have_text("<img src onerror")
    assert page.locator("#me img").count() == 0
    expect(other.locator("#me")).to_have_text(re.compile(r"^[A-Z][a-z]+ [A-Z][a-z]+$"))


def test_a_wrong_code_is_named_and_a_forgotten_phone_joins_again(join: Joiner, classroom: Class) -> None:
    """A phone that the class does not know sees the form, whatever it does."""
    classroom.begin()
    page = join()
    page.context.clear_cookies()
    page.reload()
    expect(page.locator("#code")).to_be_visible()

    page.locator("#code").fill("WRONG")
    tap(page, "#enter")
    expect(page.locator("#join-problem")).to_contain_text("That is not the code")
    page.locator("#code").fill(classroom.room.students.code.lower())
    tap(page, "#enter")

    expect(page.locator("#stage")).to_be_visible()
    page.context.clear_cookies()
    classroom.go(page)
    tap(page)
    expect(page.locator("#join")).to_be_visible()


def test_the_page_works_under_a_path(join: Joiner, classroom: Class) -> None:
    """As behind the proxy of a hub: every address is relative."""
    classroom.begin("queued")
    hub = Cable(classroom.host._socket.getsockname()[1], prefix="/user/ada/proxy/8080")
    try:
        page = join(url=hub.url)
        classroom.go(page)
        tap(page)

        headline(page, re.compile("Your PDF"))
        expect(page.locator("#page")).to_have_class("there")
        assert "The yearbook of Ada" in text_of_pdf(page)
        assert "/user/ada/proxy/8080/api/pdf/" in page.evaluate("document.querySelector('#open').href")
    finally:
        page.close()
        hub.close()


def test_a_proxy_that_keeps_streams_to_itself_stops_nobody(join: Joiner, classroom: Class) -> None:
    """The page then asks, again and again."""
    classroom.begin("queued")
    page = join()
    page.route("**/api/live", lambda route: route.abort())
    page.reload()

    classroom.go(page)
    tap(page)

    headline(page, re.compile("Your PDF"))


def test_the_end_of_the_class_is_said(join: Joiner, classroom: Class) -> None:
    """With thanks; nothing of the class is left on the page."""
    classroom.begin()
    page = join()

    classroom.host.site.ticker.is_over = True
    try:
        expect(page.locator("#over")).to_contain_text("Thank you, Ada.")
        expect(page.locator("#stage")).to_be_hidden()
    finally:
        classroom.host.site.ticker.is_over = False


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(join: Joiner, classroom: Class, theme: str, axe: str) -> None:
    """Nothing serious for axe, nothing cut at 320 pixels, and large enough for thumbs, in each state."""
    classroom.begin("queued", document=LARGE)
    page = join("Łukasz Wójcik ŁŁ", color_scheme=theme, viewport={"width": 320, "height": 568})

    def look() -> None:
        page.wait_for_timeout(700)
        assert serious_findings(page, axe) == []
        assert set(page.evaluate(OVERFLOWING)) <= {"A#page.there"}  # whose picture is cut on purpose
        heights = "[...document.querySelectorAll('button, #open')].map(e => e.clientHeight).filter(h => h)"
        assert min(page.evaluate(heights)) >= 56

    look()
    classroom.host.control("ask")
    look()
    tap(page, "#options button[value=A]")
    classroom.host.control("show")
    look()
    classroom.go(page)
    look()
    tap(page)
    look()
    headline(page, re.compile("Your PDF"))
    look()
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("file", sorted(PAGES.glob("phone*.[cj]s*")), ids=lambda path: path.name)
def test_a_phone_of_2020_understands_it(file: Path) -> None:
    """No syntax that came later."""
    assert re.findall(TOO_NEW[file.suffix[1:]], file.read_text(encoding="utf-8"), re.MULTILINE) == []
