"""The page of one job: its request, its history, what went wrong, and its PDF."""

import json

import pytest
from dashboard_page import MARKUP, WORKER, Opener, Service, row
from playwright.sync_api import Page, expect

from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Failure, Submission

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


def test_a_row_leads_to_the_page_of_its_job(page: Page, service: Service) -> None:
    """And back."""
    service.submit("Minutes of May")

    row(page, "Minutes").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Minutes of May")
    page.get_by_role("link", name="pdflab").click()

    expect(page.locator("#connection")).to_have_text("live")


def test_the_page_follows_its_job(open_page: Opener, service: Service) -> None:
    """From QUEUED with its place, to the PDF; each state with its duration."""
    service.submit("first", "second")
    page = open_page(path="job/second")
    expect(page.locator("#facts")).to_contain_text("place in the queue2")
    expect(page.locator("#request")).to_contain_text('"text": "x"')
    expect(page.locator("#no-pdf")).to_have_text("There is no PDF yet: the job is QUEUED.")

    service.take()
    claim = service.take()
    expect(page.locator("#state")).to_have_text("PROCESSING")
    service.finish(claim)

    expect(page.locator("#state")).to_have_text("COMPLETED")
    expect(page.locator("#history li")).to_have_count(3)
    expect(page.locator("#history li").first).to_contain_text("s")
    expect(page.locator("#bar span")).to_have_count(2)
    widths = page.locator("#bar span").evaluate_all("all => all.map((one) => one.offsetWidth)")
    assert sum(widths) == pytest.approx(page.locator("#bar").evaluate("bar => bar.offsetWidth"), abs=3)
    expect(page.get_by_role("link", name="Download")).to_have_attribute(
        "href", f"{service.url}/jobs/second/pdf"
    )
    expect(page.get_by_role("button")).to_have_count(0)


def test_a_failed_job_says_why_and_is_retried(open_page: Opener, service: Service) -> None:
    """The page then links to the new job, whose page links back."""
    service.fail("a", failure=Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full"))
    page = open_page(path="job/a")
    expect(page.locator("#what")).to_have_text("the disk is full")
    expect(page.locator("#no-pdf")).to_have_text("There is no PDF: the disk is full.")

    page.get_by_role("button", name="Retry as a new job").click()

    expect(page.locator("#message")).to_contain_text("Retried as the new job")
    expect(page.get_by_role("button")).to_have_count(0)
    page.locator("#facts a").click()
    expect(page.locator("#state")).to_have_text("QUEUED")
    expect(page.locator("#facts a")).to_have_attribute("href", f"{service.url}/job/a")


def test_a_job_is_cancelled_or_dismissed_on_its_page(open_page: Opener, service: Service) -> None:
    """Each button is there while it can do something, and the focus is not lost with it."""
    service.fail("broken", failure=Failure(Cause.REJECTED, "why"))
    service.submit("waiting")
    waiting, broken = open_page(path="job/waiting"), open_page(path="job/broken")

    waiting.get_by_role("button", name="Cancel").click()
    broken.get_by_role("button", name="Dismiss").click()

    expect(waiting.locator("#what")).to_have_text("cancelled by the user")
    expect(waiting.locator("#title")).to_be_focused()
    expect(broken.locator("#message")).to_have_text("Dismissed: it is no dead letter any more.")
    assert list(service.queue.dead_letters()) == []


def test_a_job_that_is_not_known_is_said_to_be(open_page: Opener) -> None:
    """In the sentence of the service."""
    page = open_page(path="job/nobody")

    expect(page.locator("#trouble")).to_contain_text("There is no job 'nobody'.")
    expect(page.locator("#about")).to_be_hidden()


def test_markup_on_the_page_of_a_job_is_text(open_page: Opener, service: Service) -> None:
    """In its title, its request and its reason."""
    service.queue.enqueue([Submission("a", "invoice", '{"x": "<b>1</b>"}', MARKUP)])
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, MARKUP))
    page = open_page(path="job/a")

    expect(page.locator("h1")).to_have_text(MARKUP)
    expect(page.locator("#what")).to_have_text(MARKUP)
    expect(page.locator("#request")).to_contain_text("<b>1</b>")
    assert page.locator("img, main b").count() == 0
    assert page.title() == "A job – pdflab"


def test_a_very_long_request_is_cut(open_page: Opener, service: Service) -> None:
    """The page says how much it does not show; a browser would set it for a minute."""
    text = json.dumps({"type": "custom", "text": "x" * 20_000})
    service.queue.enqueue([Submission("a", "custom", text, "long")])

    page = open_page(path="job/a")

    expect(page.locator("#request-more")).to_contain_text("more characters are not shown.")
    assert len(page.locator("#request").inner_text()) == 10_000
