"""Someone sets the clock of Redis: deadlines stay where they were, within half a lease."""

import pytest
from shorthand import LEASE_OVER, SWEEP_DUE, WORKER, states, submit, take_and_claim

from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Claim, Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

DAY = 86_400.0
JUMPS = pytest.mark.parametrize("jump", [-2 * DAY, -3600.0, 3600.0, 2 * DAY])


def beat(queue: JobQueue, *claims: Claim) -> None:
    """What the heartbeat of a worker does every sixth of a lease, or later."""
    queue.clock_offset += SWEEP_DUE
    queue.renew(WorkerStatus(WORKER, 0.0), claims)
    queue.sweep()


def set_clock(broker: Broker, jump: float) -> None:
    """Move Redis' clock: what it last showed is so much further away than it was."""
    broker.client().hincrbyfloat("pdf_jobs_clock", "seen", -jump)


@JUMPS
def test_a_live_worker_keeps_its_job(queue: JobQueue, broker: Broker, jump: float) -> None:
    """It has renewed its lease, and renews it again: nobody else is given the job meanwhile."""
    submit(queue, "a")
    claim = take_and_claim(queue)
    beat(queue, claim)

    set_clock(broker, jump)
    for _ in range(5):
        beat(queue, claim)

    assert not queue.complete(claim, WORKER).fenced
    assert states(queue, "a") == "QPC"


@JUMPS
def test_the_job_of_a_dead_worker_comes_back_within_two_leases(
    queue: JobQueue, broker: Broker, jump: float
) -> None:
    """Set back by days, no lease waits for days."""
    submit(queue, "a")
    take_and_claim(queue)
    beat(queue)

    set_clock(broker, jump)
    for _ in range(8):
        beat(queue)

    assert states(queue, "a") == "QPQ"


@JUMPS
def test_nothing_is_forgotten_before_its_time_or_long_after(
    queue: JobQueue, broker: Broker, jump: float
) -> None:
    """The PDFs of today are kept when the clock is two days ahead; and a day later they go."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    beat(queue)

    set_clock(broker, jump)
    beat(queue)
    submit(queue, "b")
    queue.complete(take_and_claim(queue), WORKER)
    assert queue.list_expired() == []
    queue.clock_offset += DAY - 2 * LEASE_OVER
    beat(queue)
    assert queue.list_expired() == []

    queue.clock_offset += 2 * LEASE_OVER
    assert sorted(queue.list_expired()) == ["a", "b"]


def test_a_worker_that_died_before_the_clock_was_set_back_is_not_shown_for_days(
    queue: JobQueue, broker: Broker, settings: Settings
) -> None:
    """Its entry was to expire by a clock that was two days ahead."""
    JobQueue(broker.client(), settings, clock_offset=2 * DAY).renew(WorkerStatus("dead", 0.0))

    beat(queue)

    assert [status.worker for status in queue.workers()] == [WORKER]
    assert queue.stats().workers == 1


@JUMPS
def test_a_retry_is_due_when_it_was_to_be(queue: JobQueue, broker: Broker, jump: float) -> None:
    """Neither at once nor in two days."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.STORAGE_UNAVAILABLE, "full", retry_in=30.0))
    beat(queue)

    set_clock(broker, jump)
    for _ in range(3):
        beat(queue)
    assert queue.stats().queue_depth == 0
    queue.clock_offset += 2 * LEASE_OVER
    beat(queue)

    assert queue.stats().queue_depth == 1


@JUMPS
def test_the_estimate_of_the_waiting_time_survives(queue: JobQueue, broker: Broker, jump: float) -> None:
    """A job that was begun before the jump has not taken two days."""
    submit(queue, "a")
    beat(queue)
    claim = take_and_claim(queue)
    set_clock(broker, jump)
    queue.complete(claim, WORKER)

    assert 0 <= queue.stats().busy <= LEASE_OVER
    assert queue.stats().oldest_age >= 0
