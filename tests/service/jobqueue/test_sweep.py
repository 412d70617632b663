"""Sweeping: what dead workers left lying comes back, once, to the front, in its order."""

from shorthand import LEASE_OVER, SWEEP_DUE, WORKER, job, line, state, states, submit, take_and_claim

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.jobqueue.scripts import QUEUE
from pdflab.settings import Settings


def later(queue: JobQueue, seconds: float = SWEEP_DUE) -> bool:
    """Let so much time pass, and sweep."""
    queue.clock_offset += seconds
    return queue.sweep()


def test_a_job_whose_worker_died_is_the_next_one_out(queue: JobQueue) -> None:
    """Its lease runs out, and it comes back ahead of the jobs that were accepted after it."""
    submit(queue, "a", "b", "c")
    take_and_claim(queue)

    later(queue, LEASE_OVER)

    assert (state(queue, "a"), job(queue, "a").crashes) == (JobState.QUEUED, 1)
    assert line(queue) == ["a", "b", "c"]
    assert states(queue, "a") == "QPQ"


def test_jobs_that_come_back_together_keep_their_order(queue: JobQueue) -> None:
    """Three workers die at once: first accepted is still first out."""
    submit(queue, "a", "b", "c", "d")
    for number in (1, 2, 3):
        take_and_claim(queue, f"token-{number}")

    later(queue, LEASE_OVER)

    assert line(queue) == ["a", "b", "c", "d"]


def test_a_lease_that_is_renewed_does_not_run_out(queue: JobQueue) -> None:
    """A worker that is slow and alive keeps its job, however long it takes."""
    submit(queue, "a")
    claim = take_and_claim(queue)

    for _ in range(4):
        later(queue, 8)
        queue.renew(WorkerStatus(WORKER, 0.0), [claim])

    assert state(queue, "a") is JobState.PROCESSING
    assert not queue.complete(claim, WORKER).fenced


def test_a_renewal_with_a_stale_token_renews_nothing(queue: JobQueue) -> None:
    """A worker that lost its job cannot keep the next holder's lease alive."""
    submit(queue, "a")
    frozen = take_and_claim(queue, "frozen")
    later(queue, LEASE_OVER)
    take_and_claim(queue, "dies")

    queue.clock_offset += 8
    queue.renew(WorkerStatus(WORKER, 0.0), [frozen])
    later(queue)

    assert state(queue, "a") is JobState.QUEUED


def test_a_job_that_kills_three_workers_has_failed_and_says_so(queue: JobQueue) -> None:
    """Crashes are counted apart from errors, and the third is the end."""
    submit(queue, "a", "b")

    for token in ("1", "2", "3"):
        take_and_claim(queue, token)
        later(queue, LEASE_OVER)

    assert (state(queue, "a"), job(queue, "a").errors) == (JobState.FAILED, 0)
    assert "went silent 3 times" in (job(queue, "a").reason or "")
    assert states(queue, "a") == "QPQPQPF"
    assert line(queue) == ["b"]


def test_a_job_that_was_taken_and_never_claimed_comes_back_after_two_sweeps(queue: JobQueue) -> None:
    """The first sweep suspects it, for it may be on its way to a claim; the second brings it to the front."""
    submit(queue, "a", "b", "c")
    assert queue.take(0.01) == "a"

    later(queue)
    assert queue.take(0.01) == "b"
    queue.release(queue.claim("b", WORKER, "token"))
    later(queue)

    assert line(queue) == ["a", "b", "c"]
    assert states(queue, "a") == "Q"


def test_the_last_job_of_the_queue_comes_back_too(queue: JobQueue) -> None:
    """With the list empty, all who wait have been taken."""
    submit(queue, "a")
    queue.take(0.01)

    later(queue)
    assert queue.take(0.01) is None
    later(queue)

    assert line(queue) == ["a"]


def test_a_list_that_is_lost_altogether_comes_back_in_order(queue: JobQueue, broker: Broker) -> None:
    """The record is the truth and the list a hint: two sweeps rebuild it."""
    submit(queue, "a", "b", "c")
    broker.client().delete(QUEUE)

    later(queue), later(queue)

    assert line(queue) == ["a", "b", "c"]


def test_a_job_on_its_way_to_a_claim_is_not_brought_back(queue: JobQueue) -> None:
    """Suspected by one sweep and claimed before the next, it is not in the queue a second time."""
    submit(queue, "a", "b")
    queue.take(0.01)
    later(queue)
    queue.claim("a", WORKER, "token")

    later(queue)

    assert state(queue, "a") is JobState.PROCESSING
    assert line(queue) == ["b"]


def test_a_suspicion_is_forgotten_when_the_next_sweep_does_not_share_it(queue: JobQueue) -> None:
    """Suspected, found in the queue again, and taken later: it takes two sweeps running to bring it back."""
    submit(queue, "a")
    queue.take(0.01)
    later(queue)
    queue.release(queue.claim("a", WORKER, "token"))
    later(queue)

    queue.take(0.01)
    later(queue)
    assert line(queue) == []
    later(queue)
    assert line(queue) == ["a"]


def test_a_line_that_only_waits_is_left_alone(queue: JobQueue) -> None:
    """However often it is swept, a job that nobody took stands in the list once."""
    submit(queue, "a", "b", "c")

    for _ in range(4):
        later(queue)

    assert line(queue) == ["a", "b", "c"]


def test_a_sweep_happens_once_an_interval(queue: JobQueue) -> None:
    """However many workers sweep: in between, a lease that has run out waits for the next one."""
    submit(queue, "a")
    take_and_claim(queue)
    later(queue, 9)

    later(queue, 1.5)
    assert state(queue, "a") is JobState.PROCESSING
    later(queue, 0.5)

    assert state(queue, "a") is JobState.QUEUED


def test_of_all_who_sweep_one_hears_that_it_was_its_turn(queue: JobQueue) -> None:
    """Whoever does alone goes on to look through the folder; with nothing lost, too."""
    assert [queue.sweep() for _ in range(3)] == [True, False, False]
    assert [later(queue, 1), later(queue, 1), later(queue, 0)] == [False, True, False]


def test_many_sweeps_at_one_instant_suspect_a_job_only_once(queue: JobQueue) -> None:
    """Two workers that sweep together are one sweep: a job on its way to a claim is given its time."""
    submit(queue, "a")
    queue.take(0.01)
    queue.clock_offset += SWEEP_DUE

    for _ in range(3):
        queue.sweep()

    assert line(queue) == []


def test_a_stale_hint_does_not_hide_a_lost_job(queue: JobQueue) -> None:
    """A cancelled job's hint, last in the list, is cleared away, and the lost job behind it is found."""
    submit(queue, "lost", "cancelled")
    queue.take(0.01)
    queue.cancel("cancelled")

    later(queue), later(queue)

    assert line(queue) == ["lost"]


def test_a_retry_that_is_due_goes_ahead_of_those_who_came_later(queue: JobQueue) -> None:
    """It keeps the number it was given when it was accepted."""
    submit(queue, "a", "b")
    queue.fail(
        take_and_claim(queue), WORKER, Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=5.0)
    )

    later(queue, 6), later(queue)

    assert queue.place("a") == 1
    assert line(queue) == ["a", "b"]


def test_more_jobs_than_one_sweep_handles_come_back_in_the_next_ones(
    real_redis: Broker, settings: Settings
) -> None:
    """A sweep is bounded, so that it never holds Redis up; what it left, the next one brings."""
    real_redis.client().flushall()
    queue = JobQueue(real_redis.client(), settings)
    names = [f"{number:04}" for number in range(1_001)]
    submit(queue, *names)
    for name in names:
        queue.claim(name, WORKER, name)

    left = [queue.stats().processing for _ in range(3) if later(queue, LEASE_OVER)]

    assert left == [1, 0, 0]
    assert [queue.place(name) for name in (names[0], names[-1])] == [1, 1_001]
