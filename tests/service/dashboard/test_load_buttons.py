"""The six operations as buttons, with their sizes, and the loads that they started."""

import pytest
from dashboard_page import Opener, Service, row
from playwright.sync_api import Page, expect

from pdflab.load.plan import burst
from pdflab.load.scenarios import OPERATIONS, Operation

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser


def test_each_button_starts_its_operation(page: Page, service: Service) -> None:
    """With the size that is set; the page says what was started, and the job appears."""
    page.get_by_label("documents").fill("7")
    page.get_by_label("seconds").fill("12")

    labels = ("Custom PDF", "Invoice", "Report", "Batch of 7", "Burst of 7", "Month-end spike")
    for label, name in zip(labels, OPERATIONS, strict=True):
        page.get_by_role("button", name=label).click()
        expect(page.locator("#message")).to_contain_text(f"Starting: one {name}")

    expect(row(page, "month-end 1")).to_contain_text("QUEUED")
    assert service.started == [
        ("custom", {}),
        ("invoice", {}),
        ("report", {}),
        ("batch", {"n": 7}),
        ("burst", {"n": 7}),
        ("month-end", {"seconds": 12}),
    ]


def test_a_new_operation_has_a_button(
    open_page: Opener, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One entry in the table of operations is enough; the button names the sizes that it sends."""
    rush = Operation("rush", "Rush of {n}", "{n} in {seconds} s", ("n", "seconds"), lambda *, seed: burst(1))
    monkeypatch.setitem(OPERATIONS, "rush", rush)
    page = open_page()
    page.get_by_label("documents").fill("7")

    page.get_by_role("button", name="Rush of 7 7 in 30 s").click()

    expect(row(page, "rush 1")).to_have_count(1)
    assert service.started == [("rush", {"n": 7, "seconds": 30})]


def test_a_size_that_cannot_be_is_not_sent(page: Page, service: Service) -> None:
    """The browser says so at the field."""
    page.get_by_label("documents").fill("0")

    page.get_by_role("button", name="Burst of").click()

    expect(page.locator("#n")).to_be_focused()
    assert service.started == []


def test_a_running_load_is_stopped_after_a_question(page: Page, service: Service) -> None:
    """What it has not sent is lost: the question says how much. Escape lets it run. Others stop their own."""
    month = {"id": "m", "plan": "month end", "documents": 2_364, "seconds": 7.2, "endpoint": "synchronous"}
    month |= {"due": 2_364, "waiting": None, "is_ours": False}
    burst = {"id": "b", "plan": "a burst", "due": 364, "waiting": 9, "is_ours": True}
    service.loads = {"m": month, "b": month | burst}
    loads = page.locator("#loads li")
    expect(loads).to_have_text(
        [
            "month end, to the synchronous endpoint, started elsewhere: "
            "2,364 of 2,364 documents due, – waiting, running for 7.2\u00a0s",
            "a burst: 364 of 2,364 documents due, 9 waiting, running for 7.2\u00a0sStop …",
        ]
    )

    page.get_by_role("button", name="Stop a burst").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "2,000 documents will never be sent, and 9 clients will not wait any longer."
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Stop a burst")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop the load").click()

    expect(page.locator("#message")).to_have_text("Stopped.")
    expect(loads).to_have_count(1)
    assert service.loads.keys() == {"m"}


def test_a_load_that_has_ended_cannot_be_stopped(page: Page, service: Service) -> None:
    """The page says so, in the words of the service."""
    month = {"id": "m", "plan": "month end", "documents": 9, "seconds": 1.0, "endpoint": "queued"}
    service.loads = {"m": month | {"due": 1, "waiting": 1, "is_ours": True}}
    page.get_by_role("button", name="Stop month end").click()
    service.loads = {}

    page.get_by_role("button", name="Stop the load").click()

    expect(page.locator("#message")).to_contain_text("No operation with this id is running here.")
    expect(page.locator("#no-loads")).to_be_visible()
