"""A gap is graded by running it: a worker on the lab's Redis, killed after each of its steps."""

from collections.abc import Callable
from typing import Any

import pytest

from pdflab.errors import UsageError
from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.gap import Grade, grade
from pdflab.notebook.lessons.graders.kills.crashes import PROCESSING, QUEUE, STATES
from pdflab.service.jobqueue import redis_server
from pdflab.service.jobqueue.redis_server import Broker, private_broker


def mended(redis: Any, render: Any, store: Any) -> None:
    while redis.lmove(PROCESSING, QUEUE, "LEFT", "RIGHT"):
        pass
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        store(job, render(job))
        redis.lrem(PROCESSING, 1, job)


def in_one_step(redis: Any, render: Any, store: Any) -> None:
    while redis.lmove(PROCESSING, QUEUE, "LEFT", "RIGHT"):
        pass
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        store(job, render(job))
        with redis.pipeline() as pipe:
            pipe.lrem(PROCESSING, 1, job)
            pipe.hset(STATES, job, "COMPLETED")
            pipe.execute()


def removes_first(redis: Any, render: Any, store: Any) -> None:
    while redis.lmove(PROCESSING, QUEUE, "LEFT", "RIGHT"):
        pass
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        redis.lrem(PROCESSING, 1, job)
        pdf = render(job)
        store(job, pdf)


def puts_nothing_back(redis: Any, render: Any, store: Any) -> None:
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        store(job, render(job))
        redis.lrem(PROCESSING, 1, job)


def naive(redis: Any, render: Any, store: Any) -> None:
    while job := redis.rpop(QUEUE):
        pdf = render(job)
        store(job, pdf)


def never_removes(redis: Any, render: Any, store: Any) -> None:
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        store(job, render(job))


def stores_twice(redis: Any, render: Any, store: Any) -> None:
    while job := redis.rpop(QUEUE):
        store(job, render(job))
        store(job, render(job))


def waits(redis: Any, render: Any, store: Any) -> None:
    redis.brpop(QUEUE)


def never_ends(redis: Any, render: Any, store: Any) -> None:
    print("still here")  # noqa: T201
    while True:
        redis.llen(QUEUE)


def loops(redis: Any, render: Any, store: Any) -> None:
    while True:
        pass


def trips_over_a_crash(redis: Any, render: Any, store: Any) -> None:
    assert not redis.llen(PROCESSING)
    while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
        store(job, render(job))
        redis.lrem(PROCESSING, 1, job)


WRONG: list[tuple[Callable[..., Any], str]] = [
    (
        removes_first,
        "not yet: Killed right after `redis.lrem(PROCESSING, 1, job)` or `pdf = render(job)`: "
        "a job is lost: it is in no list, and has no PDF.",
    ),
    (puts_nothing_back, "a job never ends: it stays in PROCESSING, and no worker looks there."),
    (naive, "`while job := redis.rpop(QUEUE):` or `pdf = render(job)`: a job is lost"),
    (never_removes, "not yet: Even without a crash, a job with its PDF stays in PROCESSING"),
    (stores_twice, "not yet: Even without a crash, a job is stored more often than once for each worker."),
    (waits, "Line 2 of waits raised RuntimeError: BRPOP would wait for ever for another job; use RPOP"),
    (never_ends, "it did 60 steps for two jobs; end the loop when QUEUE is empty"),
    (loops, "not yet: It was stopped after 10 s; look for a loop or a wait that never ends."),
    (trips_over_a_crash, "the next worker fails. Line 2 of trips_over_a_crash raised AssertionError"),
]


@pytest.mark.parametrize("solution", [mended, in_one_step])
def test_a_worker_that_survives_each_crash_passes(real_redis: Broker, solution: Callable[..., Any]) -> None:
    """And leaves nothing in Redis."""
    real_redis.client().flushall()

    assert repr(grade("work", solution, redis=real_redis.url)) == "yes"
    assert redis_client(str(real_redis.url)).keys("*") == []


@pytest.mark.parametrize(("wrong", "reply"), WRONG)
def test_a_worker_that_does_not_is_shown_the_line(
    real_redis: Broker, wrong: Callable[..., Any], reply: str
) -> None:
    """After which it was killed, and what became of the job."""
    assert reply in repr(grade("work", wrong, redis=real_redis.url))


def test_the_embedded_redis_is_enough(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no redis-server is installed; and one that is gone ends in a sentence."""
    monkeypatch.setattr(redis_server, "server_program", lambda: None)
    broker = private_broker(tmp_path)
    try:
        assert broker.embedded
        assert grade("work", mended, redis=broker.url) == Grade(())
        assert "a job is lost" in repr(grade("work", naive, redis=broker.url))
    finally:
        broker.stop()

    gone = repr(grade("work", mended, redis=broker.url))
    assert gone.startswith("not yet: Redis did not answer (")
    assert gone.endswith("; start the lab, and grade again.")


def half(at: list[float], depth: list[int]) -> float:
    print("depths:", len(depth))  # noqa: T201
    return 0.5


def test_a_grade_shows_what_was_found_and_what_was_printed(real_redis: Broker) -> None:
    """The first word is the verdict."""
    shown = repr(grade("waited", half))

    assert shown.startswith("not yet: For at = [")
    assert "\n\nYour code printed:\ndepths: 2\n" in shown
    assert repr(grade("work", never_ends, redis=real_redis.url)).endswith("printed:\nstill here")


def test_bad_use_is_one_sentence() -> None:
    """A misspelt gap, and a lab whose Redis another process cannot reach."""
    with pytest.raises(UsageError, match="There is no gap 'wated': take one of waited, "):
        grade("wated", half)
    with pytest.raises(UsageError, match="needs the Redis of a lab in processes"):
        grade("work", mended)
