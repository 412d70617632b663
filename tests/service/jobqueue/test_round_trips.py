"""Speed as a count of operations: how many times a step goes to Redis and back."""

import pytest
from shorthand import (
    WORKER,
    ask,
    client_of,
    note_commands,
    opened,
    state,
    submission,
    submit,
    take_and_claim,
)

from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import ImpossibleDocument
from pdflab.jobs import Cause, Job
from pdflab.service.jobqueue.base import Failure, WorkerStatus
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.worker.worker import Worker
from pdflab.settings import Settings


def find_it_impossible(job: Job) -> Rendered:
    raise ImpossibleDocument("no glyph")


@pytest.fixture
def counted(broker: Broker, settings: Settings) -> tuple[JobQueue, list[str]]:
    """A queue whose steps Redis knows already, and the commands it sends from now on."""
    client = broker.client()
    queue = JobQueue(client, settings)
    submit(queue, "warm-1", "warm-2", "warm-3")
    queue.complete(take_and_claim(queue), WORKER)
    queue.fail(take_and_claim(queue), WORKER, Failure(Cause.REJECTED, "why"))
    queue.release(take_and_claim(queue))
    queue.cancel("warm-3"), queue.take(0.01)
    queue.renew(WorkerStatus(WORKER, 0.0)), queue.sweep(), queue.stats()
    return queue, note_commands(client)


@pytest.mark.parametrize("key", ["", "order-7"])
def test_one_job_is_accepted_in_one_round_trip(counted: tuple[JobQueue, list[str]], key: str) -> None:
    """The record, the queue, the event and the key's answer are one step."""
    queue, commands = counted

    queue.enqueue([submission("a", key=key)])

    assert commands == ["EVALSHA"]


def test_a_client_of_the_api_costs_redis_one_round_trip(
    counted: tuple[JobQueue, list[str]], settings: Settings
) -> None:
    """From the POST to the 202 Redis is asked once, with a key and without."""
    queue, commands = counted
    api = client_of(queue, settings)

    answers = [ask(api), ask(api, **{"Idempotency-Key": "order-7"})]

    assert [answer.status_code for answer in answers] == [202, 202]
    look = ("SET", "INFO", "PIPELINE")  # at the health of Redis, once in half a second for all clients
    assert [command for command in commands if command not in look] == ["EVALSHA"] * 2


def test_a_thousand_jobs_are_accepted_in_one_round_trip(counted: tuple[JobQueue, list[str]]) -> None:
    """A batch costs what one job costs."""
    queue, commands = counted

    submit(queue, *(str(number) for number in range(1000)))

    assert commands == ["EVALSHA"]
    assert queue.stats().queued == 1000


def test_every_step_is_one_round_trip(counted: tuple[JobQueue, list[str]]) -> None:
    """As the table of steps says: enqueue, take, claim, renew, fail, sweep and stats."""
    queue, commands = counted

    submit(queue, "a")
    claim = take_and_claim(queue)
    queue.renew(WorkerStatus(WORKER, 0.0), [claim])
    queue.fail(claim, WORKER, Failure(Cause.REJECTED, "why"))
    queue.sweep()
    queue.stats()

    assert commands == ["EVALSHA", "BRPOP", "EVALSHA", "EVALSHA", "EVALSHA", "EVALSHA", "EVALSHA"]


def test_a_busy_worker_spends_one_round_trip_a_job(
    counted: tuple[JobQueue, list[str]], settings: Settings
) -> None:
    """A take and a claim begin; from then on the answer to each completion brings the next job along."""
    queue, commands = counted
    submit(queue, *(str(number) for number in range(20)))
    commands.clear()

    done = Worker(queue, opened(settings), render=lambda job: Rendered(b"%PDF- %%EOF", 1)).run_once(0.01)

    assert done == 20
    assert commands == ["BRPOP", "EVALSHA"] + ["EVALSHA"] * 20


def test_a_busy_worker_whose_documents_fail_spends_no_more(
    counted: tuple[JobQueue, list[str]], settings: Settings
) -> None:
    """Bad documents are as cheap as good ones: to fail brings the next job along, too."""
    queue, commands = counted
    submit(queue, *(str(number) for number in range(20)))
    commands.clear()

    done = Worker(queue, opened(settings), render=find_it_impossible).run_once(0.01)

    assert done == 20
    assert commands == ["BRPOP", "EVALSHA"] + ["EVALSHA"] * 20


def test_a_workers_own_connection_outlives_a_cut_and_a_redis_that_forgot(
    real_redis: Broker, settings: Settings
) -> None:
    """Its steps go straight over it. Cut, it connects again; a forgotten script is sent whole."""
    real_redis.client().flushall()
    client = real_redis.client(alone=True)
    queue = JobQueue(client, settings)
    submit(queue, "a", "b", "c")
    commands = note_commands(client)

    claims = [take_and_claim(queue, "1")]
    straight = [*commands]
    real_redis.cut()
    queue.complete(claims[0], WORKER)
    claims.append(take_and_claim(queue, "2"))
    real_redis.client().script_flush()
    queue.complete(claims[1], WORKER)

    assert straight == ["BRPOP"]
    assert [state(queue, name) for name in "abc"] == ["COMPLETED", "COMPLETED", "QUEUED"]
