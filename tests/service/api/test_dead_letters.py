"""Dead letters: FAILED jobs are listed, and retried one by one or all, each as a new job."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from shorthand import WORKER, client_of, events, job, line, state, states, submit, take_and_claim

from pdflab.errors import RequestGone
from pdflab.jobs import Cause, JobState
from pdflab.service.api import app, dead_letters
from pdflab.service.jobqueue.base import Failure
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


@pytest.fixture
def api(queue: JobQueue, settings: Settings) -> FlaskClient:
    """A client of the API over an empty queue."""
    return client_of(queue, settings)


def let_fail(queue: JobQueue, *job_ids: str) -> None:
    """Accept jobs that find no glyph."""
    submit(queue, *job_ids)
    for job_id in job_ids:
        queue.fail(take_and_claim(queue, job_id), WORKER, Failure(Cause.REJECTED, "no glyph"))


def dead(queue: JobQueue) -> list[str]:
    return [job.job_id for job in queue.dead_letters()]


def test_a_dead_letter_is_a_job_that_failed_and_can_be_retried(queue: JobQueue) -> None:
    """Oldest first. A job that waits, is claimed, is COMPLETED or was cancelled by its user is none."""
    let_fail(queue, "first", "second")
    submit(queue, "cancelled", "completed", "claimed", "put off", "waiting")
    queue.cancel("cancelled")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    take_and_claim(queue, "2")
    queue.fail(
        take_and_claim(queue, "3"),
        WORKER,
        Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0),
    )

    assert dead(queue) == ["first", "second"]


def test_a_retried_dead_letter_is_a_new_job(queue: JobQueue) -> None:
    """It has the same request and names the job that it retries; the failed one stays FAILED and names it."""
    let_fail(queue, "a")

    [new] = queue.retry(list(queue.dead_letters()))

    assert (job(queue, new).retry_of, job(queue, new).request) == ("a", job(queue, "a").request)
    assert (state(queue, "a"), job(queue, "a").retried_as) == (JobState.FAILED, new)
    assert (states(queue, "a"), states(queue, new)) == ("QPF", "Q")
    assert dead(queue) == []
    assert line(queue) == [new]


def test_a_dead_letter_retried_twice_is_still_one_job(queue: JobQueue) -> None:
    """Two teachers press the button: both get the same new job."""
    let_fail(queue, "a", "b")
    letters = list(queue.dead_letters())

    assert queue.retry(letters) == queue.retry(letters)
    assert queue.stats().queued == 2


def test_a_retry_that_fails_is_a_dead_letter_of_its_own(queue: JobQueue) -> None:
    """It can be retried as well; the first one is not listed a second time."""
    let_fail(queue, "a")
    [second] = queue.retry(list(queue.dead_letters()))
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "no glyph"))

    assert dead(queue) == [second]
    [third] = queue.retry(list(queue.dead_letters()))
    assert job(queue, third).retry_of == second


def test_a_failed_job_still_expires_after_a_retry(queue: JobQueue, broker: Broker) -> None:
    """Later writes to its record keep the expiry."""
    let_fail(queue, "a")

    queue.retry(list(queue.dead_letters()))
    queue.clock_offset += 86_401
    expired = queue.list_expired()
    queue.forget(expired)

    assert expired == ["a"]
    assert not broker.client().exists("pdf_jobs:a")


def test_a_dead_letter_that_expired_meanwhile_leaves_no_trace_of_a_record(
    queue: JobQueue, broker: Broker
) -> None:
    """It expired between the listing and the retry: others are retried, and no half record is made."""
    let_fail(queue, "a", "b")
    letters = list(queue.dead_letters())
    broker.client().delete("pdf_jobs:a")

    [new] = queue.retry(letters)
    with pytest.raises(RequestGone, match="no longer kept; submit the document again"):
        queue.retry(letters[:1])

    assert job(queue, new).retry_of == "b"
    assert not broker.client().exists("pdf_jobs:a")
    assert dead(queue) == []


def test_dead_letters_are_listed_with_their_reasons(api: FlaskClient, queue: JobQueue) -> None:
    """How many there are, and each as /jobs/<id> would show it."""
    let_fail(queue, "a", "b")

    listed = api.get("/dead-letters")

    assert (listed.status_code, listed.json["count"]) == (200, 2)
    assert [(shown["job_id"], shown["reason"]) for shown in listed.json["jobs"]] == [
        ("a", "no glyph"),
        ("b", "no glyph"),
    ]


def test_without_a_dead_letter_there_is_nothing_to_list_or_to_retry(
    api: FlaskClient, queue: JobQueue
) -> None:
    """An empty list and no job; not an error."""
    assert api.get("/dead-letters").json == {"count": 0, "would_fail_again": 0, "causes": {}, "jobs": []}

    answer = api.post("/dead-letters/retry")

    assert (answer.status_code, answer.json) == (202, {"job_ids": []})
    assert events(queue) == []


def test_all_dead_letters_are_retried_at_once(
    queue: JobQueue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many batches they need, each is a new job, the oldest first; then none is left."""
    monkeypatch.setattr(app, "_MAX_BATCH", 2)
    monkeypatch.setattr(dead_letters, "_MAX_DEAD_LETTERS", 2)
    api = client_of(queue, settings)
    names = ["a", "b", "c", "d", "e"]
    let_fail(queue, *names)
    listed = api.get("/dead-letters").json

    answer = api.post("/dead-letters/retry")

    assert (listed["count"], len(listed["jobs"])) == (5, 2)
    assert answer.status_code == 202
    assert line(queue) == answer.json["job_ids"]
    assert [job(queue, new).retry_of for new in answer.json["job_ids"]] == names
    assert api.get("/dead-letters").json["count"] == 0


def test_when_the_queue_has_no_room_for_all_dead_letters_the_rest_stays_listed(
    broker: Broker, settings: Settings
) -> None:
    """429; a second retry, when there is room, makes no job twice."""
    roomy = JobQueue(broker.client(), settings)
    let_fail(roomy, "a", "b", "c")
    narrow = replace(settings, queue_limit=2)
    api = client_of(JobQueue(broker.client(), narrow), narrow)

    refused = api.post("/dead-letters/retry")
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert dead(roomy) == ["c"]
    take_and_claim(roomy, "1"), take_and_claim(roomy, "2")
    again = api.post("/dead-letters/retry")

    assert [job(roomy, new).retry_of for new in again.json["job_ids"]] == ["c"]
    assert dead(roomy) == []


def test_a_retry_of_all_finds_the_retry_of_one(api: FlaskClient, queue: JobQueue) -> None:
    """Retried alone, then with all others, it is one job; a further retry answers with its present state."""
    let_fail(queue, "a", "b")

    one = api.post("/jobs/a/retry").json
    everything = api.post("/dead-letters/retry").json
    take_and_claim(queue)
    again = api.post("/jobs/a/retry").json

    assert [job(queue, new).retry_of for new in everything["job_ids"]] == ["b"]
    assert (again["job_id"], again["state"]) == (one["job_id"], "PROCESSING")
    assert api.get("/jobs/a").json["retried_as"] == one["job_id"]


def test_dead_letters_that_would_fail_again_are_said_to(api: FlaskClient, queue: JobQueue) -> None:
    """The same request has the same fault: a retry of all can leave these out."""
    let_fail(queue, "a", "b")
    submit(queue, "broken")
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.TIMED_OUT, "It took too long."))

    listed = api.get("/dead-letters").json
    answer = api.post("/dead-letters/retry", json={"skip_rejected": True})

    assert (listed["count"], listed["would_fail_again"]) == (3, 2)
    assert listed["causes"] == {"rejected": 2, "timed_out": 1}
    assert [shown["would_fail_again"] for shown in listed["jobs"]] == [True, True, False]
    assert [job(queue, new).retry_of for new in answer.json["job_ids"]] == ["broken"]
    assert dead(queue) == ["a", "b"]
    assert api.post("/dead-letters/retry", json={"skip_rejected": "yes"}).status_code == 422


def test_a_dead_letter_is_dismissed(api: FlaskClient, queue: JobQueue) -> None:
    """It is listed no more, and is still a FAILED job; another state cannot be dismissed."""
    let_fail(queue, "a", "b")
    submit(queue, "waiting")

    answer = api.post("/jobs/a/dismiss")
    refused = api.post("/jobs/waiting/dismiss")

    assert (answer.status_code, answer.json) == (200, {"job_id": "a", "state": "FAILED"})
    assert (refused.status_code, refused.json["state"]) == (409, "QUEUED")
    assert api.post("/jobs/unknown/dismiss").status_code == 404
    assert [shown["job_id"] for shown in api.get("/dead-letters").json["jobs"]] == ["b"]
    assert api.get("/jobs/a").json["state"] == "FAILED"


def test_all_dead_letters_are_dismissed_at_once(
    api: FlaskClient, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many steps that takes."""
    monkeypatch.setattr(dead_letters, "_CHUNK", 2)
    let_fail(queue, *"abcde")

    assert api.post("/dead-letters/dismiss").json == {"dismissed": 5}
    assert dead(queue) == []
