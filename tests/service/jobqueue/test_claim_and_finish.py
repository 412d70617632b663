"""Claiming and letting go: a compare-and-set, a token, and one event for each change."""

import pytest
from shorthand import (
    LEASE_OVER,
    SWEEP_DUE,
    WORKER,
    events,
    job,
    line,
    state,
    states,
    submit,
    take_and_claim,
)

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Claim, Failure
from pdflab.service.jobqueue.jobqueue import JobQueue

HOPELESS = Failure(Cause.REJECTED, "no glyph for that")
PASSING = Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=30.0)


def test_a_claim_makes_the_job_ours(queue: JobQueue) -> None:
    """The job is PROCESSING by this worker, in its first attempt; the record and the event say the same."""
    submit(queue, "a")

    take_and_claim(queue)

    claimed, event = job(queue, "a"), events(queue)[-1]
    for reported in (claimed, event):
        assert (reported.state, reported.worker, reported.attempt) == (JobState.PROCESSING, WORKER, 1)
    assert event.at == claimed.started_at


@pytest.mark.parametrize("how", ["taken", "brought along by the job before"])
def test_a_worker_receives_all_that_it_needs_of_its_job(queue: JobQueue, how: str) -> None:
    """What is rendered, the instant that stands in the file, and what the job has suffered so far."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, PASSING)
    queue.clock_offset += 31
    queue.sweep()
    for token in ("dies", "dies too"):
        take_and_claim(queue, token)
        queue.clock_offset += LEASE_OVER
        queue.sweep()

    claim: Claim | None = take_and_claim(queue)
    if how != "taken":
        queue.release(claim)
        submit(queue, "first")
        first = queue.claim("first", WORKER, "first")
        claim = queue.complete(first, WORKER, next_token="next").next

    assert claim is not None
    assert (claim.job.attempt, claim.job.errors, claim.job.crashes) == (4, 1, 2)
    record = job(queue, "a")
    for name in ("job_id", "kind", "state", "request", "queued_at", "attempt", "crashes", "errors", "worker"):
        assert getattr(claim.job, name) == getattr(record, name)


def test_of_two_claimers_one_gets_the_job(queue: JobQueue) -> None:
    """A doubled hint is harmless: the second claim finds the job taken, and nothing is reported twice."""
    submit(queue, "a")
    take_and_claim(queue, "token-1")

    assert queue.claim("a", "worker-2", "token-2") is None
    assert states(queue, "a") == "QP"
    assert job(queue, "a").worker == WORKER


def test_a_hint_without_a_record_is_passed_over(queue: JobQueue) -> None:
    """The list is only a hint: a name in it that nobody accepted is no job."""
    assert queue.claim("never-accepted", WORKER, "token") is None
    assert events(queue) == []


def test_an_ended_job_is_never_claimed_again(queue: JobQueue) -> None:
    """An ending is for ever, whatever the list says."""
    submit(queue, "a", "b")
    queue.complete(take_and_claim(queue), WORKER)
    queue.fail(take_and_claim(queue), WORKER, HOPELESS)

    assert [queue.claim(job_id, WORKER, "late") for job_id in "ab"] == [None, None]


def test_completing_ends_the_job_and_claims_the_next(queue: JobQueue) -> None:
    """The next in the queue comes with the same answer, held by the token that was made for it."""
    submit(queue, "a", "b")

    settled = queue.complete(take_and_claim(queue), WORKER, next_token="next")

    assert not settled.fenced
    assert settled.next is not None
    assert (settled.next.job.job_id, settled.next.token) == ("b", "next")
    assert (state(queue, "a"), state(queue, "b")) == (JobState.COMPLETED, JobState.PROCESSING)
    assert not queue.complete(settled.next, WORKER).fenced


def test_a_worker_that_stops_claims_nothing_more(queue: JobQueue) -> None:
    """Without a token for it the next job stays where it is."""
    submit(queue, "a", "b")

    assert queue.complete(take_and_claim(queue), WORKER).next is None
    assert state(queue, "b") is JobState.QUEUED
    assert line(queue) == ["b"]


def test_stale_hints_are_passed_over_on_the_way_to_the_next_job(queue: JobQueue) -> None:
    """Cancelled jobs leave their hints in the list: the worker is given the first job that can be done."""
    submit(queue, "a", "b", "c", "d")
    claim = take_and_claim(queue)
    queue.cancel("b"), queue.cancel("c")

    settled = queue.complete(claim, WORKER, next_token="next")

    assert settled.next is not None
    assert settled.next.job.job_id == "d"


def test_an_error_that_will_always_recur_fails_the_job_at_once(queue: JobQueue) -> None:
    """FAILED, with the reason in the record and in the event, and no second try."""
    submit(queue, "a")

    queue.fail(take_and_claim(queue), WORKER, HOPELESS)

    assert (state(queue, "a"), job(queue, "a").reason) == (JobState.FAILED, HOPELESS.reason)
    assert events(queue)[-1].reason == HOPELESS.reason
    assert states(queue, "a") == "QPF"


def test_an_error_that_may_pass_puts_the_job_off(queue: JobQueue) -> None:
    """QUEUED again, and not claimed, not even by a stale hint, before its backoff is over."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, PASSING)

    assert queue.claim("a", WORKER, "too-early") is None
    queue.clock_offset += 29
    queue.sweep()
    assert line(queue) == []

    queue.clock_offset += SWEEP_DUE
    queue.sweep()
    assert take_and_claim(queue).job.attempt == 2
    assert states(queue, "a") == "QPQP"


def test_three_errors_are_the_end(queue: JobQueue) -> None:
    """A job that meets passing errors again and again ends FAILED with the last of them as its reason."""
    submit(queue, "a")

    for _ in range(3):
        queue.fail(take_and_claim(queue), WORKER, PASSING)
        queue.clock_offset += 31
        queue.sweep()

    assert (state(queue, "a"), job(queue, "a").reason) == (JobState.FAILED, PASSING.reason)
    assert states(queue, "a") == "QPQPQPF"
    assert line(queue) == []


def test_a_released_job_is_the_next_one_out_and_its_attempt_does_not_count(queue: JobQueue) -> None:
    """A worker that is asked to stop costs the job nothing: it is ahead of all that came after it."""
    submit(queue, "a", "b")

    queue.release(take_and_claim(queue))

    assert (state(queue, "a"), job(queue, "a").attempt) == (JobState.QUEUED, 0)
    assert queue.place("a") == 1
    assert line(queue) == ["a", "b"]
    assert states(queue, "a") == "QPQ"


def test_a_cancelled_job_ends_as_failed_and_says_who_did_it(queue: JobQueue) -> None:
    """Its hint is then stale, and it has left the queue."""
    submit(queue, "a", "b")

    assert queue.cancel("a") is JobState.QUEUED
    assert (state(queue, "a"), job(queue, "a").reason) == (JobState.FAILED, "cancelled by the user")
    assert queue.claim("a", WORKER, "token") is None
    assert queue.place("b") == 1


def test_a_job_that_waits_for_its_retry_can_be_cancelled(queue: JobQueue) -> None:
    """It does not come back when its backoff is over."""
    submit(queue, "a")
    queue.fail(take_and_claim(queue), WORKER, PASSING)

    assert queue.cancel("a") is JobState.QUEUED
    queue.clock_offset += 31
    queue.sweep()

    assert line(queue) == []
    assert states(queue, "a") == "QPQF"


def test_only_a_queued_job_can_be_cancelled(queue: JobQueue) -> None:
    """A claimed job, an ended one and an unknown one stay as they are; the answer says what they are."""
    submit(queue, "a")
    claim = take_and_claim(queue)

    assert queue.cancel("a") is JobState.PROCESSING
    assert not queue.complete(claim, WORKER).fenced
    assert queue.cancel("a") is JobState.COMPLETED
    assert queue.cancel("unknown") is None


def test_a_completion_by_another_token_is_refused_and_counted(queue: JobQueue) -> None:
    """Frozen past its lease, a worker wakes up when another has the job: refused, it disturbs nothing."""
    submit(queue, "a", "b")
    frozen = take_and_claim(queue, "frozen")
    queue.clock_offset += LEASE_OVER
    queue.sweep()
    awake = take_and_claim(queue, "awake", "worker-2")
    queue.complete(awake, "worker-2")

    late = queue.complete(frozen, WORKER, next_token="next")

    assert (late.fenced, late.next) == (True, None)
    assert queue.stats().fenced == 1
    assert states(queue, "a") == "QPQPC"
    assert state(queue, "b") is JobState.QUEUED


@pytest.mark.parametrize("meanwhile", ["nobody has taken it", "another holds it", "it failed"])
def test_a_worker_that_wakes_up_too_late_is_refused_and_counted(queue: JobQueue, meanwhile: str) -> None:
    """The lease ran out, so the token is stale from then on, whatever has become of the job."""
    submit(queue, "a")
    frozen = take_and_claim(queue, "frozen")
    for _ in range(2 if meanwhile == "it failed" else 0):
        queue.clock_offset += LEASE_OVER
        queue.sweep()
        frozen = take_and_claim(queue, "frozen-again")
    queue.clock_offset += LEASE_OVER
    queue.sweep()
    if meanwhile == "another holds it":
        take_and_claim(queue, "awake", "worker-2")

    assert queue.complete(frozen, WORKER).fenced
    assert queue.stats().fenced == 1


def test_a_failure_reported_with_a_stale_token_is_refused(queue: JobQueue) -> None:
    """What went wrong in a worker that lost its job is no longer the job's business."""
    submit(queue, "a")
    frozen = take_and_claim(queue, "frozen")
    queue.clock_offset += LEASE_OVER
    queue.sweep()
    queue.complete(take_and_claim(queue, "awake"), WORKER)

    assert queue.fail(frozen, WORKER, HOPELESS).fenced
    queue.release(frozen)

    assert state(queue, "a") is JobState.COMPLETED
    assert queue.stats().fenced == 2


def test_every_change_of_state_has_one_event_and_the_numbers_have_no_gap(queue: JobQueue) -> None:
    """Through lives of every kind the stream counts from 1 on, and each job's history tells the same."""
    submit(queue, "completed", "failed", "put off", "released")
    queue.complete(take_and_claim(queue, "1"), WORKER)
    queue.fail(take_and_claim(queue, "2"), WORKER, HOPELESS)
    queue.fail(take_and_claim(queue, "3"), WORKER, PASSING)
    queue.release(take_and_claim(queue, "4"))
    queue.cancel("put off"), queue.cancel("completed")

    reported = events(queue)

    assert [event.number for event in reported] == list(range(1, len(reported) + 1))
    for job_id, life in [("completed", "QPC"), ("failed", "QPF"), ("put off", "QPQF"), ("released", "QPQ")]:
        assert states(queue, job_id) == life
        assert job(queue, job_id).history == tuple((e.state, e.at) for e in reported if e.job_id == job_id)


def test_an_event_is_stamped_by_the_clock_of_redis(queue: JobQueue) -> None:
    """No worker's own clock enters: the instants of one job are those of the one clock, shift included."""
    submit(queue, "a")
    queue.clock_offset += 1000
    take_and_claim(queue)

    queued, processing = events(queue)

    assert 1000 <= processing.at - queued.at < 1060
