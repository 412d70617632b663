"""Why a job is QUEUED again or FAILED: a word of a closed list, for programs to compare and count."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from shorthand import LEASE_OVER, WORKER, client_of, events, job, opened, submit, take_and_claim
from test_time_limit import overrun
from test_worker import break_down, find_it_impossible, run_out_of_memory, storage_full, work

from pdflab.jobs import Cause, JobState
from pdflab.service.eventlog.recorder import Recorder
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.base import Storage
from pdflab.settings import Settings


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """An empty pdf_storage/."""
    return opened(settings)


def lose_the_worker(queue: JobQueue, storage: Storage) -> None:
    take_and_claim(queue)
    queue.clock_offset += LEASE_OVER
    queue.sweep()


def find_storage_full(queue: JobQueue, storage: Storage) -> None:
    storage.put = storage_full  # type: ignore[method-assign]
    work(queue, storage)


def lose_the_record(queue: JobQueue, storage: Storage) -> None:
    take_and_claim(queue)
    queue._redis.hdel("pdf_jobs:a", "kind")
    queue.clock_offset += LEASE_OVER
    queue.sweep()


HAPPENINGS: dict[Cause, Callable[[JobQueue, Storage], object]] = {
    Cause.WORKER_LOST: lose_the_worker,
    Cause.RELEASED: lambda queue, storage: queue.release(take_and_claim(queue)),
    Cause.CANCELLED: lambda queue, storage: queue.cancel("a"),
    Cause.REJECTED: lambda queue, storage: work(queue, storage, find_it_impossible),
    Cause.RENDERER_ERROR: lambda queue, storage: work(queue, storage, break_down),
    Cause.TIMED_OUT: lambda queue, storage: overrun(queue, storage, []),
    Cause.OUT_OF_MEMORY: lambda queue, storage: work(queue, storage, run_out_of_memory),
    Cause.STORAGE_UNAVAILABLE: find_storage_full,
    Cause.RECORD_LOST: lose_the_record,
}


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_is_brought_about_by_something(queue: JobQueue, storage: Storage, cause: Cause) -> None:
    """It stands on the event and in the record, and a sentence for people beside it."""
    submit(queue, "a")

    HAPPENINGS[cause](queue, storage)

    last = events(queue, "a")[-1]
    assert last.state in (JobState.QUEUED, JobState.FAILED)
    assert (last.cause, job(queue, "a").cause) == (cause, cause)
    assert last.reason
    assert last.reason == job(queue, "a").reason


def test_a_job_that_kills_workers_fails_by_the_same_cause(queue: JobQueue, storage: Storage) -> None:
    """The state tells whether it came back or was given up."""
    submit(queue, "a")

    for _ in range(3):
        lose_the_worker(queue, storage)

    reported = [(event.state, event.cause) for event in events(queue, "a") if event.cause]
    assert reported == [(JobState.QUEUED, Cause.WORKER_LOST)] * 2 + [(JobState.FAILED, Cause.WORKER_LOST)]


def test_a_job_that_goes_on_leaves_its_cause_behind(queue: JobQueue, storage: Storage) -> None:
    """What began, and what is COMPLETED, has none, in the record as well."""
    submit(queue, "a")
    lose_the_worker(queue, storage)

    claim = take_and_claim(queue)
    begun = job(queue, "a")
    queue.complete(claim, WORKER)

    assert (begun.cause, begun.reason) == (None, None)
    assert job(queue, "a").cause is None
    assert [event.cause for event in events(queue, "a")] == [None, None, Cause.WORKER_LOST, None, None]


def test_the_steps_write_no_other_word() -> None:
    """Each literal cause in a step, behind the state that it leads to or compared, is one of the list."""
    steps = [step.read_text() for step in (files("pdflab.service.jobqueue") / "lua").iterdir()]
    words = [word for text in steps for word in re.findall(r"'(?:QUEUED|FAILED)', '(\w+)'", text)]
    words += [word for text in steps for word in re.findall(r"\.cause [=~]= '(\w+)'", text)]

    assert {Cause(word) for word in words} == {
        Cause.WORKER_LOST,
        Cause.RELEASED,
        Cause.CANCELLED,
        Cause.RECORD_LOST,
    }
    assert len(words) == 7


def test_every_view_of_a_job_reports_its_cause(queue: JobQueue, settings: Settings, tmp_path: Path) -> None:
    """The job, the lists of jobs and of dead letters, the events, and jobs.log."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "no glyph"))
    api, recorder = client_of(queue, settings), Recorder(queue, tmp_path / "jobs.log")
    recorder.open()
    recorder.close()

    listed = [api.get(path).json["jobs"][0] for path in ("/jobs?state=FAILED", "/dead-letters")]
    reported = [api.get("/jobs/a").json, *listed, api.get("/events").json["events"][-1]]
    lines = [json.loads(line) for line in (tmp_path / "jobs.log").read_text().splitlines()]

    assert [view["cause"] for view in [*reported, lines[-1]]] == ["rejected"] * 5
    assert not any("cause" in line for line in lines[:-1])
