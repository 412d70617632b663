"""The snapshot: all that the dashboard shows, at the cost of two commands, with any number of viewers."""

import json
from traceback import walk_tb
from typing import Any

import pytest
from shorthand import WORKER, client_of, note_commands, queue_away, submit, take_and_claim

from pdflab.documents.kinds import sample_request
from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Cause
from pdflab.service.api.context import CachedCall
from pdflab.service.api.snapshot import Snapshots
from pdflab.service.jobqueue.base import Failure, Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def snapshot(queue: JobQueue, clock: Clock) -> Snapshots:
    """What takes snapshots of an empty queue."""
    return Snapshots(queue, queue.stats, clock=clock)


def look(snapshot: Snapshots) -> dict[str, Any]:
    return json.loads(snapshot.take())


def ask_for(queue: JobQueue, job_id: str, request: str, kind: str = "custom") -> None:
    queue.enqueue([Submission(job_id, kind, request)])


def test_the_newest_jobs_of_each_state_are_shown(queue: JobQueue, snapshot: Snapshots) -> None:
    """Twelve of each, the last accepted first: a new document is on top."""
    submit(queue, *(f"job-{number:02}" for number in range(20)))
    queue.complete(take_and_claim(queue), WORKER)
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "why"))
    take_and_claim(queue)

    jobs = look(snapshot)["jobs"]

    waiting = [job["job_id"] for job in jobs if job["state"] == "QUEUED"]
    assert waiting == [f"job-{number:02}" for number in range(19, 7, -1)]
    others = {job["job_id"]: (job["state"], job["reason"]) for job in jobs if job["state"] != "QUEUED"}
    assert others == {
        "job-00": ("COMPLETED", None),
        "job-01": ("FAILED", "why"),
        "job-02": ("PROCESSING", None),
    }


def test_a_job_that_waits_for_a_retry_is_shown_once(queue: JobQueue, snapshot: Snapshots) -> None:
    """As QUEUED, with what went wrong before."""
    submit(queue, "a")
    queue.fail(
        take_and_claim(queue), WORKER, Failure(Cause.STORAGE_UNAVAILABLE, "the disk is full", retry_in=60.0)
    )

    [job] = look(snapshot)["jobs"]

    assert (job["state"], job["reason"], job["rendered"]) == ("QUEUED", "the disk is full", None)


def test_a_job_is_named_in_its_users_words(queue: JobQueue, snapshot: Snapshots, settings: Settings) -> None:
    """By its title, or by the buyer of the invoice; when it is done as well."""
    api = client_of(queue, settings)
    invoice = sample_request("invoice", 1)
    invoice["buyer"]["name"] = "Ĝoja & Co"
    for body in ({"type": "custom", "title": "<b>of</b> May", "text": "x" * 40_000}, invoice):
        assert api.post("/generate-pdf", json=body).status_code == 202
    ask_for(queue, "nameless", "{}", "report")

    before = [job["title"] for job in look(snapshot)["jobs"]]
    queue.complete(take_and_claim(queue), WORKER)
    after = {job["title"] for job in look(snapshot)["jobs"]}

    assert before == ["report", "Ĝoja & Co", "<b>of</b> May"]
    assert after == set(before)


def test_each_worker_is_idle_or_renders_a_job(queue: JobQueue, snapshot: Snapshots) -> None:
    """The jobs' records count; the registry is renewed only now and then."""
    submit(queue, "a")
    queue.renew(WorkerStatus("idle", 0.0))
    queue.renew(WorkerStatus("busy", 0.0))
    take_and_claim(queue, worker="busy")
    queue.renew(WorkerStatus("changed", 0.0, "another"))

    busy, changed, idle = look(snapshot)["workers"]

    assert (busy["worker"], busy["job_id"], busy["title"], busy["heard"]) == ("busy", "a", "t", True)
    assert busy["seconds"] < 60
    assert (changed["job_id"], changed["seconds"]) == (None, None)
    assert (idle["worker"], idle["job_id"]) == ("idle", None)
    assert idle["seconds"] > 1e9


def test_a_silent_worker_is_shown_with_its_job(queue: JobQueue, snapshot: Snapshots) -> None:
    """So that a class sees where a job is while no worker renders it."""
    submit(queue, "a")
    take_and_claim(queue, worker="dead")

    [worker] = look(snapshot)["workers"]

    assert (worker["worker"], worker["heard"], worker["job_id"]) == ("dead", False, "a")


def test_the_latency_of_the_newest_pdfs_is_shown_in_its_parts(queue: JobQueue, snapshot: Snapshots) -> None:
    """In the queue and at a worker; nothing while there is no PDF."""
    assert look(snapshot)["latency"] == {"waited": None, "rendered": None, "total": None}
    submit(queue, "a", "b", "c")
    for _ in range(3):
        queue.complete(take_and_claim(queue), WORKER)

    latency = look(snapshot)["latency"]

    assert 0 <= latency["waited"] <= latency["total"]
    assert 0 <= latency["rendered"] <= latency["total"] < 60


def test_the_chart_is_remembered_for_later_viewers(
    queue: JobQueue, snapshot: Snapshots, clock: Clock
) -> None:
    """A point a second: how long ago, jobs in the queue, PDFs a second since the point before."""
    look(snapshot)
    submit(queue, "a", "b", "c")
    clock.now += 0.5
    look(snapshot)  # too soon for a point
    queue.complete(take_and_claim(queue), WORKER)
    clock.now += 0.5
    look(snapshot)
    queue.complete(take_and_claim(queue), WORKER)
    clock.now += 2.0

    assert look(snapshot)["trail"] == [[2.0, 2, 1.0], [0.0, 1, 0.5]]


def test_the_chart_does_not_grow_for_ever(snapshot: Snapshots, clock: Clock) -> None:
    """Three minutes of it, after any time."""
    for _ in range(400):
        clock.now += 1.0
        snapshot._remember(snapshot._stats())

    assert len(look(snapshot)["trail"]) == 180


def test_a_snapshot_is_two_commands_whatever_there_is(broker: Broker, settings: Settings) -> None:
    """The numbers, and the rest: not one more for a job or a worker."""
    client = broker.client()
    queue = JobQueue(client, settings)
    snapshot = Snapshots(queue, queue.stats)
    snapshot.take()
    submit(queue, *(f"job-{number}" for number in range(100)))
    for number in range(10):
        queue.renew(WorkerStatus(f"worker-{number}", 0.0))
        take_and_claim(queue, worker=f"worker-{number}")
    commands = note_commands(client)

    snapshot.take()

    assert commands == ["EVALSHA", "EVALSHA"]


def test_thirty_calls_within_half_a_second_are_one(clock: Clock) -> None:
    """The next half second has another."""
    looks: list[float] = []
    shared = CachedCall(lambda: looks.append(clock.now) or len(looks), clock=clock)

    seen = []
    for _ in range(30):
        clock.now += 0.5 / 30
        seen.append(shared())
    clock.now += 0.5

    assert (seen, shared()) == ([1] * 30, 2)


def test_the_absence_of_redis_is_shared_too(settings: Settings, clock: Clock) -> None:
    """Thirty viewers do not wait for it one after another."""
    tried: list[int] = []
    away = queue_away(settings)
    shared = CachedCall(lambda: tried.append(1) or away.stats(), clock=clock)

    for _ in range(30):
        with pytest.raises(BrokerUnavailable):
            shared()

    assert tried == [1]


def test_the_error_that_all_are_given_keeps_nothing_of_their_requests(
    settings: Settings, clock: Clock
) -> None:
    """A traceback holds the frames that it passed, with the bodies in them: each has its own."""
    shared = CachedCall(queue_away(settings).stats, clock=clock)

    errors = []
    for _ in range(3):
        with pytest.raises(BrokerUnavailable) as caught:
            shared()
        errors.append(caught.value)

    assert len({id(error) for error in errors}) == 3
    assert len({len(list(walk_tb(error.__traceback__))) for error in errors[1:]}) == 1


def test_the_api_sends_the_snapshot_and_no_cache_keeps_it(queue: JobQueue, settings: Settings) -> None:
    """JSON; 503 while there is no Redis."""
    answer = client_of(queue, settings).get("/snapshot")

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {"stats", "latency", "workers", "jobs", "trail"}
    assert client_of(queue_away(settings), settings).get("/snapshot").status_code == 503
