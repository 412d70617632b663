"""The sentences at the top of the dashboard: each state of the system has its own, the most urgent first."""

from typing import Any

import pytest
from conftest import eventually
from dashboard_page import WORKER, Service, number
from playwright.sync_api import Page, expect

from pdflab.errors import QueueFull
from pdflab.service.jobqueue.base import WorkerStatus

pytest_plugins = ["dashboard_fixtures"]
pytestmark = pytest.mark.browser

STATS = {
    "queued": 0,
    "processing": 0,
    "workers": 2,
    "workers_expected": 2,
    "throughput": 0.0,
    "paused": False,
}
FROZEN = {"worker": "worker-2@vm:7:ab", "silent": True}
AWAKE = {"worker": "worker-1@vm:8:cd", "silent": False}
ASSESS = """async ([stats, workers, points, clients]) => {
    const { assess } = await import(new URL("static/health.js", location).href);
    return assess({ stats, workers, clients }, points);
}"""


def points(**columns: list[float]) -> list[dict[str, float]]:
    """Return a history that ends now, with a sample a second."""
    size = len(next(iter(columns.values())))
    zero = {"queued": 0, "failed": 0, "refused": 0, "seconds": 1.0}
    values = [{name: column[i] for name, column in columns.items()} for i in range(size)]
    return [zero | {"ago": size - 1 - i} | value for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("stats", "workers", "history", "expected"),
    [
        ({}, [], [], [("good", "Idle: nothing is queued, 2 workers ready.")]),
        ({"processing": 1}, [], [], [("good", "Keeping up: nothing is queued, 1 job processing.")]),
        (
            {"queued": 2364},
            [],
            points(queued=[2484, 2424, 2364]),
            [("busy", "Draining: 2,364 queued, empty in about 39\u00a0s.")],
        ),
        (
            {"queued": 300},
            [],
            points(queued=[0, 150, 300]),
            [("busy", "Filling: 300 queued, 150 more each second.")],
        ),
        ({"queued": 9, "throughput": 3.25}, [], [], [("busy", "Busy: 9 queued, 3.3 PDFs a second.")]),
        (
            {"queued": 2364, "paused": True},
            [],
            [],
            [("paused", "Paused: 2,364 queued jobs wait until somebody resumes the queue.")],
        ),
        (
            {"queued": 1, "workers": 0},
            [],
            [],
            [("bad", "No worker is running: 1 queued job waits for one. Start one with `pdflab worker`.")],
        ),
        (
            {"workers": 3, "workers_expected": 4},
            [],
            [],
            [
                ("warning", "3 of 4 workers are running."),
                ("good", "Idle: nothing is queued, 3 workers ready."),
            ],
        ),
        (
            {"queued": 293, "throughput": 39.0},
            [],
            points(queued=[0, 150, 300, 300, 293]),
            [("busy", "Busy: 293 queued, 39 PDFs a second.")],
        ),
        (
            {"workers_expected": None},
            [FROZEN | {"job_id": "a"}, AWAKE],
            [],
            [
                (
                    "warning",
                    "worker-2 is silent: frozen or lost. Another worker takes its job when the lease is "
                    "over.",
                ),
                ("good", "Idle: nothing is queued, 1 worker ready."),
            ],
        ),
        (
            {"workers": 3},
            [FROZEN, FROZEN | {"job_id": "a"}, AWAKE],
            [],
            [
                (
                    "warning",
                    "2 workers are silent, frozen or lost: worker-2, worker-2. Others take their 1 job when "
                    "the leases are over.",
                ),
                ("good", "Idle: nothing is queued, 1 worker ready."),
            ],
        ),
        (
            {},
            [FROZEN, AWAKE, AWAKE],
            [],
            [
                ("warning", "worker-2 is silent: frozen or lost. It has no job."),
                ("good", "Idle: nothing is queued, 2 workers ready."),
            ],
        ),
        (
            {"queued": 10_000},
            [],
            points(refused=[0, 7_000, 636], queued=[10_000] * 3),
            [
                ("bad", "7,636 requests were refused: the queue is full."),
                ("busy", "Busy: 10,000 queued, 0 PDFs a second."),
            ],
        ),
        (
            {},
            [],
            points(refused=[1, *[0] * 60]),
            [
                ("warning", "1 request was refused: the queue was full until 60\u00a0s ago."),
                ("good", "Idle: nothing is queued, 2 workers ready."),
            ],
        ),
        (
            {},
            [],
            points(failed=[0, 1, 1, *[0] * 120]),
            [
                ("warning", "2 jobs failed in the last 2\u00a0min."),
                ("good", "Idle: nothing is queued, 2 workers ready."),
            ],
        ),
    ],
)
def test_each_state_has_its_sentence(
    page: Page,
    stats: dict[str, Any],
    workers: list[dict[str, Any]],
    history: list[dict[str, float]],
    expected: list[tuple[str, str]],
) -> None:
    """A level, which has a sign and a colour, and a sentence: what there is, and what to expect or to do."""
    found = page.evaluate(ASSESS, [STATS | stats, workers, history, {}])

    assert [tuple(pair) for pair in found] == expected


def test_a_burst_that_ends_in_refusals_says_so(page: Page, service: Service) -> None:
    """Documents that found no room are counted, at the top and in their tile."""
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    service.record()
    eventually(lambda: len(service.queue.samples("0")[0]) > 0, seconds=10)

    with pytest.raises(QueueFull):
        service.submit(*(f"job {i}" for i in range(201)))

    first = page.locator("#health li").first
    expect(first).to_have_text("✕201 requests were refused: the queue is full.")
    expect(first).to_have_class("bad")
    expect(number(page, "refused")).to_have_text("201")


def test_the_tile_counts_only_workers_that_work(page: Page, service: Service) -> None:
    """Nobody processes a job while all are idle, and a silent worker does not render the one it has."""
    note = page.locator("[data-note=processing]")
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    expect(note).to_have_text("1 worker idle")

    service.submit("a")
    service.take()
    expect(note).to_have_text("by 1 of 1 worker")

    service.queue.clock_offset = 6.0  # seconds; a lease is 10
    expect(note).to_have_text("1 with a silent worker")


def test_a_silent_worker_is_named(page: Page, service: Service) -> None:
    """One that has not renewed its lease for half of it: at the top, and in its own place."""
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    expect(page.locator("#health")).to_contain_text("Idle: nothing is queued, 1 worker ready.")

    service.queue.clock_offset = 6.0  # seconds; a lease is 10

    expect(page.locator("#health")).to_contain_text("worker-1 is silent")
    expect(page.locator("#workers .silent")).to_contain_text("worker-1")


def test_clients_that_wait_are_counted_and_the_longest_is_said(page: Page, service: Service) -> None:
    """While a hundred clients hang, the page does not say that all is well; nor before it knows."""
    expect(number(page, "waiting")).to_have_text("–")
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    none = {"waiting": 0, "longest": None, "gave_up": 0, "refused": 0, "errors": 0}
    service.waiting = {"synchronous": none | {"waiting": 87, "longest": 4.2, "gave_up": 13}, "queued": none}

    expect(page.locator("#health li").first).to_have_text(
        "▸87 clients wait at the synchronous endpoint, the longest for 4.2\u00a0s."
    )
    expect(number(page, "waiting")).to_have_text("87")
    expect(page.locator("[data-note=waiting]")).to_have_text("the longest for 4.2\u00a0s, 13 gave up")
    service.waiting = {"synchronous": none | {"waiting": 1, "longest": 12.0}, "queued": none}
    expect(page.locator("#health .warning")).to_contain_text("1 client waits at the synchronous endpoint")


def test_a_screen_reader_hears_a_change_of_kind_and_not_each_figure(page: Page, service: Service) -> None:
    """The live region keeps the first figures of a sentence; the sentence itself goes on."""
    service.queue.renew(WorkerStatus(WORKER, 0.0))
    service.submit("a")
    expect(page.locator("#announcement")).to_contain_text("Busy: 1 queued")

    service.submit("b")

    expect(page.locator("#health")).to_contain_text("Busy: 2 queued")
    expect(page.locator("#announcement")).to_contain_text("Busy: 1 queued")
