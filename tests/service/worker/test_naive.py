"""The naive worker and its step: it writes a state down and asks nobody. What that loses is a lesson."""

import pytest
from shorthand import LEASE_OVER, WORKER, events, job, line, opened, states, submit, take_and_claim

from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.worker.naive import NaiveWorker
from pdflab.settings import Settings

NAIVE = "naive-1"


def test_a_job_that_nothing_happens_to_is_reported_like_any_other(queue: JobQueue) -> None:
    """The log, the record and the numbers don't show which kind of worker made it."""
    submit(queue, "a", "b")
    taken = queue.take(0.01)
    assert taken == "a"

    queue.naive_transition(taken, JobState.PROCESSING, NAIVE)
    claimed, stats = job(queue, "a"), queue.stats()
    queue.naive_transition(taken, JobState.COMPLETED, NAIVE)
    ended, after = job(queue, "a"), queue.stats()

    assert (claimed.state, claimed.worker, claimed.attempt) == (JobState.PROCESSING, NAIVE, 1)
    assert (stats.queued, stats.processing, stats.completed) == (1, 1, 0)
    assert (ended.state, ended.history[-1][1]) == (JobState.COMPLETED, ended.ended_at)
    assert (after.queued, after.processing, after.completed, after.pdf_count) == (1, 0, 1, 1)
    assert states(queue, "a") == "QPC"
    assert queue.place("b") == 1


def test_a_job_whose_naive_worker_died_never_comes_back(queue: JobQueue) -> None:
    """PROCESSING for ever: there is no lease that could run out, however often others sweep."""
    submit(queue, "a")
    queue.naive_transition(queue.take(0.01) or "", JobState.PROCESSING, NAIVE)

    for _ in range(4):
        queue.clock_offset += LEASE_OVER
        assert queue.sweep()

    assert (states(queue, "a"), line(queue)) == ("QP", [])
    assert queue.stats().processing == 1


def test_an_operator_gets_the_job_of_a_dead_naive_worker_back(queue: JobQueue) -> None:
    """Who has a lease keeps it; a sweep finds the other one."""
    submit(queue, "a", "b")
    queue.naive_transition(queue.take(0.01) or "", JobState.PROCESSING, NAIVE)
    take_and_claim(queue)

    queue.expire_endless_leases()
    queue.sweep()

    assert states(queue, "a") == "QPQ"
    assert states(queue, "b") == "QP"


def test_a_naive_worker_takes_a_job_out_of_other_hands(queue: JobQueue) -> None:
    """No token is asked for: a job that somebody else has ended is begun and ended a second time."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)

    queue.naive_transition("a", JobState.PROCESSING, NAIVE)
    queue.naive_transition("a", JobState.COMPLETED, NAIVE)

    assert states(queue, "a") == "QPCPC"
    assert queue.stats().completed == 2


def test_a_failed_job_is_marked_as_failed(queue: JobQueue) -> None:
    """An ending is an ending: it is counted where it belongs."""
    submit(queue, "a")
    queue.naive_transition("a", JobState.PROCESSING, NAIVE)

    queue.naive_transition("a", JobState.FAILED, NAIVE)

    assert (states(queue, "a"), queue.stats().failed, queue.stats().completed) == ("QPF", 1, 0)
    assert [failed.job_id for failed in queue.page(JobState.FAILED, 10).jobs] == ["a"]


def test_to_mark_what_nobody_accepted_is_nothing(queue: JobQueue) -> None:
    """A hint without a record: no record, no event and no lease come of it."""
    queue.naive_transition("never-accepted", JobState.PROCESSING, NAIVE)

    assert queue.get("never-accepted") is None
    assert events(queue) == []
    assert queue.stats().processing == 0


def test_a_naive_worker_makes_pdfs_while_nothing_goes_wrong(queue: JobQueue, settings: Settings) -> None:
    """It is the tutorial's, and the tutorial works: one job a call, each with its file and its ending."""
    submit(queue, "a", "b")
    storage = opened(settings)
    worker = NaiveWorker(queue, storage, render=lambda job: Rendered(b"%PDF- naive %%EOF", 1))

    done = [worker.run_once(0.01) for _ in range(3)]

    assert done == [1, 1, 0]
    assert [states(queue, name) for name in "ab"] == ["QPC"] * 2
    assert storage.read("a") == b"%PDF- naive %%EOF"
    assert [status.worker for status in queue.workers()] == [worker.worker_id]


def test_a_naive_worker_that_dies_while_it_renders_has_lost_its_job(
    queue: JobQueue, settings: Settings
) -> None:
    """Nobody holds it and nobody misses it: swept or not, it is PROCESSING for ever."""
    submit(queue, "a")

    def die(job: Job) -> Rendered:
        raise SystemExit

    with pytest.raises(SystemExit):
        NaiveWorker(queue, opened(settings), render=die).run_once(0.01)
    last_seen = [status.job_id for status in queue.workers()]
    for _ in range(3):
        queue.clock_offset += LEASE_OVER
        queue.sweep()

    assert (states(queue, "a"), line(queue)) == ("QP", [])
    assert last_seen == ["a"], "what it has claimed is shown, and chaos strikes it then"
