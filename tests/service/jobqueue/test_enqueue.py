"""Accepting: one atomic step, all or none, and harmless to ask for again."""

from dataclasses import replace

import pytest
from shorthand import events, job, line, state, states, submission, submit, take_and_claim

from pdflab.errors import QueueFull
from pdflab.jobs import JobState
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


def test_jobs_come_out_in_the_order_they_went_in(queue: JobQueue) -> None:
    """First in, first out, whether they came one by one or as a batch."""
    submit(queue, "a")
    submit(queue, "b", "c")
    submit(queue, "d")

    assert line(queue) == ["a", "b", "c", "d"]


def test_an_accepted_job_is_a_record_and_an_event(queue: JobQueue) -> None:
    """What was asked for is kept as it was; the job is QUEUED and its only event says so."""
    submit(queue, "a")

    record, [event] = job(queue, "a"), events(queue)
    assert (record.state, record.kind, record.attempt) == (JobState.QUEUED, "custom", 0)
    assert record.request == submission("a").request
    assert (event.job_id, event.state, event.number) == ("a", JobState.QUEUED, 1)
    assert event.at == record.queued_at


def test_the_same_job_enqueued_twice_is_one_job(queue: JobQueue) -> None:
    """A step that is sent again answers as it did: one record, one event, one place in the queue."""
    first, again = submit(queue, "a"), submit(queue, "a")

    assert first == again == ["a"]
    assert states(queue, "a") == "Q"
    assert line(queue) == ["a"]


def test_a_job_enqueued_again_after_its_ending_stays_ended(queue: JobQueue) -> None:
    """An ending is for ever, however late a repeated step arrives."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), "w")

    submit(queue, "a")

    assert state(queue, "a") is JobState.COMPLETED
    assert line(queue) == []


def test_an_idempotency_key_answers_with_the_job_it_was_answered_with_before(queue: JobQueue) -> None:
    """A client that asks again makes a new id; it is given the old one, and no second job exists."""
    queue.enqueue([submission("a", key="order-7")])

    assert queue.enqueue([submission("b", key="order-7")]) == ["a"]
    assert queue.enqueue([submission("c", key="order-8")]) == ["c"]
    assert queue.get("b") is None
    assert line(queue) == ["a", "c"]


@pytest.fixture
def narrow(broker: Broker, settings: Settings) -> JobQueue:
    """A queue with room for three."""
    return JobQueue(broker.client(), replace(settings, queue_limit=3))


def test_a_batch_that_does_not_fit_is_refused_whole(narrow: JobQueue) -> None:
    """All or none: no record, no event and no entry of a refused batch stays behind."""
    submit(narrow, "a", "b")

    with pytest.raises(QueueFull, match="2 jobs are waiting"):
        submit(narrow, "c", "d")

    assert [narrow.get(job_id) for job_id in "cd"] == [None, None]
    assert [event.job_id for event in events(narrow)] == ["a", "b"]
    assert submit(narrow, "e") == ["e"]
    assert line(narrow) == ["a", "b", "e"]


def test_a_full_queue_still_answers_for_what_it_has_accepted(narrow: JobQueue) -> None:
    """A client that repeats itself hears yes again, by id and by key, though there is no room for more."""
    narrow.enqueue([submission("a", key="k"), submission("b"), submission("c")])
    claimed = take_and_claim(narrow)
    submit(narrow, "d")
    narrow.release(claimed)  # one more than there is room for

    assert narrow.enqueue([submission("z", key="k")]) == ["a"]
    assert submit(narrow, "b", "c") == ["b", "c"]


def test_a_claimed_job_makes_room_in_the_queue(narrow: JobQueue) -> None:
    """The limit is on the jobs that wait: a claimed job is not one of them."""
    submit(narrow, "a", "b", "c")
    take_and_claim(narrow)

    assert submit(narrow, "d") == ["d"]
