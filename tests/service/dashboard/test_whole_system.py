"""An operator's round on a whole system: real workers, a real Redis, real loads and PDFs."""

from collections.abc import Iterator

import pytest
from conftest import needs
from dashboard_page import number, row
from playwright.sync_api import Browser, Page, expect

from pdflab.lab import Lab
from pdflab.settings import Settings

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A lab with two workers, whose leases are short and whose queue is small."""
    needs("redis-server", "redis-server")
    settings = Settings.preset("teaching", port=0, sync_port=0, queue_limit=300)
    with Lab(workers=2, settings=settings) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser, lab: Lab) -> Iterator[Page]:
    """Its dashboard."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(lab.link())
        expect(page.locator("#health")).to_contain_text("2 workers ready", timeout=30_000)
        yield page


def test_a_paused_queue_waits_and_then_makes_the_pdf(page: Page, lab: Lab) -> None:
    """And the page of the job shows it."""
    page.get_by_role("button", name="Pause the queue").click()
    expect(page.locator("#health .paused")).to_be_visible()
    page.get_by_role("button", name="Invoice").click()
    expect(page.locator("#health .paused")).to_contain_text("1 queued job waits")
    page.get_by_role("button", name="Resume the queue").click()
    expect(row(page, "COMPLETED")).to_have_count(1)

    row(page, "COMPLETED").locator(".title a").click()

    expect(page.locator("#history li")).to_have_count(3)
    address = page.get_by_role("link", name="Open").get_attribute("href")
    assert page.request.get(str(address)).body().startswith(b"%PDF-")


def test_a_burst_that_finds_no_room_says_so_and_drains(page: Page, lab: Lab) -> None:
    """From full to idle; what was refused is still said, and no chart has to be watched for it."""
    lab.burst(1_000)
    expect(page.locator("#health .bad")).to_contain_text(
        "requests were refused: the queue is full.", timeout=30_000
    )

    lab.wait(60)

    expect(page.locator("#health .good")).to_contain_text("Idle", timeout=15_000)
    refused = sum(send.status == 429 for send in lab.sends())
    expect(page.locator("#health")).to_contain_text(f"{refused:,} requests were refused: the queue")
    expect(number(page, "refused")).to_have_text(f"{refused:,}")


def test_a_frozen_worker_is_named(page: Page, lab: Lab) -> None:
    """Within half a lease; it is well again once it thaws."""
    lab.freeze(4.0, "worker-1")

    expect(page.locator("#health .warning").filter(has_text="is silent: frozen or lost")).to_have_count(1)
    expect(page.locator("#health")).not_to_contain_text("silent", timeout=15_000)


def test_a_load_is_stopped(page: Page, lab: Lab) -> None:
    """A month of ten minutes ends within seconds."""
    page.get_by_label("seconds").fill("600")
    page.get_by_role("button", name="Month-end spike").click()
    expect(page.locator("#loads li")).to_have_count(1)

    page.locator("#loads button").click()
    page.get_by_role("button", name="Stop the load").click()

    expect(page.locator("#loads li")).to_have_count(0)
