"""Redis away: 503 in under a second, and all comes back by itself."""

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
import redis
from conftest import eventually
from flask.testing import FlaskClient
from shorthand import ask, client_of, opened, states, submission, submit

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import Job
from pdflab.service.entrypoints import ProducerOfEachThread
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, embedded_broker, private_broker
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings


@pytest.fixture
def ours(real_redis: Broker, tmp_path: Path) -> Iterator[Broker]:
    """A redis-server of this test's own, to be attacked, that has written down all that it has answered."""
    broker = private_broker(tmp_path / "redis", appendfsync="always")
    yield broker
    broker.stop()


@pytest.fixture
def api(ours: Broker, settings: Settings) -> FlaskClient:
    """A client of an API over it, with the API's own impatient client of Redis."""
    return client_of(JobQueue(ours.client(patient=False), settings), settings)


def answers(broker: Broker) -> bool:
    try:
        return bool(broker.client(patient=False).ping())
    except redis.RedisError:
        return False


def pid_of(broker: Broker) -> int:
    return int(broker.client().info("server")["process_id"])


def answer_within_a_second(api: FlaskClient) -> bool:
    """Return whether 503 comes in under a second; a busy machine has three tries."""
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        assert ask(api).status_code == 503
        seconds.append(time.monotonic() - began)
    return min(seconds) < 1


def test_a_redis_that_hangs_is_503_in_under_a_second(api: FlaskClient, ours: Broker) -> None:
    """It takes connections and answers nothing: no client of the API waits for it or hammers it."""
    assert ask(api).status_code == 202
    redis_server = pid_of(ours)
    os.kill(redis_server, signal.SIGSTOP)
    try:
        assert answer_within_a_second(api)
    finally:
        os.kill(redis_server, signal.SIGCONT)

    eventually(lambda: ask(api).status_code == 202, seconds=5)  # the next look is half a second later


def test_a_document_submitted_while_redis_hung_is_one_job(
    api: FlaskClient, ours: Broker, settings: Settings
) -> None:
    """The client got 503; Redis, awake again, may run the command: the same key is still one job."""
    queue, key = JobQueue(ours.client(), settings), {"Idempotency-Key": "order-7"}
    ask(api)
    redis_server = pid_of(ours)
    os.kill(redis_server, signal.SIGSTOP)
    try:
        assert ask(api, **key).status_code == 503
    finally:
        os.kill(redis_server, signal.SIGCONT)

    assert [ask(api, **key).status_code for _ in range(2)] == [202, 202]
    assert queue.stats().queued == 2


def test_a_redis_that_was_killed_is_503_until_it_is_there_again(api: FlaskClient, ours: Broker) -> None:
    """The same API answers on, with all that was accepted before."""
    accepted = ask(api).json["job_id"]
    ours.kill()
    assert answer_within_a_second(api)
    eventually(lambda: ours.process.poll() is not None, seconds=5)

    ours.revive()

    eventually(lambda: ask(api).status_code == 202, seconds=10)
    assert api.get(f"/jobs/{accepted}").json["state"] == "QUEUED"


def producer_of(broker: Broker, settings: Settings) -> ProducerOfEachThread:
    """The API's own producer."""
    connect = partial(broker.client, patient=False, alone=True)
    return ProducerOfEachThread(broker.client(patient=False), settings, connect=connect)


def test_a_connection_that_was_cut_is_made_again(ours: Broker, settings: Settings) -> None:
    """The next job is accepted: the thread that finds its old connection closed asks once more."""
    producer = producer_of(ours, settings)
    producer.enqueue([submission("a")])

    ours.cut()

    assert producer.enqueue([submission("b")]) == ["b"]


def use(producer: ProducerOfEachThread, job_id: str) -> object:
    """Accept a job, and return the client that did it."""
    producer.enqueue([submission(job_id)])
    return producer._redis


def test_each_thread_has_a_connection_of_its_own(ours: Broker, settings: Settings) -> None:
    """No thread reads what another has asked."""
    producer = producer_of(ours, settings)
    clients = []
    for name in "ab":
        thread = Thread(target=lambda name=name: clients.append(use(producer, name)))
        thread.start()
        thread.join()

    assert clients[0] is not clients[1]
    assert use(producer, "c") is use(producer, "d")


def test_a_thread_that_began_without_redis_finds_it_later(ours: Broker, settings: Settings) -> None:
    """The first error says that the queue is away; it is no defect of the service."""
    producer = producer_of(ours, settings)
    ours.kill()
    eventually(lambda: ours.process.poll() is not None, seconds=5)
    with pytest.raises(BrokerUnavailable):
        producer.enqueue([submission("a")])

    ours.revive()
    eventually(lambda: answers(ours), seconds=10)

    assert producer.enqueue([submission("a")]) == ["a"]


def test_a_worker_goes_on_when_its_connections_are_cut(ours: Broker, settings: Settings) -> None:
    """While it waits for a job, and while it renders one: all is done, and done once."""
    queue, stop, cuts = JobQueue(ours.client(), settings), Event(), []

    def cut_the_waiting() -> None:
        client = ours.client()
        eventually(lambda: client.info("clients")["blocked_clients"] == 1, seconds=10)
        cuts.append(ours.cut())
        submit(JobQueue(client, settings), "a", "b")

    def render_and_be_cut(job: Job) -> Rendered:
        cuts.append(ours.cut())
        if job.job_id == "b":
            stop.set()
        return Rendered(b"%PDF- %%EOF", 1)

    cutter = Thread(target=cut_the_waiting)
    cutter.start()
    Worker(queue, opened(settings), render=render_and_be_cut).run(stop, lease=10.0)
    cutter.join()

    assert [states(queue, name) for name in "ab"] == ["QPC"] * 2
    assert len(cuts) == 3
    assert all(cut >= 1 for cut in cuts)


@pytest.mark.parametrize("appendfsync", ["always", "everysec"])
def test_redis_writes_as_often_as_it_is_set_to(real_redis: Broker, tmp_path: Path, appendfsync: str) -> None:
    """With `always` it has written before it answers; it does so when it has been started again, too."""
    broker = private_broker(tmp_path / "redis", appendfsync=appendfsync)
    try:
        broker.kill()
        eventually(lambda: broker.process.poll() is not None, seconds=5)
        broker.revive()
        eventually(lambda: answers(broker), seconds=10)
        config = broker.client().config_get("append*")
        assert (config["appendonly"], config["appendfsync"]) == ("yes", appendfsync)
    finally:
        broker.stop()


def test_a_redis_that_is_not_ours_is_not_attacked(real_redis: Broker) -> None:
    """Neither the embedded one, which could not be started again, nor that of another owner."""
    for broker in (embedded_broker(), Broker("theirs", real_redis.url)):
        assert not broker.can_be_attacked
        for attack in (broker.cut, broker.kill):
            with pytest.raises(UsageError, match="install redis-server"):
                attack()
    assert real_redis.client().ping()
