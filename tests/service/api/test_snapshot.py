"""The snapshot: all that the dashboard shows, at the cost of two commands, with any number of viewers."""

import json
from collections.abc import Callable
from functools import partial
from traceback import walk_tb
from typing import Any

import pytest
from shorthand import EchoOperations, client_of, note_commands, queue_away, submit, take_and_claim

from pdflab.documents.kinds import sample_request
from pdflab.errors import BrokerUnavailable
from pdflab.jobs import JobState
from pdflab.service.api.context import CachedCall
from pdflab.service.api.snapshot import take_snapshot
from pdflab.service.api.sync import EventLog
from pdflab.service.api.sync_figures import SyncLog
from pdflab.service.jobqueue.base import Submission, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

Look = Callable[[], bytes]


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
def snapshot(queue: JobQueue, settings: Settings) -> Look:
    """What takes snapshots of an empty queue."""
    return snapshots(queue, settings)


def snapshots(queue: JobQueue, settings: Settings) -> Look:
    return partial(take_snapshot, queue, queue.stats, SyncLog(settings.sync_log_file), EchoOperations())


def look(snapshot: Look) -> dict[str, Any]:
    return json.loads(snapshot())


def test_a_job_is_named_in_its_users_words(queue: JobQueue, snapshot: Look, settings: Settings) -> None:
    """By its title, by the buyer of the invoice, or else by its kind."""
    api = client_of(queue, settings)
    invoice = sample_request("invoice", 1)
    invoice["buyer"]["name"] = "Ĝoja & Co"
    for body in ({"type": "custom", "title": "<b>of</b> May", "text": "x" * 40_000}, invoice):
        assert api.post("/generate-pdf", json=body).status_code == 202
    queue.enqueue([Submission("nameless", "report", "{}")])
    for worker in ("w1", "w2", "w3"):
        take_and_claim(queue, worker=worker)

    assert [worker["title"] for worker in look(snapshot)["workers"]] == [
        "<b>of</b> May",
        "Ĝoja & Co",
        "report",
    ]


def test_each_worker_is_idle_or_renders_a_job(queue: JobQueue, snapshot: Look) -> None:
    """The jobs' records count; the registry is renewed only now and then."""
    submit(queue, "a")
    queue.renew(WorkerStatus("idle", 0.0))
    queue.renew(WorkerStatus("busy", 0.0))
    take_and_claim(queue, worker="busy")
    queue.renew(WorkerStatus("changed", 0.0, "another"))

    busy, changed, idle = look(snapshot)["workers"]

    assert (busy["worker"], busy["job_id"], busy["title"], busy["silent"]) == ("busy", "a", "t", False)
    assert busy["seconds"] < 60
    assert (changed["job_id"], changed["seconds"]) == (None, None)
    assert (idle["worker"], idle["job_id"]) == ("idle", None)
    assert idle["seconds"] > 1e9


def test_a_silent_worker_is_shown_with_its_job(queue: JobQueue, snapshot: Look) -> None:
    """So that a class sees where a job is while no worker renders it."""
    submit(queue, "a")
    take_and_claim(queue, worker="dead")

    [worker] = look(snapshot)["workers"]

    assert (worker["worker"], worker["silent"], worker["job_id"]) == ("dead", True, "a")


def test_a_worker_that_does_not_renew_is_named_as_silent(queue: JobQueue, snapshot: Look) -> None:
    """After half a lease, though it has no job; for two leases after its own has run out."""
    queue.renew(WorkerStatus("frozen", 0.0))
    seen = []
    for seconds in (4.0, 2.0, 6.0):  # a lease is 10
        queue.clock_offset += seconds
        queue.renew(WorkerStatus("lively", 0.0)), queue.sweep()
        frozen, lively = look(snapshot)["workers"]
        seen.append(frozen["silent"])
        assert (lively["silent"], lively["worker"]) == (False, "lively")
    queue.clock_offset += 20.0
    queue.renew(WorkerStatus("lively", 0.0)), queue.sweep()

    assert seen == [False, True, True]
    assert [worker["worker"] for worker in look(snapshot)["workers"]] == ["lively"]
    assert queue.stats().workers == 1


def test_the_synchronous_endpoint_is_shown_where_it_has_a_log(
    queue: JobQueue, snapshot: Look, settings: Settings
) -> None:
    """Nothing is said of an endpoint that is elsewhere, or not there."""
    before = look(snapshot)["endpoints"]
    log = EventLog(settings.sync_log_file)
    log.append("a", JobState.PROCESSING, "custom"), log.append("a", JobState.COMPLETED, "custom")
    log.append("b", JobState.PROCESSING, "custom"), log.close()

    shown = look(snapshot)["endpoints"]["synchronous"]

    assert before == {"synchronous": None}
    assert (shown["completed"], shown["failed"], shown["in_progress"], shown["throughput"]) == (1, 0, 1, 0.1)


def test_a_snapshot_is_two_commands_whatever_there_is(broker: Broker, settings: Settings) -> None:
    """The numbers, and the workers: not one more for a job or a worker."""
    client = broker.client()
    queue = JobQueue(client, settings)
    snapshot = snapshots(queue, settings)
    snapshot()
    submit(queue, *(f"job-{number}" for number in range(100)))
    for number in range(10):
        queue.renew(WorkerStatus(f"worker-{number}", 0.0))
        take_and_claim(queue, worker=f"worker-{number}")
    commands = note_commands(client)

    snapshot()

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
    assert answer.json.keys() == {"stats", "endpoints", "clients", "workers"}
    assert client_of(queue_away(settings), settings).get("/snapshot").status_code == 503
