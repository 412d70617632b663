"""Forgetting: a week of classes leaves Redis as small as an hour."""

from dataclasses import replace

from shorthand import LEASE_OVER, WORKER, submission, submit, take_and_claim

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker

DAY = 86_400.0


def end_one_job_in_each_way(queue: JobQueue) -> None:
    """Complete one, fail one, cancel one, and let one kill its workers."""
    submit(queue, "completed", "failed", "cancelled", "crashed")
    queue.cancel("cancelled")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, Failure(Cause.REJECTED, "no glyph"))
    for token in ("3", "4", "5"):
        take_and_claim(queue, token)
        queue.clock_offset += LEASE_OVER
        queue.sweep()


def test_a_record_expires_whichever_way_its_job_ended(queue: JobQueue, broker: Broker) -> None:
    """After a day; not by a clock of Redis that somebody may set, but with its file, when that is gone."""
    end_one_job_in_each_way(queue)
    submit(queue, "marked"), queue.naive_transition("marked", JobState.COMPLETED, WORKER)
    ended = {f"pdf_jobs:{name}" for name in ("completed", "failed", "cancelled", "crashed", "marked")}
    assert [broker.client().ttl(key) for key in ended] == [-1] * 5

    queue.clock_offset += DAY + 1
    queue.forget(queue.list_expired())

    assert broker.client().exists(*ended) == 0


def test_a_job_without_an_ending_never_expires(queue: JobQueue) -> None:
    """Waiting, claimed, or put off for a retry: answered 202 is not forgotten."""
    submit(queue, "put off", "claimed", "waiting")
    queue.fail(
        take_and_claim(queue, "1"),
        WORKER,
        Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0),
    )
    take_and_claim(queue, "2")

    queue.clock_offset += 10 * DAY

    assert queue.list_expired() == []


def test_a_settled_job_still_expires_after_its_step_was_repeated(queue: JobQueue) -> None:
    """Nothing that is written to a record after its ending takes the expiry away."""
    submit(queue, "a", "b")
    claim = take_and_claim(queue)
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(replace(claim, token="stale"), WORKER)

    queue.clock_offset += DAY + 1
    assert queue.list_expired() == ["a"]


def test_ended_jobs_are_reported_when_they_have_been_kept_long_enough(queue: JobQueue) -> None:
    """However they ended; not before their time, and again until forgotten: files are removed first."""
    end_one_job_in_each_way(queue)  # the last of them ended now, the others a few leases ago
    submit(queue, "waiting")

    queue.clock_offset += DAY - 4 * LEASE_OVER
    assert queue.list_expired() == []
    queue.clock_offset += 5 * LEASE_OVER
    for _ in range(2):
        assert sorted(queue.list_expired()) == ["cancelled", "completed", "crashed", "failed"]
    queue.forget(["completed", "crashed"])

    assert sorted(queue.list_expired()) == ["cancelled", "failed"]
    assert queue.stats().pdf_count == 0


def test_what_has_expired_is_reported_in_portions(queue: JobQueue) -> None:
    """So many of each ending at a time, the oldest first: a week of leftovers never holds Redis up."""
    submit(queue, "c1", "c2", "c3", "f1", "f2", "f3")
    for number in range(3):
        queue.complete(take_and_claim(queue, f"c{number}"), WORKER)
    for number in range(3):
        queue.fail(take_and_claim(queue, f"f{number}"), WORKER, Failure(Cause.REJECTED, "no glyph"))
    queue.clock_offset += DAY + 1

    first = queue.list_expired(limit=2)
    queue.forget(first)

    assert sorted(first) == ["c1", "c2", "f1", "f2"]
    assert sorted(queue.list_expired(limit=2)) == ["c3", "f3"]


def test_an_idempotency_key_is_forgotten_with_its_job(queue: JobQueue, broker: Broker) -> None:
    """It lives as long as its job waits and is kept after its ending, and no longer."""
    queue.enqueue([submission("a", key="order-7")])
    queue.clock_offset += 3 * DAY  # a long queue
    queue.complete(take_and_claim(queue), WORKER)
    queue.clock_offset += DAY - 1
    assert queue.enqueue([submission("b", key="order-7")]) == ["a"]

    queue.clock_offset += 2
    queue.forget(queue.list_expired())

    assert broker.client().keys("pdf_jobs_key:*") == []
    assert queue.enqueue([submission("b", key="order-7")]) == ["b"]


def test_a_key_that_another_job_has_taken_over_stays_with_it(queue: JobQueue, broker: Broker) -> None:
    """A job whose record was deleted has lost its key; forgetting it does not take the key from the next."""
    queue.enqueue([submission("a", key="order-7")])
    queue.complete(take_and_claim(queue), WORKER)
    record = broker.client().hgetall("pdf_jobs:a")
    broker.client().delete("pdf_jobs:a")
    assert queue.enqueue([submission("b", key="order-7")]) == ["b"]

    broker.client().hset("pdf_jobs:a", mapping=record)
    queue.forget(["a"])

    assert queue.enqueue([submission("c", key="order-7")]) == ["b"]


def test_the_request_of_a_finished_document_is_not_kept(queue: JobQueue, broker: Broker) -> None:
    """It is most of a record. That of a failed one stays: it may be retried."""
    submit(queue, "a", "b")
    held = int(broker.client().hget("pdf_jobs_counts", "bytes"))
    queue.complete(take_and_claim(queue), WORKER)
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "no glyph"))

    assert [broker.client().hget(f"pdf_jobs:{name}", "request") == "" for name in "ab"] == [True, False]
    assert broker.client().hmget("pdf_jobs_counts", "bytes", "kept") == ["0", f"{held // 2}"]
    assert queue.page(JobState.COMPLETED, 1).jobs[0].job_id == "a"

    queue.forget(["a", "b"])
    assert broker.client().hget("pdf_jobs_counts", "kept") == "0"


def test_when_everything_has_ended_only_a_few_keys_stay(queue: JobQueue, broker: Broker) -> None:
    """What does not expire is a fixed handful, and no list or set among it grows with the history."""
    end_one_job_in_each_way(queue)
    queue.renew(WorkerStatus(WORKER, 0.0))
    queue.clock_offset += DAY + 61
    queue.sweep(), queue.forget(queue.list_expired())

    client = broker.client()
    staying = {key for key in client.scan_iter() if client.ttl(key) == -1}

    bounded = {"pdf_jobs_clock", "pdf_jobs_counts", "pdf_jobs_events", "pdf_jobs_sequence"}
    assert staying == bounded | {"pdf_jobs_swept_at"}
