"""What an operator does to the whole queue; what loses something asks first, and says how much."""

import pytest
from dashboard_page import Opener, Service, number, row
from playwright.sync_api import Page, expect

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser

DISK_FULL = Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full")
REJECTED = Failure(Cause.REJECTED, "no font has these characters")


def press(page: Page, name: str, *, within: str = "body") -> None:
    page.locator(within).get_by_role("button", name=name, exact=True).click()


def test_the_queue_is_paused_and_resumed(page: Page, service: Service) -> None:
    """The top of the page says so, and the button now offers the other."""
    service.submit("a", "b")

    press(page, "Pause the queue")

    expect(page.locator("#message")).to_have_text("Paused: no worker begins a job; running ones finish.")
    expect(page.locator("#health .paused")).to_contain_text("Paused: 2 queued jobs wait")
    assert service.queue.take(0.01) is None
    press(page, "Resume the queue")
    expect(page.locator("#health .paused")).to_have_count(0)
    assert service.queue.take(0.01) == "a"


def test_all_queued_jobs_are_cancelled_after_a_question(page: Page, service: Service) -> None:
    """It names how many; Escape keeps them and gives the focus back."""
    service.submit("a", "b", "c")
    service.take()
    expect(number(page, "queued")).to_have_text("2")

    press(page, "Cancel all queued …")
    expect(page.get_by_role("dialog")).to_contain_text("2 queued jobs will end as FAILED, without a PDF.")
    expect(page.get_by_role("button", name="Keep them")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel all queued …")).to_be_focused()
    assert service.queue.kept()[JobState.QUEUED] == 2
    page.keyboard.press("Enter")
    press(page, "Cancel 2 queued jobs")

    expect(page.locator("#message")).to_have_text("Cancelled 2 jobs.")
    expect(page.locator("[data-note=failed]")).to_have_text("and 2 cancelled")
    expect(number(page, "failed")).to_have_text("0")
    expect(number(page, "processing")).to_have_text("1")


def test_ended_jobs_are_purged_after_a_question(page: Page, service: Service) -> None:
    """One kind of ending or both; the page says how many jobs are deleted, and that their PDFs are."""
    service.complete("c1", "c2")
    service.fail("f1", failure=REJECTED)
    service.submit("waiting")

    press(page, "Purge ended jobs …")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 jobs will be deleted with all that is known about them, and the PDFs.")
    dialog.get_by_label("failed: 1").check()
    expect(dialog).to_contain_text("1 job will be deleted with all that is known about them. This cannot")
    dialog.get_by_label("both: 3").check()
    press(page, "Delete 3 jobs")

    expect(page.locator("#message")).to_have_text("Deleted 3 jobs.")
    expect(page.locator("#jobs li")).to_have_count(1)
    assert list(service.storage.list()) == []


def test_nothing_is_purged_by_escape(page: Page, service: Service) -> None:
    """Nor by the button that has the focus first."""
    service.complete("c1")

    for key in ("Escape", "Enter"):
        press(page, "Purge ended jobs …")
        expect(page.get_by_role("button", name="Keep them")).to_be_focused()
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_have_count(0)

    assert service.queue.kept()[JobState.COMPLETED] == 1


def test_dead_letters_that_would_fail_again_are_said_to(page: Page, service: Service) -> None:
    """The others are retried; what is left can be dismissed, which is asked about."""
    service.fail("a", "b", failure=DISK_FULL)
    service.fail("c", failure=REJECTED)

    press(page, "Dead letters …")
    expect(page.locator("#dead-count")).to_contain_text("dismissed: 1 rejected, 2 storage unavailable.")
    expect(page.locator("#dead-count")).to_contain_text("1 of them would fail again")
    hopeless = page.locator("#dead-jobs li").filter(has=page.locator(".again:visible"))
    expect(hopeless).to_contain_text("no font has these characters")
    press(page, "Retry the 2 that may succeed")
    expect(page.locator("#message")).to_have_text("Retried: 2 new jobs.")
    press(page, "Dead letters …")
    press(page, "Dismiss all 1 …")
    expect(page.locator("#confirm")).to_contain_text("1 dead letter will be listed here no more")
    press(page, "Dismiss 1 dead letter")

    expect(page.locator("#dead .message")).to_have_text("Dismissed 1 dead letter.")
    expect(page.locator("#dead-count")).to_contain_text("There are none")
    assert (service.queue.kept()[JobState.QUEUED], list(service.queue.dead_letters())) == (2, [])


def test_all_dead_letters_are_retried_at_once(page: Page, service: Service) -> None:
    """After a look at how many they are and why; afterwards there are none."""
    service.fail("a", "b", "c", failure=DISK_FULL)
    press(page, "Dead letters …")
    expect(page.locator("#dead-jobs li")).to_have_count(3)
    expect(page.locator("#dead-jobs")).to_contain_text("the disk is full")

    press(page, "Retry all 3")

    expect(page.locator("#message")).to_have_text("Retried: 3 new jobs.")
    expect(number(page, "queued")).to_have_text("3")
    press(page, "Dead letters …")
    expect(page.locator("#dead-count")).to_contain_text("There are none")


def test_one_dead_letter_is_retried_and_one_dismissed(page: Page, service: Service) -> None:
    """The dialog stays, and lists what is left."""
    service.fail("a", "b", "c", failure=DISK_FULL)
    press(page, "Dead letters …")

    press(page, "Retry a", within="#dead")
    expect(page.locator("#dead-jobs li")).to_have_count(2)
    press(page, "Dismiss b", within="#dead")

    expect(page.locator("#dead .message")).to_have_text("Dismissed: it is no dead letter any more.")
    expect(page.locator("#dead-jobs li")).to_have_count(1)
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    assert [job.job_id for job in service.queue.dead_letters()] == ["c"]


def test_a_change_that_is_refused_is_said_and_nothing_else_happens(page: Page, service: Service) -> None:
    """Here because the service has gone while the question was open."""
    service.submit("a")
    expect(row(page, "a")).to_have_count(1)
    press(page, "Cancel all queued …")
    service.stop()

    press(page, "Cancel 1 queued job")

    expect(page.locator("#message")).to_have_text("The service does not answer.")
    expect(page.locator("#message")).to_have_class("message error")


def test_the_dialogs_fit_a_phone(open_page: Opener, service: Service) -> None:
    """With the longest words, and more dead letters than fit."""
    service.fail(*(f"{i} {'W' * 60}" for i in range(60)), failure=Failure(Cause.REJECTED, "W" * 300))
    page = open_page(360, 640)

    press(page, "Dead letters …")

    expect(page.locator("#dead-more")).to_have_text("The latest 50 are listed.")
    box = page.locator("#dead").bounding_box()
    assert box is not None
    assert (box["x"] >= 0, box["x"] + box["width"] <= 360, box["height"] <= 640) == (True,) * 3
    assert page.locator("#dead").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport()
