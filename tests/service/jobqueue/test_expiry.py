"""Forgetting: a week of classes leaves Redis as small as an hour."""

from dataclasses import replace

import pytest
from shorthand import LEASE_OVER, WORKER, submission, submit, take_and_claim

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

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


@pytest.mark.parametrize("job_id", ["completed", "failed", "cancelled", "crashed", "marked"])
def test_a_record_expires_whichever_way_its_job_ended(queue: JobQueue, broker: Broker, job_id: str) -> None:
    """A day and a little, and Redis forgets it by itself."""
    end_one_job_in_each_way(queue)
    submit(queue, "marked"), queue.naive_transition("marked", JobState.COMPLETED, WORKER)

    assert DAY <= broker.client().ttl(f"pdf_jobs:{job_id}") <= DAY + 60


def test_a_job_without_an_ending_never_expires(queue: JobQueue, broker: Broker) -> None:
    """Waiting, claimed, or put off for a retry: answered 202 is not forgotten."""
    submit(queue, "put off", "claimed", "waiting")
    queue.fail(
        take_and_claim(queue, "1"),
        WORKER,
        Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0),
    )
    take_and_claim(queue, "2")

    assert [broker.client().ttl(f"pdf_jobs:{name}") for name in ("put off", "claimed", "waiting")] == [-1] * 3


def test_a_settled_job_still_expires_after_its_step_was_repeated(queue: JobQueue, broker: Broker) -> None:
    """Nothing that is written to a record after its ending takes the expiry away."""
    submit(queue, "a", "b")
    claim = take_and_claim(queue)
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(replace(claim, token="stale"), WORKER)

    assert 0 < broker.client().ttl("pdf_jobs:a") <= DAY + 60


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


def test_an_idempotency_key_is_forgotten_with_its_job(broker: Broker, settings: Settings) -> None:
    """It lives as long as ended jobs are kept, and no longer."""
    queue = JobQueue(broker.client(), replace(settings, retention=600.0))

    queue.enqueue([submission("a", key="order-7")])

    assert 0 < broker.client().ttl("pdf_jobs_key:order-7") <= 600


def test_when_everything_has_ended_only_a_few_keys_stay(queue: JobQueue, broker: Broker) -> None:
    """What does not expire is a fixed handful, and no list or set among it grows with the history."""
    end_one_job_in_each_way(queue)
    queue.renew(WorkerStatus(WORKER, 0.0))
    queue.clock_offset += DAY + 61
    queue.sweep(), queue.forget(queue.list_expired())

    client = broker.client()
    staying = {key for key in client.scan_iter() if client.ttl(key) == -1}

    assert staying == {"pdf_jobs_counts", "pdf_jobs_events", "pdf_jobs_sequence", "pdf_jobs_swept_at"}
