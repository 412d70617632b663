"""What operators do to the whole queue: pause and resume, cancel all, purge, dismiss."""

from threading import Event, Thread

from conftest import eventually
from shorthand import (
    LEASE_OVER,
    WORKER,
    events,
    job,
    line,
    opened,
    state,
    states,
    submission,
    submit,
    take_and_claim,
)

from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Cause, Job, JobState
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.operator import ENDED
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings

LATER = Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0)
NEVER = Failure(Cause.REJECTED, "no glyph")


def test_a_paused_queue_accepts_jobs_and_hands_none_out(queue: JobQueue) -> None:
    """Neither those that waited before, nor those that come meanwhile; each is still QUEUED."""
    submit(queue, "a", "b")
    queue.pause()
    submit(queue, "c")

    assert queue.take(0.01) is None
    assert (queue.stats().paused, queue.stats().queued, queue.stats().queue_depth) == (True, 3, 3)


def test_a_resumed_queue_goes_on_in_its_order(queue: JobQueue) -> None:
    """As if there had been no pause, also after a second one; a second resume adds no job."""
    submit(queue, "a", "b")
    queue.pause(), queue.pause()
    submit(queue, "c")
    queue.resume(), queue.resume()

    assert queue.stats().paused is False
    assert line(queue) == ["a", "b", "c"]


def test_a_long_queue_is_resumed_whole(queue: JobQueue) -> None:
    """More than one command can carry."""
    names = [f"{number:04}" for number in range(2100)]
    queue.enqueue([submission(name) for name in names])
    queue.pause(), queue.resume()

    assert line(queue) == names


def test_a_job_that_was_taken_before_the_pause_is_not_begun(queue: JobQueue) -> None:
    """Its worker is refused, and it is the next one out later."""
    submit(queue, "a", "b")
    taken = queue.take(0.01)
    queue.pause()

    assert taken is not None
    assert queue.claim(taken, WORKER, "token") is None
    queue.resume()
    assert line(queue) == ["a", "b"]
    assert states(queue, "a") == "Q"


def test_a_running_job_finishes_in_a_pause_and_no_other_follows(queue: JobQueue) -> None:
    """The completion brings no next job along; nor does a failure."""
    submit(queue, "a", "b", "c")
    first, second = take_and_claim(queue, "1"), take_and_claim(queue, "2")
    queue.pause()

    assert queue.complete(first, WORKER, next_token="3").next is None
    assert queue.fail(second, WORKER, NEVER, next_token="4").next is None
    assert [state(queue, name)[0] for name in "abc"] == ["C", "F", "Q"]


def test_leases_and_retries_run_out_in_a_pause_and_wait(queue: JobQueue) -> None:
    """A sweep brings jobs back as always; they are begun after the pause, the oldest first."""
    submit(queue, "lost", "put off", "released", "waiting")
    take_and_claim(queue, "1")
    queue.fail(take_and_claim(queue, "2"), WORKER, LATER)
    claim = take_and_claim(queue, "3")
    queue.pause()
    queue.release(claim)
    for _ in range(8):
        queue.clock_offset += LEASE_OVER
        queue.sweep()

    assert queue.take(0.01) is None
    assert queue.stats().queued == 4
    queue.resume()
    assert line(queue) == ["lost", "put off", "released", "waiting"]


def test_a_job_can_be_cancelled_in_a_pause(queue: JobQueue) -> None:
    """It is not there when the queue is resumed."""
    submit(queue, "a", "b")
    queue.pause()

    assert queue.cancel("a") is JobState.QUEUED
    queue.resume()
    assert line(queue) == ["b"]


def test_a_waiting_worker_begins_as_soon_as_the_queue_is_resumed(queue: JobQueue, settings: Settings) -> None:
    """It is not asleep: the list that it waits for is there again."""
    submit(queue, "a")
    queue.pause()
    stop, worker = Event(), Worker(queue, opened(settings), render=render_at_once)
    thread = Thread(target=worker.run, args=(stop,), kwargs={"lease": 10.0})
    thread.start()
    try:
        eventually(lambda: queue.stats().workers == 1, seconds=10)
        assert state(queue, "a") is JobState.QUEUED
        queue.resume()
        eventually(lambda: state(queue, "a") is JobState.COMPLETED, seconds=10)
    finally:
        stop.set()
        thread.join()


def render_at_once(_: Job) -> Rendered:
    return Rendered(b"%PDF- %%EOF", 1)


def test_a_pause_that_someone_deletes_from_redis_loses_no_job(queue: JobQueue, broker: Broker) -> None:
    """Two sweeps find what the list lacks."""
    submit(queue, "a", "b")
    queue.pause()
    broker.client().delete("pdf_jobs_paused")
    for _ in range(2):
        queue.clock_offset += LEASE_OVER
        queue.sweep()

    assert line(queue) == ["a", "b"]


def test_all_queued_jobs_are_cancelled_and_no_other(queue: JobQueue) -> None:
    """Those that wait for a retry as well; each ends as if it had been cancelled alone."""
    submit(queue, "claimed", "put off", *(f"waiting-{number:03}" for number in range(250)))
    take_and_claim(queue, "1")
    queue.fail(take_and_claim(queue, "2"), WORKER, LATER)

    cancelled = queue.cancel_queued()

    assert [next(cancelled), next(cancelled)] == [200, 51]
    submit(queue, "later")
    assert list(cancelled) == []
    assert (state(queue, "claimed"), state(queue, "later")) == (JobState.PROCESSING, JobState.QUEUED)
    ended = job(queue, "waiting-249")
    assert (ended.cause, ended.reason) == (Cause.CANCELLED, "cancelled by the user")
    assert states(queue, "put off") == "QPQF"
    assert line(queue) == ["later"]


def test_a_paused_queue_can_be_emptied(queue: JobQueue) -> None:
    """Nothing comes back when it is resumed."""
    submit(queue, "a", "b")
    queue.pause()

    assert sum(queue.cancel_queued()) == 2
    queue.resume()
    assert line(queue) == []
    assert queue.stats().failed == 2


def test_ended_jobs_are_listed_by_their_ending_and_age(queue: JobQueue) -> None:
    """For a purge: of the chosen states, and not what ended later than it began."""
    submit(queue, "completed", "failed", "waiting")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, NEVER)

    assert queue.list_ended([JobState.COMPLETED]) == ["completed"]
    assert queue.list_ended([JobState.FAILED]) == ["failed"]
    assert queue.list_ended(ENDED, older_than=5.0) == []
    queue.clock_offset += 6
    assert queue.list_ended(ENDED, older_than=5.0) == ["completed", "failed"]


def test_a_dismissed_job_is_no_dead_letter_and_stays_failed(queue: JobQueue) -> None:
    """Its record is kept; nothing happens to a job that has not FAILED, or that there is not."""
    submit(queue, "a", "b", "waiting")
    for token in ("1", "2"):
        queue.fail(take_and_claim(queue, token), WORKER, NEVER)

    assert queue.dismiss(["a", "waiting", "unknown"]) == 1
    assert [dead.job_id for dead in queue.dead_letters()] == ["b"]
    assert (state(queue, "a"), states(queue, "a")) == (JobState.FAILED, "QPF")
    assert job(queue, "a").dismissed_at is not None
    assert queue.get("unknown") is None


def test_answers_are_added_up(queue: JobQueue) -> None:
    """By all processes of the API."""
    queue.count_answers({"invalid": 2, "unavailable": 1})
    queue.count_answers({"invalid": 3})

    assert (queue.stats().invalid, queue.stats().unavailable) == (5, 1)


def test_the_number_of_workers_that_there_should_be_is_known_once_it_was_said(queue: JobQueue) -> None:
    """None before, and none after."""
    seen = [queue.stats().workers_expected]
    for number in (3, None):
        queue.expect_workers(number)
        seen.append(queue.stats().workers_expected)

    assert seen == [None, 3, None]


def test_the_clock_is_that_of_the_events(queue: JobQueue) -> None:
    """A purge is written down by it."""
    before = queue.now()
    submit(queue, "a")

    assert before <= events(queue)[0].at <= queue.now()
