"""Backpressure: a full queue says when it will have room, and a key stands for one document."""

import json
import math
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from shorthand import (
    NOTE,
    WORKER,
    ask,
    client_of,
    events,
    line,
    states,
    submission,
    submit,
    take_and_claim,
)
from werkzeug.test import TestResponse

from pdflab.errors import KeyReused, QueueFull
from pdflab.jobs import Cause
from pdflab.service.jobqueue.base import Failure, Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

SOME = json.dumps(NOTE)
OTHER = '{"type":"custom","title":"t","text":"another"}'


@pytest.fixture
def narrow(broker: Broker, settings: Settings) -> JobQueue:
    """A queue with room for four."""
    return JobQueue(broker.client(), replace(settings, queue_limit=4))


def serve(queue: JobQueue, *seconds: float) -> None:
    """Let jobs be done that take so long."""
    for number, service_time in enumerate(seconds):
        submit(queue, f"done-{number}")
        claim = take_and_claim(queue)
        queue.clock_offset += service_time
        queue.complete(claim, WORKER)


def seconds_of_work(queue: JobQueue, *, waiting: int, workers: int) -> int:
    """Jobs waiting × mean service time ÷ workers, by the numbers that anybody can read."""
    stats = queue.stats()
    return math.ceil(waiting * stats.busy / stats.completed / workers)


def retry_after(queue: JobQueue) -> int:
    """Fill the queue, and return the seconds after which to retry."""
    submit(queue, "1", "2", "3", "4")
    with pytest.raises(QueueFull) as caught:
        submit(queue, "5")
    assert f"Try again in about {caught.value.retry_after} s." in str(caught.value)
    return caught.value.retry_after


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
def test_a_full_queue_says_when_it_will_be_empty(narrow: JobQueue, workers: int) -> None:
    """Four jobs wait, and one takes 26 s on average: 104 s of work, shared by the workers, if any."""
    serve(narrow, 6.0, 46.0)
    for number in range(workers):
        narrow.renew(WorkerStatus(f"worker-{number}", 0.0))

    seconds = retry_after(narrow)

    assert seconds == seconds_of_work(narrow, waiting=4, workers=max(workers, 1))
    assert 104 <= seconds * max(workers, 1) < 160


def test_a_silent_worker_is_not_counted(narrow: JobQueue) -> None:
    """Three of four are dead: the wait is four times as long."""
    serve(narrow, 26.0)
    for number in range(3):
        narrow.renew(WorkerStatus(f"dead-{number}", 0.0))
    narrow.clock_offset += 11
    narrow.renew(WorkerStatus(WORKER, 0.0))

    assert retry_after(narrow) == seconds_of_work(narrow, waiting=4, workers=1)


@pytest.mark.parametrize(("service_time", "seconds"), [("0.001", 1), ("9000", 600)])
def test_the_wait_is_neither_zero_nor_hours(
    narrow: JobQueue, broker: Broker, service_time: str, seconds: int
) -> None:
    """At least one whole second, and at most ten minutes: by then more workers may have come."""
    serve(narrow, 1.0)
    broker.client().hset("pdf_jobs_counts", "busy", service_time)

    assert retry_after(narrow) == seconds


def test_before_the_first_job_is_done_the_wait_is_a_guess(narrow: JobQueue) -> None:
    """Nothing is known of how long a job takes: five seconds, with any number of workers."""
    narrow.renew(WorkerStatus(WORKER, 0.0))

    assert retry_after(narrow) == 5


def test_the_seconds_that_jobs_took_are_counted_when_they_are_completed(queue: JobQueue) -> None:
    """Two jobs of 3 s and 4 s are 7 s of work; what was handed back, failed or waited has made no PDF."""
    serve(queue, 3.0, 4.0)
    submit(queue, "back")
    claim = take_and_claim(queue)
    queue.clock_offset += 2.0
    queue.release(claim)
    queue.clock_offset += 1000.0

    assert 7.0 <= queue.stats().busy < 60.0


def test_a_completion_that_is_sent_twice_took_its_time_once(queue: JobQueue) -> None:
    """And one that is refused has taken none."""
    submit(queue, "a")
    claim = take_and_claim(queue)
    queue.clock_offset += 300.0

    queue.complete(claim, WORKER), queue.complete(claim, WORKER)
    queue.complete(replace(claim, token="stale"), WORKER)

    assert 300.0 <= queue.stats().busy < 360.0


def test_the_answer_of_a_full_queue_says_what_the_queue_computed(
    narrow: JobQueue, settings: Settings
) -> None:
    """429 with Retry-After in whole seconds, and the same number in the sentence for a person."""
    serve(narrow, 26.0)
    submit(narrow, "1", "2", "3", "4")
    seconds = seconds_of_work(narrow, waiting=4, workers=1)

    answer = ask(client_of(narrow, settings))

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(seconds))
    assert (
        f"4 jobs are waiting, and 0 MB of requests are kept. Try again in about {seconds} s."
        in answer.json["detail"]
    )


def test_a_key_that_comes_with_another_document_is_refused(queue: JobQueue) -> None:
    """Answered with the old job, the client would take an old PDF for its new one; nothing is accepted."""
    queue.enqueue([submission("a", key="order-7")])

    with pytest.raises(KeyReused, match="take a new key"):
        queue.enqueue([Submission("b", "custom", OTHER, idempotency_key="order-7")])

    assert [event.job_id for event in events(queue)] == ["a"]
    assert queue.enqueue([submission("c", key="order-7")]) == ["a"]


def test_a_key_still_stands_for_its_document_when_the_job_has_ended(queue: JobQueue) -> None:
    """The ending changes nothing of the request."""
    queue.enqueue([submission("a", key="k")])
    queue.complete(take_and_claim(queue), WORKER)

    with pytest.raises(KeyReused):
        queue.enqueue([Submission("b", "custom", OTHER, idempotency_key="k")])
    assert queue.enqueue([submission("c", key="k")]) == ["a"]


def test_one_reused_key_refuses_its_batch(queue: JobQueue) -> None:
    """All or none, wherever in the batch it stands."""
    queue.enqueue([submission("a", key="k")])

    with pytest.raises(KeyReused):
        queue.enqueue(
            [
                submission("b"),
                Submission("c", "custom", OTHER, idempotency_key="k"),
                submission("d", key="new"),
            ]
        )

    assert [event.job_id for event in events(queue)] == ["a"]
    assert queue.enqueue([submission("e", key="new")]) == ["e"]


def test_a_reused_key_is_reported_even_when_the_queue_is_full(narrow: JobQueue) -> None:
    """A later retry would not help."""
    narrow.enqueue([submission("a", key="k"), *(submission(job_id) for job_id in "bcd")])

    with pytest.raises(KeyReused):
        narrow.enqueue([Submission("e", "custom", OTHER, idempotency_key="k")])


def test_the_same_key_twice_in_a_batch_is_one_job(narrow: JobQueue) -> None:
    """It has one record, one event and one place in the queue, and both answers have its id."""
    submit(narrow, "1", "2")

    accepted = narrow.enqueue([submission(job_id, key=key) for job_id, key in ("ak", "bk", "cm")])

    assert accepted == ["a", "a", "c"]
    assert (states(narrow, "a"), narrow.get("b")) == ("Q", None)
    assert line(narrow) == ["1", "2", "a", "c"]


def test_the_same_key_twice_in_a_batch_with_two_documents_is_refused(queue: JobQueue) -> None:
    """The second would never be made: nothing of the batch is accepted."""
    with pytest.raises(KeyReused):
        queue.enqueue([submission("a", key="k"), Submission("b", "custom", OTHER, idempotency_key="k")])

    assert events(queue) == []


def test_documents_without_a_key_are_jobs_of_their_own(queue: JobQueue) -> None:
    """No key is not a key that they share, however alike or unlike they are."""
    batch = [submission("a"), submission("b"), Submission("c", "custom", OTHER)]

    assert queue.enqueue(batch) == ["a", "b", "c"]
    assert line(queue) == ["a", "b", "c"]


def test_the_answer_to_a_reused_key_is_409(queue: JobQueue, settings: Settings) -> None:
    """A problem like any other, with what to do; the first job is not disturbed."""
    api = client_of(queue, settings)
    key = {"Idempotency-Key": "order-7"}
    first = ask(api, **key)

    other, again = ask(api, NOTE | {"text": "Other words."}, **key), ask(api, **key)

    assert (other.status_code, other.content_type) == (409, "application/problem+json")
    assert "take a new key" in other.json["detail"]
    assert (again.status_code, again.json["job_id"]) == (202, first.json["job_id"])
    assert queue.stats().queued == 1


def post_batch(api: FlaskClient, documents: list[str], **headers: str) -> TestResponse:
    return api.post(
        "/generate-pdf/batch", data='{"requests": [' + ",".join(documents) + "]}", headers=headers
    )


def test_a_batch_that_is_sent_twice_is_one_batch(queue: JobQueue, settings: Settings) -> None:
    """After no answer or a 503, a client sends it again with the same key, as a single document."""
    api = client_of(queue, settings)
    first = post_batch(api, [SOME, OTHER], **{"Idempotency-Key": "b1"})
    again = post_batch(api, [SOME, OTHER], **{"Idempotency-Key": "b1"})
    other = post_batch(api, [OTHER, OTHER], **{"Idempotency-Key": "b1"})

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 409)
    assert first.json == again.json
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, again)] == [None, "true"]
    assert queue.stats().queued == 2


def test_the_order_of_a_requests_fields_makes_no_other_document(queue: JobQueue, settings: Settings) -> None:
    """JSON in another order is the same request."""
    api, key = client_of(queue, settings), {"Idempotency-Key": "k"}
    turned = '{"text": "another", "title": "t", "type": "custom"}'

    assert [api.post("/generate-pdf", data=d, headers=key).status_code for d in (OTHER, turned)] == [202, 202]


def test_a_batch_that_can_never_fit_has_no_retry_after(narrow: JobQueue, settings: Settings) -> None:
    """An empty queue has room for four here: five are too many today and tomorrow."""
    api = client_of(narrow, replace(settings, queue_limit=4))

    answer = post_batch(api, [SOME] * 5)

    assert (answer.status_code, answer.headers.get("Retry-After")) == (422, None)
    assert answer.json["errors"] == [{"field": "requests", "problem": "must be a list of 1 to 4 requests"}]


def test_as_many_dead_letters_are_retried_as_a_queue_holds(narrow: JobQueue, settings: Settings) -> None:
    """Six of them and room for four: four are queued, and 429 says when to retry the others."""
    for number in range(6):
        submit(narrow, f"dead-{number}")
        narrow.fail(take_and_claim(narrow), WORKER, Failure(Cause.REJECTED, "no"))
    api = client_of(narrow, replace(settings, queue_limit=4))

    first = api.post("/dead-letters/retry")
    left = api.get("/dead-letters").json["count"]
    while claim := narrow.claim(narrow.take(0.01) or "", WORKER, "token"):
        narrow.complete(claim, WORKER)
    second = api.post("/dead-letters/retry")

    assert (first.status_code, left) == (429, 2)
    assert (second.status_code, len(second.json["job_ids"])) == (202, 2)
