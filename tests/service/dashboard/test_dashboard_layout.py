"""How the pages look: widths, contrast, focus, and what axe-core finds."""

import json

import pytest
from axe import serious_findings
from dashboard_page import OVERFLOWING, WORKER, Opener, Service, number, row
from playwright.sync_api import Page, expect

from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Failure, Submission

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


def test_everything_can_be_done_by_keyboard(page: Page, service: Service) -> None:
    """Tab reaches each control in the order of reading, each shows its focus, and Enter presses it."""
    service.submit("a")
    expect(row(page, "a")).to_have_count(1)
    reached = []
    for _ in range(17):
        page.keyboard.press("Tab")
        focused = page.locator(":focus-visible")
        reached.append(focused.evaluate("e => e.innerText.split('\\n')[0] || e.id || e.name"))
        seen = "e => getComputedStyle(e.type == 'radio' ? e.nextSibling : e).outlineStyle"
        assert focused.evaluate(seen) == "solid"

    assert reached == [
        *("Pause the queue", "Dead letters …", "Cancel all queued …", "Purge ended jobs …"),
        *("Custom PDF", "Invoice", "Report", "Batch of 50", "Burst of 50", "Month-end spike", "n", "seconds"),
        *("span", "state", "search", "a", "Cancel"),
    ]
    page.keyboard.press("Enter")
    expect(row(page, "a")).to_contain_text("cancelled by the user")
    expect(row(page, "a").get_by_role("link", name="a", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1180, 1440, 1920])
def test_nothing_is_wider_than_the_screen(open_page: Opener, service: Service, width: int) -> None:
    """Not even words without a space, as long as they may be, in a list, at a worker or in a dialog."""
    endless = "W" * 200
    service.submit(endless, "second", "third")
    service.queue.fail(service.take(), endless, Failure(Cause.REJECTED, endless))
    service.take(endless)
    page = open_page(width, 740)
    expect(page.locator("#workers li")).to_have_count(1)
    expect(page.locator("#jobs li")).to_have_count(3)
    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("button", name="Dead letters").click()
    expect(page.locator("#dead")).to_be_visible()

    assert page.evaluate(OVERFLOWING) == []


@pytest.mark.parametrize("width", [360, 390, 1180, 1440, 1920])
def test_the_page_of_a_job_is_not_wider_than_the_screen(
    open_page: Opener, service: Service, width: int
) -> None:
    """Nor are its request and the sentence that says why there is no PDF."""
    endless = "W" * 200
    text = json.dumps({"type": "custom", "title": endless})
    service.queue.enqueue([Submission("a", "custom", text, endless)])
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, endless))
    page = open_page(width, 740, path="job/a")
    expect(page.locator("#state")).to_have_text("FAILED")

    assert page.evaluate(OVERFLOWING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 1440, 1920])
def test_a_number_is_not_cut_in_its_field(open_page: Opener, width: int) -> None:
    """The largest that a field takes is read whole: 10000 once showed as 1000."""
    page = open_page(width, 740)
    for name in ("documents", "seconds"):
        field = page.get_by_label(name)
        field.fill(field.get_attribute("max") or "")

        assert field.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_in_dark(open_page: Opener, service: Service, scheme: str) -> None:
    """Every text has a contrast of 4.5 or more with what is behind it, as WCAG 2.2 asks for (1.4.3)."""
    service.submit("a", "b", "c")
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.finish(service.take())
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page: Opener, service: Service, axe: str, scheme: str) -> None:
    """On the dashboard, in each of its dialogs, and on the page of a job."""
    service.complete("done")
    service.fail("broken", failure=Failure(Cause.REJECTED, "why"))
    service.submit("waiting")
    page = open_page(color_scheme=scheme)
    expect(page.locator("#jobs li")).to_have_count(3)
    found = serious_findings(page, axe)
    for button in ("Dead letters …", "Cancel all queued …", "Purge ended jobs …"):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += serious_findings(page, axe)
        page.keyboard.press("Escape")
    job = open_page(path="job/broken", color_scheme=scheme)
    expect(job.locator("#state")).to_have_text("FAILED")

    assert found + serious_findings(job, axe) == []
