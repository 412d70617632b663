"""Someone else deletes, cuts or overwrites a key in our Redis: one job may suffer, no other does."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shorthand import LEASE_OVER, WORKER, events, submission, submit, take_and_claim

from pdflab.jobs import Cause, JobState
from pdflab.service.jobqueue.base import Claim, Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

ACCEPTED = ["a", "b", "c", "d", "e", "f"]


class Story:
    """A few jobs on their way; after each step of it, something may be damaged."""

    def __init__(self, queue: JobQueue) -> None:
        self.queue = queue
        self.claims: list[Claim] = []
        self.accepted: list[str] = []
        self.steps: list[Callable[[], object]] = [
            lambda: self.submit("a", "b", "c"),
            lambda: queue.renew(WorkerStatus(WORKER, 0.0)),
            lambda: self.claims.append(take_and_claim(queue, "1")),
            lambda: self.finish(queue.complete(self.claims[0], WORKER, next_token="2").next),
            lambda: queue.fail(self.claims[0], WORKER, Failure(Cause.OUT_OF_MEMORY, "why", retry_in=5.0)),
            lambda: self.submit("d", key="order-7"),
            lambda: self.queue.take(0.01),  # and its worker dies before it claims
            lambda: self.submit("e", "f"),
            queue.sweep,
            lambda: self.claims.append(take_and_claim(queue, "3")),
        ]

    def submit(self, *job_ids: str, key: str = "") -> None:
        self.accepted += job_ids
        self.queue.enqueue([submission(job_id, key=key) for job_id in job_ids])

    def finish(self, following: Claim | None) -> None:
        self.claims = [following] if following else []


def delete(client: Any, key: str) -> None:
    client.delete(key)


def cut(client: Any, key: str) -> None:
    """Lose half of what is in it."""
    match client.type(key):
        case "hash":
            names = sorted(client.hkeys(key))
            client.hdel(key, *names[: len(names) // 2 + 1])
        case "zset":
            client.zpopmin(key)
        case "set":
            client.spop(key)
        case "list":
            client.lpop(key)
        case "stream":
            client.xtrim(key, maxlen=1, approximate=False)
        case "string":
            client.set(key, client.get(key)[:-1])


def garble(client: Any, key: str) -> None:
    """Put something else into it that has the same type."""
    match client.type(key):
        case "hash":
            client.hset(key, mapping=dict.fromkeys(client.hkeys(key), "rubbish"))
        case "zset":
            client.zadd(key, {"rubbish": 0})
        case "set":
            client.sadd(key, "rubbish")
        case "list":
            client.rpush(key, "rubbish")
        case "stream":
            client.xadd(key, {"rubbish": "rubbish"})
        case "string":
            client.set(key, "rubbish")


def replace(client: Any, key: str) -> None:
    """Put something of another type in its place."""
    is_string = client.type(key) == "string"
    client.delete(key)
    client.rpush(key, "rubbish") if is_string else client.set(key, "rubbish")


@given(
    steps=st.integers(1, 10),
    damage=st.sampled_from([delete, cut, garble, replace]),
    which=st.integers(0, 100),
)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_key_is_damaged_all_other_jobs_keep_the_promise(
    broker: Broker, settings: Settings, steps: int, damage: Callable[[Any, str], None], which: int
) -> None:
    """Deleted, cut, overwritten, at any step: each other job ends once, and the queue goes on."""
    client = broker.client()
    client.flushall()
    story = Story(queue := JobQueue(client, settings))
    for step in story.steps[:steps]:
        step()
    keys = sorted(client.keys("pdf_jobs*"))
    key = keys[which % len(keys)]
    damage(client, key)

    submit(queue, "later")
    work_off(queue, story.claims)

    others = [job_id for job_id in [*story.accepted, "later"] if key != f"pdf_jobs:{job_id}"]
    ended = {job.job_id: [s for s, _ in job.history if s.is_ending] for job in queue.all_jobs()}
    assert {job_id: ended.get(job_id) for job_id in others} == {
        job_id: [JobState.COMPLETED] for job_id in others
    }
    if key != "pdf_jobs_events":
        last = {job_id: [e.state for e in events(queue, job_id) if e.state.is_ending] for job_id in others}
        assert set(map(tuple, last.values())) == {(JobState.COMPLETED,)}
    stats = queue.stats()
    assert (stats.queued, stats.processing) == (0, 0)
    assert queue.dashboard()


def work_off(queue: JobQueue, claims: list[Claim]) -> None:
    """Two workers that were there go on; each lease, one sweeps and works until nothing is left."""
    for claim in claims:
        queue.complete(claim, WORKER)
    for number in range(6):
        queue.clock_offset += LEASE_OVER
        queue.renew(WorkerStatus(WORKER, 0.0))
        queue.sweep()
        while queue.stats().queue_depth:  # to wait for an empty list takes long
            claim = queue.claim(queue.take(0.01) or "", WORKER, f"worked off {number}")
            if claim:
                queue.complete(claim, WORKER)


@pytest.mark.parametrize("damage", [delete, cut, garble, replace])
def test_a_damaged_job_is_ended_with_a_reason_and_its_key_is_free(
    queue: JobQueue, broker: Broker, damage: Callable[[Any, str], None]
) -> None:
    """Nobody waits for it for ever, and a client that asks again is not answered with a ghost."""
    queue.enqueue([submission("a", key="order-7")])
    submit(queue, "b")

    damage(broker.client(), "pdf_jobs:a")
    again = queue.enqueue([submission("c", key="order-7")])
    work_off(queue, [])

    assert again == ["c"]
    assert events(queue, "a")[-1].state is JobState.FAILED
    assert events(queue, "a")[-1].cause is Cause.RECORD_LOST
    assert [events(queue, name)[-1].state for name in "bc"] == [JobState.COMPLETED] * 2


@pytest.mark.parametrize("rubbish", ["1.5", "inf", "nan", "0x1", "9" * 20])
def test_a_counter_that_is_no_whole_number_is_repaired(queue: JobQueue, broker: Broker, rubbish: str) -> None:
    """It looks like a number, and no step could count on: jobs are accepted and finished all the same."""
    submit(queue, "a")
    broker.client().set("pdf_jobs_sequence", rubbish)
    submit(queue, "b")
    broker.client().hset("pdf_jobs_counts", mapping={"events": rubbish, "bytes": rubbish})
    submit(queue, "c")

    work_off(queue, [])

    assert [events(queue, name)[-1].state for name in "abc"] == [JobState.COMPLETED] * 3


def test_a_job_that_is_forgotten_while_a_sweep_looks_has_one_ending(queue: JobQueue) -> None:
    """The records are looked through in a second step: one that has gone since is not lost, but forgotten."""
    submit(queue, "a")
    queue.complete(take_and_claim(queue), WORKER)
    queue.forget(["a"])

    queue._run("reindex", 10.0, "a")

    assert [event.state for event in events(queue, "a") if event.state.is_ending] == [JobState.COMPLETED]


def test_a_lost_clock_goes_on_where_the_last_sweep_was(queue: JobQueue, broker: Broker) -> None:
    """However long ago a job ended: a lease that was given since is not a day in the future."""
    submit(queue, "old", "new")
    queue.complete(take_and_claim(queue), WORKER)
    queue.renew(WorkerStatus(WORKER, 0.0))
    broker.client().zadd("pdf_jobs_completed", {"old": 1.0})
    queue.sweep()
    take_and_claim(queue, "dies")

    broker.client().delete("pdf_jobs_clock")
    queue.clock_offset += 2 * LEASE_OVER
    queue.renew(WorkerStatus(WORKER, 0.0))
    queue.sweep()

    assert events(queue, "new")[-1].cause is Cause.WORKER_LOST


def test_a_key_of_an_older_version_is_still_known(queue: JobQueue, broker: Broker) -> None:
    """Its record has no fingerprint: a client that asks again after an upgrade gets no second job."""
    queue.enqueue([submission("a", key="order-7")])
    broker.client().hdel("pdf_jobs:a", "fingerprint", "key", "title", "bytes")

    assert queue.enqueue([submission("b", key="order-7")]) == ["a"]
