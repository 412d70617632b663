"""Tidying: the worker that sweeps removes files whose time is over, and what dead workers half wrote."""

import os
import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from shorthand import WORKER, opened, states, submit, take_and_claim

from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.base import Storage
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings

Operation = Callable[..., Any]

DAY = 86_400.0
PDF = b"%PDF- small %%EOF"


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


def beat_once(queue: JobQueue, storage: Storage, *, lease: float = 10.0) -> None:
    """Let a worker begin and end: its heartbeat has then beaten once."""
    stop = Event()
    stop.set()
    Worker(queue, storage, render=lambda job: Rendered(PDF, 1)).run(stop, lease=lease)


def test_an_idle_worker_is_idle_since_it_began(queue: JobQueue, storage: Storage) -> None:
    """Looking for a job in vain does not begin the time anew."""
    worker = Worker(queue, storage, render=lambda job: Rendered(PDF, 1))
    worker.heartbeat.beat(10.0)
    [first] = queue.workers()

    worker.run_once(0.01)
    worker.heartbeat.beat(10.0)

    assert queue.workers() == [first]
    assert first.job_id is None


class Turns(Event):
    """An Event for a heartbeat to wait for: each wait moves the queue's clock, until a job has come back."""

    def __init__(self, queue: JobQueue, job_id: str) -> None:
        super().__init__()
        self.queue, self.job_id, self.waited = queue, job_id, 0.0

    def wait(self, timeout: float | None = None) -> bool:
        if states(self.queue, self.job_id).endswith("PQ") or self.waited > 50:
            return True
        self.waited += timeout or 0.0
        self.queue.clock_offset += timeout or 0.0
        return False


@pytest.mark.parametrize("away", [0, 1, 2, 3, 4])
def test_the_job_of_a_dead_worker_is_back_in_little_more_than_a_lease(
    queue: JobQueue, broker: Broker, storage: Storage, away: int
) -> None:
    """Claimed just after a sweep; and a recorder alone lived for so many quarters of a lease after that."""
    submit(queue, "a")
    worker = Worker(queue, storage, render=lambda job: Rendered(PDF, 1))
    worker.heartbeat.beat(10.0)
    queue.clock_offset += 0.01
    take_and_claim(queue)
    for _ in range(away):
        broker.client().hincrbyfloat(
            "pdf_jobs_clock", "seen", -2.5
        )  # so long ago was the last look at the clock
        queue.keep_time()

    turns = Turns(queue, "a")
    worker.heartbeat.run(10.0, turns)

    assert 10.0 <= 2.5 * away + turns.waited <= 12.0


def end_and_store(queue: JobQueue, storage: Storage, *job_ids: str) -> None:
    """Complete jobs with their PDFs."""
    submit(queue, *job_ids)
    for job_id in job_ids:
        storage.put(job_id, "token", PDF)
        queue.complete(take_and_claim(queue, job_id), WORKER)


def leave_half_written(storage: Storage, name: str, *, seconds_ago: float) -> str:
    """Die while writing a file, so long ago; give where it lies."""
    path = storage._folder / ".aside" / name
    path.write_bytes(PDF[:3])
    os.utime(path, times=(time.time() - seconds_ago,) * 2)
    return str(path)


def refuse(trouble: OSError, match: Callable[[str], bool]) -> Callable[[Operation], Operation]:
    """Make an operation on files refuse the paths that match."""

    def refusing(operation: Operation) -> Operation:
        def on(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, str | os.PathLike) and match(os.fspath(path)):
                raise trouble
            return operation(path, *arguments, **options)

        return on

    return refusing


def test_what_has_been_kept_long_enough_is_removed_and_forgotten(queue: JobQueue, storage: Storage) -> None:
    """Files of completed jobs and of those that stored one and FAILED all the same; no others."""
    end_and_store(queue, storage, "old")
    submit(queue, "failed")
    storage.put("failed", "token", PDF)  # its last worker died between storing and telling
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "why"))
    queue.clock_offset += DAY + 1
    end_and_store(queue, storage, "new")
    submit(queue, "waiting")
    storage.put("waiting", "token", PDF)

    beat_once(queue, storage)

    assert [storage.exists(name) for name in ("old", "failed", "new", "waiting")] == [
        False,
        False,
        True,
        True,
    ]
    assert queue.list_expired() == []
    assert queue.stats().pdf_count == 1


def test_more_than_one_portion_of_files_is_removed_in_one_round(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a week away nobody waits for a hundred sweeps; in between, the worker keeps its own place."""
    names = ["a", "b", "c", "d", "e"]
    end_and_store(queue, storage, *names)
    queue.clock_offset += DAY + 1
    expired, renew, calls = queue.list_expired, queue.renew, []
    monkeypatch.setattr(queue, "list_expired", lambda: calls.append("expired") or expired(limit=2))
    monkeypatch.setattr(queue, "renew", lambda *args: calls.append("renew") or renew(*args))

    beat_once(queue, storage)

    assert [storage.exists(name) for name in names] == [False] * 5
    assert calls == ["renew", *["expired", "renew"] * 3, "expired"]


def test_a_file_that_cannot_be_removed_now_is_not_forgotten(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that has become read-only for a while: the rest goes, and a later sweep removes it after all."""
    end_and_store(queue, storage, "stuck", "free")
    queue.clock_offset += DAY + 1
    with monkeypatch.context() as bad_times:
        stuck = refuse(OSError(30, "Read-only file system"), lambda path: path.endswith("stuck.pdf"))
        bad_times.setattr(os, "unlink", stuck(os.unlink))
        beat_once(queue, storage)
    assert (storage.exists("stuck"), storage.exists("free"), queue.list_expired()) == (True, False, ["stuck"])

    queue.clock_offset += 4
    beat_once(queue, storage)

    assert (storage.exists("stuck"), queue.list_expired()) == (False, [])


def test_a_disk_that_answers_nothing_does_not_end_the_keeping(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder has gone stale under the worker: it must not lose the claimed jobs for want of renewals."""
    end_and_store(queue, storage, "a")
    queue.clock_offset += DAY + 1
    stale = refuse(OSError(116, "Stale file handle"), lambda path: path.endswith("a.pdf"))
    with monkeypatch.context() as bad_times:
        bad_times.setattr(os, "unlink", stale(os.unlink))
        bad_times.setattr(os, "stat", stale(os.stat))
        beat_once(queue, storage)

    assert (storage.exists("a"), queue.list_expired()) == (True, ["a"])


def test_a_disk_that_does_not_say_whether_a_pdf_is_there_is_trouble_that_may_pass(
    queue: JobQueue, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job is put off, as when the disk takes no file: it has not FAILED for ever."""
    submit(queue, "a")
    stale = refuse(OSError(116, "Stale file handle"), lambda path: path.endswith("a.pdf"))
    with monkeypatch.context() as bad_times:
        bad_times.setattr(os, "stat", stale(os.stat))
        bad_times.setattr(os, "replace", lambda *paths: stale(os.stat)(paths[1]))
        Worker(queue, storage, render=lambda job: Rendered(PDF, 1)).run_once(0.01)
    assert states(queue, "a") == "QPQ"

    queue.clock_offset += 60
    queue.sweep()
    Worker(queue, storage, render=lambda job: Rendered(PDF, 1)).run_once(0.01)

    assert states(queue, "a") == "QPQPC"


def test_what_a_killed_worker_left_half_written_is_removed_after_three_leases(
    queue: JobQueue, storage: Storage
) -> None:
    """Not before: a slow worker may still be writing. What is finished is never touched."""
    end_and_store(queue, storage, "whole")
    os.utime(storage._path("whole"), times=(0, 0))
    old = leave_half_written(storage, "a.dead", seconds_ago=31)
    young = leave_half_written(storage, "a.slow", seconds_ago=29)

    beat_once(queue, storage, lease=10.0)

    assert (os.path.exists(old), os.path.exists(young), storage.exists("whole")) == (False, True, True)


def test_only_whose_turn_it_is_tidies(queue: JobQueue, storage: Storage) -> None:
    """However many workers there are, the folder is looked through once an interval."""
    assert queue.sweep()
    old = leave_half_written(storage, "a.dead", seconds_ago=31)

    beat_once(queue, storage)
    assert os.path.exists(old)
    queue.clock_offset += 4
    beat_once(queue, storage)

    assert not os.path.exists(old)
