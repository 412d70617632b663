"""The list of jobs: states, search, pages, and what each row offers."""

from pathlib import Path

import pytest
from dashboard_page import PDF, WORKER, Service, number, row
from playwright.sync_api import Page, expect

from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Failure

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


def test_a_queued_job_is_cancelled_and_a_failed_one_retried(page: Page, service: Service) -> None:
    """Each row offers what its state allows, and nothing else."""
    service.submit("first", "second")
    expect(row(page, "first").get_by_role("button")).to_have_text("Cancel")

    row(page, "first").get_by_role("button").click()
    page.mouse.move(0, 0)  # the list waits while the pointer is on it
    expect(row(page, "first")).to_contain_text("cancelled by the user")
    row(page, "first").get_by_role("button", name="Retry").click()
    page.mouse.move(0, 0)

    expect(row(page, "first").filter(has_text="retried as a new job")).to_have_count(1)
    expect(row(page, "first").filter(has_text="QUEUED")).to_have_count(1)


def test_a_pdf_can_be_opened_and_downloaded(page: Page, service: Service, tmp_path: Path) -> None:
    """The very bytes that were stored, under the job's name."""
    service.submit("ready")
    service.finish(service.take())
    expect(row(page, "ready").get_by_role("link", name="ready", exact=True)).to_have_attribute(
        "href", f"{service.url}/job/ready"
    )

    with page.expect_download() as download:
        row(page, "ready").get_by_role("link", name="Download").click()

    assert download.value.suggested_filename == "ready.pdf"
    download.value.save_as(tmp_path / "ready.pdf")
    assert (tmp_path / "ready.pdf").read_bytes() == PDF


def test_a_refusal_is_shown_in_the_words_of_the_service(page: Page, service: Service) -> None:
    """Its sentence, not a number; here for a job that has ended since the list was read."""
    service.submit("a")
    cancel = page.get_by_role("button", name="Cancel a", exact=True)
    cancel.hover()
    page.route("**/jobs?*", lambda route: route.abort())
    service.finish(service.take())

    cancel.click()

    expect(page.locator("#message")).to_have_text(
        "Only a QUEUED job can be cancelled; this one is COMPLETED."
    )


def test_the_list_can_show_one_state(page: Page, service: Service) -> None:
    """Failed ones are found even while hundreds wait."""
    service.submit("broken")
    service.queue.fail(service.take(), WORKER, Failure(Cause.REJECTED, "why"))
    service.submit(*(f"job {count}" for count in range(100)))
    expect(row(page, "job 99")).to_have_count(1)
    expect(row(page, "broken")).to_have_count(0)

    page.locator("#filter").get_by_text("failed").click()

    expect(page.locator("#jobs li")).to_have_count(1)
    expect(row(page, "broken")).to_contain_text("FAILED")


def test_the_list_does_not_move_under_a_pointer_or_focus(page: Page, service: Service) -> None:
    """While a row has the keyboard's focus or the pointer, new jobs wait; the states go on."""
    service.submit("a")
    page.get_by_role("button", name="Cancel a", exact=True).focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    service.submit("b")

    expect(number(page, "queued")).to_have_text("2")
    expect(page.get_by_text("The list waits")).to_be_visible()
    expect(page.locator("#jobs li")).to_have_count(1)
    expect(page.get_by_role("button", name="Cancel a", exact=True)).to_be_focused()
    page.get_by_role("button", name="Invoice").focus()
    expect(page.locator("#jobs li")).to_have_count(2)
    row(page, "b").hover()
    service.submit("c")
    expect(number(page, "queued")).to_have_text("3")
    expect(page.locator("#jobs li")).to_have_count(2)


def test_the_filter_has_counts(page: Page, service: Service) -> None:
    """How many jobs of each state are kept."""
    service.complete("a", "b")
    service.submit("c")

    expect(page.locator("[data-count]")).to_have_text(["3", "1", "0", "2", "0"])


def test_jobs_are_found_by_title_kind_and_id(page: Page, service: Service) -> None:
    """A search that finds nothing says what it searches."""
    service.submit("Minutes of May", "Minutes of June", "Budget")
    service.submit("Bill", kind="invoice")
    for words, found in (("minutes", 2), ("invoice", 1), ("Budg", 1)):
        page.get_by_label("search").fill(words)
        expect(page.locator("#jobs li")).to_have_count(found)

    page.get_by_label("search").fill("nothing")

    expect(page.locator("#no-jobs")).to_have_text(
        "No job matches “nothing”. A search finds the beginning of a job's id, "
        "and parts of its title and kind."
    )


def test_the_list_has_pages(page: Page, service: Service) -> None:
    """Forward and back; nothing is shown twice, and another filter begins at the first page."""
    service.submit(*(f"job {count:02}" for count in range(30)))
    titles = page.locator("#jobs .title a")
    expect(titles).to_have_count(12)
    seen = titles.all_inner_texts()

    for size in (12, 6):
        page.get_by_role("button", name="Next").click()
        expect(titles).to_have_count(size)
        expect(titles.first).not_to_have_text(seen[-12])
        seen += titles.all_inner_texts()

    assert len({*seen}) == 30
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()
    expect(page.locator("#page")).to_have_text("page 2")
    page.locator("#filter").get_by_text("queued").click()
    expect(page.locator("#page")).to_have_text("page 1")
