"""The time limit: a document that never ends does not keep its worker for ever."""

from collections.abc import Callable
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from shorthand import job, line, opened, state, states, submit, take_and_claim

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage
from pdflab.service.worker import heartbeat as heartbeat_module
from pdflab.service.worker import worker as worker_module
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings

RENDERED = Rendered(b"%PDF- small %%EOF", 1)
LEASE = 0.03  # a lease, in seconds: its heartbeat beats a hundred times a second


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


class Clock:
    """A clock that only tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        clock = SimpleNamespace(time=worker_module.time.time, monotonic=lambda: self.now)
        monkeypatch.setattr(worker_module, "time", clock)
        monkeypatch.setattr(heartbeat_module, "time", clock)


def await_heartbeat(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what waits until the heartbeat has seen the current job, from the beginning to the end."""
    renew, looked = queue.renew, Event()

    def note(*arguments: Any) -> None:
        renew(*arguments)
        looked.set()

    def wait() -> None:
        for _ in range(2):  # the first may have begun before we did
            looked.clear()
            assert looked.wait(10)

    monkeypatch.setattr(queue, "renew", note)
    return wait


def overrun(queue: JobQueue, storage: Storage, reported: list[JobState]) -> None:
    """Let a worker take a job that ends only when it has been given up; note what the job is then."""
    stop, given_up = Event(), Event()

    def note() -> None:
        reported.append(state(queue, "a"))
        given_up.set()

    def never_end(job: Job) -> Rendered:
        stop.set()
        assert given_up.wait(10), "it was not given up"
        raise RuntimeError("a thread cannot be ended from outside")

    worker = Worker(queue, storage, render=never_end, time_limit=0.01, on_timeout=note)
    worker.run(stop, lease=LEASE)


def test_a_document_that_takes_too_long_is_given_up(queue: JobQueue, storage: Storage) -> None:
    """It counts as an error, with its reason, and is tried again later; then the worker's end is called."""
    submit(queue, "a")
    reported: list[JobState] = []

    overrun(queue, storage, reported)

    assert (states(queue, "a"), job(queue, "a").errors, job(queue, "a").crashes) == ("QPQ", 1, 0)
    assert job(queue, "a").reason == "It was not rendered within 0.01 s."
    assert reported[0] is JobState.QUEUED
    assert line(queue) == []


def test_a_document_that_always_takes_too_long_ends_as_failed(queue: JobQueue, storage: Storage) -> None:
    """Renewed for ever, its job would never end; after three tries it has, and says why."""
    submit(queue, "a")

    for _ in range(3):
        overrun(queue, storage, [])
        queue.clock_offset += 60
        queue.sweep()

    assert states(queue, "a") == "QPQPQPF"
    assert job(queue, "a").reason == "It was not rendered within 0.01 s."
    assert not storage.exists("a")


def test_a_document_is_given_up_once(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread cannot be ended: while it goes on, another completes the job, and nothing is refused."""
    submit(queue, "a")
    stop, given_up, refused = Event(), [], []
    wait_for_a_beat = await_heartbeat(queue, monkeypatch)

    def hang_on(job: Job) -> Rendered:
        stop.set()
        wait_for_a_beat()
        queue.clock_offset += 60
        queue.sweep()
        queue.complete(take_and_claim(queue, "other", "worker-2"), "worker-2")
        wait_for_a_beat()
        refused.append(queue.stats().fenced)
        return RENDERED

    worker = Worker(queue, storage, render=hang_on, time_limit=0.0, on_timeout=lambda: given_up.append(1))
    worker.run(stop, lease=LEASE)

    assert (states(queue, "a"), given_up, refused) == ("QPQPC", [1], [0])


def test_a_finish_that_comes_too_late_changes_nothing(queue: JobQueue, storage: Storage) -> None:
    """Given up, and finished after all: its completion is no ending; the next try finds the file."""
    submit(queue, "a")
    stop, given_up = Event(), Event()

    def finish_late(job: Job) -> Rendered:
        stop.set()
        assert given_up.wait(10)
        return RENDERED

    Worker(queue, storage, render=finish_late, time_limit=0.01, on_timeout=given_up.set).run(
        stop, lease=LEASE
    )
    assert states(queue, "a") == "QPQ"
    queue.clock_offset += 60
    queue.sweep()
    Worker(queue, storage, render=lambda job: pytest.fail("it was rendered again")).run_once(0.01)

    assert states(queue, "a") == "QPQPC"


def test_the_time_of_a_document_begins_with_it(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy worker's jobs are not added up: each of three takes 40 of its 60 seconds, and is completed."""
    submit(queue, "a", "b", "c")
    clock, stop = Clock(monkeypatch), Event()
    wait_for_a_beat = await_heartbeat(queue, monkeypatch)

    def take_forty_seconds(job: Job) -> Rendered:
        if job.job_id == "c":
            stop.set()
        clock.now += 40
        wait_for_a_beat()
        return RENDERED

    worker = Worker(queue, storage, render=take_forty_seconds, on_timeout=lambda: pytest.fail("given up"))
    worker.run(stop, lease=LEASE)

    assert [states(queue, name) for name in "abc"] == ["QPC"] * 3


def test_idle_time_is_not_a_documents_time(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that has waited for an hour has not overrun."""
    clock, stop, on_timeout = Clock(monkeypatch), Event(), []
    wait_for_a_beat = await_heartbeat(queue, monkeypatch)

    def wait_an_hour(timeout: float) -> None:
        stop.set()
        clock.now += 3600
        wait_for_a_beat()

    monkeypatch.setattr(queue, "take", wait_an_hour)
    worker = Worker(queue, storage, render=lambda job: RENDERED, on_timeout=lambda: on_timeout.append(1))
    worker.run(stop, lease=LEASE)

    assert on_timeout == []


def test_an_absence_of_redis_is_not_a_documents_time(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored at once, it waits for Redis longer than the limit: it is completed, not given up."""
    submit(queue, "a")
    clock, stop, complete = Clock(monkeypatch), Event(), queue.complete
    wait_for_a_beat = await_heartbeat(queue, monkeypatch)

    def complete_after_a_while(*arguments: Any, **options: Any) -> Any:
        if clock.now == 0:
            clock.now += 100
            wait_for_a_beat()
            raise BrokerUnavailable("Redis was away for 100 s.")
        stop.set()
        return complete(*arguments, **options)

    monkeypatch.setattr(queue, "complete", complete_after_a_while)
    Worker(queue, storage, render=lambda job: RENDERED).run(stop, lease=LEASE)

    assert states(queue, "a") == "QPC"


def test_a_document_that_could_not_be_given_up_for_want_of_redis_is_given_up_later(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's end is not called before the queue knows."""
    submit(queue, "a")
    fail, away = queue.fail, iter(range(2))

    def away_at_first(*arguments: Any, **options: Any) -> Any:
        if next(away, None) is not None:
            raise BrokerUnavailable("Redis does not answer; it is tried again.")
        return fail(*arguments, **options)

    monkeypatch.setattr(queue, "fail", away_at_first)
    reported: list[JobState] = []
    overrun(queue, storage, reported)

    assert reported[0] is JobState.QUEUED
    assert states(queue, "a").startswith("QPQ")
