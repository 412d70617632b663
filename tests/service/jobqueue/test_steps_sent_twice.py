"""A step whose answer was lost is sent again: it answers as it did the first time, and happens once."""

import pytest
from shorthand import (
    LEASE_OVER,
    WORKER,
    events,
    job,
    line,
    send_steps_twice,
    state,
    states,
    submission,
    submit,
    take_and_claim,
)

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


@pytest.fixture
def queue(broker: Broker, settings: Settings) -> JobQueue:
    """A queue whose connection loses the first answer of every step."""
    client = broker.client()
    queue = JobQueue(client, settings)
    send_steps_twice(client)
    return queue


def test_a_job_is_accepted_once(queue: JobQueue) -> None:
    """By its id, and by its key: the client hears the same ids, and each job is there once."""
    assert submit(queue, "a", "b") == ["a", "b"]
    assert queue.enqueue([submission("c", key="k")]) == ["c"]

    assert line(queue) == ["a", "b", "c"]
    assert [event.number for event in events(queue)] == [1, 2, 3]


def test_a_claim_is_granted_once_and_reported_twice(queue: JobQueue) -> None:
    """The worker gets its job, in its first attempt."""
    submit(queue, "a")

    assert take_and_claim(queue).job.attempt == 1
    assert states(queue, "a") == "QP"


def test_a_completion_gives_the_same_next_job_again(queue: JobQueue) -> None:
    """The job it claimed is not forgotten, and not a second one is claimed."""
    submit(queue, "a", "b", "c")

    settled = queue.complete(take_and_claim(queue), WORKER, next_token="next")

    assert settled.next is not None
    assert (settled.fenced, settled.next.job.job_id, settled.next.job.attempt) == (False, "b", 1)
    assert (states(queue, "a"), states(queue, "b"), states(queue, "c")) == ("QPC", "QP", "Q")
    assert queue.stats().fenced == 0


@pytest.mark.parametrize(("retry_in", "life"), [(None, "QPF"), (60.0, "QPQ")])
def test_a_failure_is_counted_once_and_gives_the_same_next_job_again(
    queue: JobQueue, retry_in: float | None, life: str
) -> None:
    """One error, whether it is the end or another try follows; and one next job."""
    submit(queue, "a", "b", "c")

    failure = Failure(Cause.OUT_OF_MEMORY, "why", retry_in)
    settled = queue.fail(take_and_claim(queue), WORKER, failure, next_token="next")

    assert settled.next is not None
    assert (settled.fenced, settled.next.job.job_id) == (False, "b")
    assert job(queue, "a").errors == 1
    assert (states(queue, "a"), states(queue, "c")) == (life, "Q")


def test_a_release_counts_back_one_attempt(queue: JobQueue) -> None:
    """And the job stands in the queue once."""
    submit(queue, "a")

    queue.release(take_and_claim(queue))

    assert job(queue, "a").attempt == 0
    assert line(queue) == ["a"]
    assert queue.stats().fenced == 0


def test_a_cancellation_ends_a_job_once(queue: JobQueue) -> None:
    """One ending, one event."""
    submit(queue, "a")

    queue.cancel("a")

    assert states(queue, "a") == "QF"


def test_a_sweep_counts_a_crash_once(queue: JobQueue) -> None:
    """Sent twice, it is still one sweep of its interval."""
    submit(queue, "a")
    take_and_claim(queue)
    queue.clock_offset += LEASE_OVER

    queue.sweep()

    assert job(queue, "a").crashes == 1
    assert line(queue) == ["a"]


@pytest.mark.parametrize("step", ["complete", "fail"])
def test_a_step_repeated_late_takes_nothing_from_the_next_holder(queue: JobQueue, step: str) -> None:
    """The job was put off and is in other hands when the old worker's step arrives again: they keep it."""
    submit(queue, "a")
    first, failure = take_and_claim(queue, "first"), Failure(Cause.OUT_OF_MEMORY, "why", 5.0)
    queue.fail(first, WORKER, failure)
    queue.clock_offset += LEASE_OVER
    queue.sweep()
    second = take_and_claim(queue, "second")

    queue.fail(first, WORKER, failure) if step == "fail" else queue.complete(first, WORKER)

    assert state(queue, "a") is JobState.PROCESSING
    assert not queue.complete(second, WORKER).fenced
