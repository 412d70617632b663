"""Forgetting: a week of classes leaves Redis as small as an hour."""

from dataclasses import replace

import pytest
from shorthand import LEASE_OVER, SWEEP_DUE, WORKER, submission, submit, take_and_claim

from pdflab.service.broker import Broker
from pdflab.service.jobqueue import Failure, JobQueue
from pdflab.settings import Settings

DAY = 86_400.0


def end_one_job_in_each_way(queue: JobQueue) -> None:
    """Complete one, fail one, cancel one, and let one kill its workers."""
    submit(queue, "completed", "failed", "cancelled", "crashed")
    queue.cancel("cancelled")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, Failure("no glyph"))
    for token in ("3", "4", "5"):
        take_and_claim(queue, token)
        queue.clock_offset += LEASE_OVER
        queue.sweep()


@pytest.mark.parametrize("job_id", ["completed", "failed", "cancelled", "crashed"])
def test_a_record_expires_whichever_way_its_job_ended(queue: JobQueue, broker: Broker, job_id: str) -> None:
    """A day and a little, and Redis forgets it by itself."""
    end_one_job_in_each_way(queue)

    assert DAY <= broker.client().ttl(f"pdf_jobs:{job_id}") <= DAY + 60


def test_a_job_without_an_ending_never_expires(queue: JobQueue, broker: Broker) -> None:
    """Waiting, in hand, or put off for a retry: answered 202 is not forgotten."""
    submit(queue, "put off", "in hand", "waiting")
    queue.fail(take_and_claim(queue, "1"), WORKER, Failure("the disk is full", retry_in=60.0))
    take_and_claim(queue, "2")

    assert [broker.client().ttl(f"pdf_jobs:{name}") for name in ("put off", "in hand", "waiting")] == [-1] * 3


def test_a_settled_job_still_expires_after_its_step_was_repeated(queue: JobQueue, broker: Broker) -> None:
    """Nothing that is written to a record after its ending takes the expiry away."""
    submit(queue, "a", "b")
    claim = take_and_claim(queue)
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(claim, WORKER, next_token="next")
    queue.complete(replace(claim, token="stale"), WORKER)

    assert 0 < broker.client().ttl("pdf_jobs:a") <= DAY + 60


def test_the_sweep_tells_which_pdfs_have_been_kept_long_enough(queue: JobQueue) -> None:
    """Not before their time, and again until they are forgotten: a file is removed first."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)

    queue.clock_offset += DAY - SWEEP_DUE
    assert queue.sweep() == []
    queue.clock_offset += 2 * SWEEP_DUE
    assert queue.sweep() == ["a"]
    queue.clock_offset += SWEEP_DUE
    assert queue.sweep() == ["a"]
    queue.forget(["a"])
    queue.clock_offset += SWEEP_DUE
    assert queue.sweep() == []
    assert queue.stats().pdf_count == 0


def test_an_idempotency_key_is_forgotten_with_its_job(broker: Broker, settings: Settings) -> None:
    """It lives as long as ended jobs are kept, and no longer."""
    queue = JobQueue(broker.client(), replace(settings, retention=600.0))

    queue.enqueue([submission("a", key="order-7")])

    assert 0 < broker.client().ttl("pdf_jobs_key:order-7") <= 600


def test_when_everything_has_ended_only_a_few_keys_stay(queue: JobQueue, broker: Broker) -> None:
    """What does not expire is a fixed handful, and no list or set among it grows with the history."""
    end_one_job_in_each_way(queue)
    queue.renew(WORKER, {}, [])
    queue.clock_offset += DAY + 61
    queue.forget(queue.sweep())

    client = broker.client()
    staying = {key for key in client.scan_iter() if client.ttl(key) == -1}

    assert staying == {"pdf_jobs_counts", "pdf_jobs_events", "pdf_jobs_sequence", "pdf_jobs_swept_at"}
