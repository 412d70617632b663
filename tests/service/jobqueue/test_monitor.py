"""Looking at the queue: stats, places, lists and events."""

import pytest
from shorthand import WORKER, events, job, queue_away, submit, take_and_claim

from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Claim, Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


def test_stats_report_the_whole_at_one_instant(queue: JobQueue) -> None:
    """Jobs by state, the PDFs, the depth, the age of the oldest, the workers, the throughput."""
    submit(queue, "completed", "failed", "claimed", "waiting", "last")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, Failure(Cause.REJECTED, "why"))
    queue.renew(WorkerStatus(WORKER, 0.0), [take_and_claim(queue, "3")])
    queue.clock_offset += 5

    stats = queue.stats(window=10.0)

    assert (stats.queued, stats.processing, stats.completed, stats.failed) == (2, 1, 1, 1)
    assert (stats.pdf_count, stats.queue_depth, stats.workers, stats.throughput) == (1, 2, 1, 0.1)
    assert 5 <= stats.oldest_age < 65
    assert (stats.events, stats.fenced) == (len(events(queue)), 0)


def test_stats_of_an_empty_system_are_zeros(queue: JobQueue) -> None:
    """Nothing has happened yet, and nothing is unknown."""
    stats = queue.stats()

    assert (stats.queued, stats.completed, stats.oldest_age, stats.throughput, stats.workers) == (0,) * 5


def test_throughput_forgets_what_was_completed_before_its_window(queue: JobQueue) -> None:
    """It is a rate of now, not an average since the beginning."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    queue.clock_offset += 11

    assert queue.stats(window=10.0).throughput == 0
    assert queue.stats(window=10.0).completed == 1


def test_a_job_knows_its_place_in_the_queue(queue: JobQueue) -> None:
    """1 is the next one out; a claimed job or an ended one has no place."""
    submit(queue, "a", "b", "c")

    assert [queue.place(job_id) for job_id in "abc"] == [1, 2, 3]
    take_and_claim(queue)
    assert [queue.place(job_id) for job_id in "abc"] == [None, 1, 2]
    assert queue.place("unknown") is None


def test_a_list_of_one_state_is_in_the_order_that_matters(queue: JobQueue) -> None:
    """Those that wait as they will come out, those that ended newest first; no more than asked for."""
    submit(queue, "a", "b", "c", "d")
    for token in ("1", "2"):
        queue.complete(take_and_claim(queue, token), WORKER)

    def listed(state: JobState, limit: int = 10) -> list[str]:
        return [job.job_id for job in queue.page(state, limit).jobs]

    assert listed(JobState.QUEUED) == ["c", "d"]
    assert listed(JobState.QUEUED, limit=1) == ["c"]
    assert listed(JobState.COMPLETED) == ["b", "a"]
    assert listed(JobState.FAILED) == []
    take_and_claim(queue, "3")
    assert listed(JobState.PROCESSING) == ["c"]


def test_a_job_that_waits_for_its_retry_is_listed_as_queued(queue: JobQueue) -> None:
    """A list shows what the numbers count: the job is QUEUED, and not nowhere."""
    submit(queue, "a")
    queue.fail(
        take_and_claim(queue), WORKER, Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0)
    )

    assert queue.stats().queued == 1
    assert [job.job_id for job in queue.page(JobState.QUEUED, 10).jobs] == ["a"]


def test_all_jobs_are_all_records_and_nothing_else(queue: JobQueue) -> None:
    """Whatever their state; keys that are no records are not taken for one."""
    submit(queue, "a", "b", "c")
    queue.complete(take_and_claim(queue), WORKER)
    queue.renew(WorkerStatus(WORKER, 0.0))

    assert {(job.job_id, job.state[0]) for job in queue.all_jobs()} == {("a", "C"), ("b", "Q"), ("c", "Q")}


def test_events_are_read_on_from_a_position(queue: JobQueue) -> None:
    """What was read is not read again, and nothing in between is left out."""
    submit(queue, "a", "b", "c")

    first, _ = queue.events(limit=2)
    rest, truncated = queue.events(first[-1].event_id)

    assert [event.job_id for event in first + rest] == ["a", "b", "c"]
    assert not truncated
    assert queue.events(rest[-1].event_id) == ([], False)


def test_a_reader_is_warned_when_events_before_its_position_have_gone(queue: JobQueue) -> None:
    """From the beginning of a trimmed stream the answer is truncated; from within what is kept it is not."""
    submit(queue, "a", "b", "c")
    kept = events(queue)[1]
    queue.trim_events(kept.event_id)

    assert [event.job_id for event in queue.events()[0]] == ["b", "c"]
    assert queue.events()[1]
    assert not queue.events(kept.event_id)[1]


def test_a_follower_hears_of_what_is_new(queue: JobQueue) -> None:
    """Only what comes after its position; and an empty answer when there is nothing."""
    submit(queue, "a", "b")
    position = events(queue)[0].event_id

    assert [event.job_id for event in queue.follow(position, 0.01)] == ["b"]
    assert queue.follow(events(queue)[-1].event_id, 0.01) == []


def test_the_registry_reports_what_each_worker_does_until_it_leaves(queue: JobQueue) -> None:
    """With what it does and since when; one that leaves is gone at once."""
    queue.renew(WorkerStatus("w1", 1.0, "a"))
    queue.renew(WorkerStatus("w2", 2.0))

    assert {(w.worker, w.job_id, w.since) for w in queue.workers()} == {
        ("w1", "a", 1.0),
        ("w2", None, 2.0),
    }
    queue.leave("w1")
    assert [status.worker for status in queue.workers()] == ["w2"]
    assert queue.stats().workers == 1


def test_a_silent_worker_counts_no_longer(queue: JobQueue) -> None:
    """A worker that died cannot leave: its place runs out with its lease."""
    queue.renew(WorkerStatus("w1", 0.0))
    queue.clock_offset += 11

    assert queue.stats().workers == 0


def test_without_redis_every_step_says_that_it_is_away(queue: JobQueue, settings: Settings) -> None:
    """Redis' own errors don't leave the queue: callers know one of ours, and that asking again may help."""
    submit(queue, "a")
    claim = Claim(job(queue, "a"), "token")
    away = queue_away(settings)

    for step in (
        lambda: submit(away, "a"),
        lambda: away.cancel("a"),
        lambda: away.take(0.01),
        lambda: away.claim("a", WORKER, "token"),
        lambda: away.complete(claim, WORKER),
        lambda: away.fail(claim, WORKER, Failure(Cause.REJECTED, "why")),
        lambda: away.release(claim),
        lambda: away.renew(WorkerStatus(WORKER, 0.0), [claim]),
        lambda: away.leave(WORKER),
        lambda: away.sweep(),
        lambda: away.list_expired(),
        lambda: away.forget(["a"]),
        lambda: away.naive_transition("a", JobState.COMPLETED, WORKER),
        lambda: away.retry([claim.job]),
        lambda: list(away.dead_letters()),
        lambda: away.last_event(),
        lambda: away.prepare(),
        lambda: away.get("a"),
        lambda: away.place("a"),
        lambda: away.page(JobState.QUEUED, 1),
        lambda: list(away.all_jobs()),
        lambda: away.events(),
        lambda: away.follow("0", 0.01),
        lambda: away.trim_events("1-0"),
        lambda: away.workers(),
        lambda: away.stats(),
        lambda: away.ping(),
    ):
        with pytest.raises(BrokerUnavailable, match="Redis command failed"):
            step()


def test_a_redis_that_has_no_room_is_as_good_as_away(real_redis: Broker, settings: Settings) -> None:
    """Out of memory passes when jobs have been done: the API answers 503, and no worker dies of it."""
    client = real_redis.client()
    client.flushall()
    client.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(BrokerUnavailable):
            submit(JobQueue(client, settings), "a")
    finally:
        client.config_set("maxmemory", "0")
