"""Lesson 02 on Redis: what acknowledges more than it has stored does not pass, and is shown the loss."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.gap import grade
from pdflab.notebook.lessons.graders.bench import EVENTS, QUEUE, RECORDS
from pdflab.notebook.lessons.graders.kills import accepting, lone_worker
from pdflab.service.jobqueue.redis_server import Broker

Function = Callable[..., Any]
QUEUED, COMPLETED = "QUEUED", "COMPLETED"


def in_order(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.lpush(QUEUE, job)
    answer(202, job)


def event_first(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.hset(RECORDS, job, request)
    redis.lpush(QUEUE, job)
    answer(202, job)


def in_one_step(redis: Any, job: str, request: str, answer: Function) -> None:
    if not redis.hexists(RECORDS, job):
        with redis.pipeline() as pipe:
            pipe.lpush(QUEUE, job)
            pipe.hset(RECORDS, job, request)
            pipe.xadd(EVENTS, {"job": job, "state": QUEUED})
            pipe.execute()
    answer(202, job)


def with_a_mark_at_the_end(redis: Any, job: str, request: str, answer: Function) -> None:
    if redis.hget(RECORDS, f"{job} is queued") is None:
        redis.hset(RECORDS, job, request)
        redis.xadd(EVENTS, {"job": job, "state": QUEUED})
        redis.lpush(QUEUE, job)
        redis.hset(RECORDS, f"{job} is queued", "yes")
    answer(202, job)


def looks_into_the_events(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    if job not in [event["job"] for _, event in redis.xrange(EVENTS)]:
        pipe = redis.pipeline()
        pipe.xadd(EVENTS, {"job": job, "state": QUEUED}).lpush(QUEUE, job).execute()
    answer(202, job)


def answers_first(redis: Any, job: str, request: str, answer: Function) -> None:
    answer(202, job)
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.lpush(QUEUE, job)


def answers_before_it_pushes(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    answer(202, job)
    redis.lpush(QUEUE, job)


def pushes_first(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.lpush(QUEUE, job)
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    answer(202, job)


def notes_last(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.lpush(QUEUE, job)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    answer(202, job)


def notes_nothing(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.lpush(QUEUE, job)
    answer(202, job)


def keeps_it_in_memory(redis: Any, job: str, request: str, answer: Function) -> None:
    waiting = []
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    waiting.append(job)
    answer(202, job)


def pushes_later(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    Thread(
        target=lambda: all(redis.ping() for _ in range(20)) and redis.lpush(QUEUE, job), daemon=True
    ).start()
    answer(202, job)


def pushes_the_request(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, job)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.lpush(QUEUE, request)
    answer(202, job)


def pushes_behind(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.hset(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.rpush(QUEUE, job)
    answer(202, job)


def says_200(redis: Any, job: str, request: str, answer: Function) -> None:
    in_order(redis, job, request, lambda status, job: answer(200, job))


def answers_twice(redis: Any, job: str, request: str, answer: Function) -> None:
    in_order(redis, job, request, answer)
    answer(202, job)


def never_executes(redis: Any, job: str, request: str, answer: Function) -> None:
    pipe = redis.pipeline()
    pipe.hset(RECORDS, job, request).xadd(EVENTS, {"job": job, "state": QUEUED}).lpush(QUEUE, job)
    answer(202, job)


def has_no_transaction(redis: Any, job: str, request: str, answer: Function) -> None:
    redis.pipeline(transaction=False)


def trips_when_it_is_asked_again(redis: Any, job: str, request: str, answer: Function) -> None:
    assert redis.hsetnx(RECORDS, job, request)
    redis.xadd(EVENTS, {"job": job, "state": QUEUED})
    redis.lpush(QUEUE, job)
    answer(202, job)


def believes_the_record(redis: Any, job: str, request: str, answer: Function) -> None:
    if redis.hsetnx(RECORDS, job, request):
        redis.xadd(EVENTS, {"job": job, "state": QUEUED})
        redis.lpush(QUEUE, job)
    answer(202, job)


def records_last(redis: Any, job: str, request: str, answer: Function) -> None:
    if not redis.hexists(RECORDS, job):
        redis.xadd(EVENTS, {"job": job, "state": QUEUED})
        redis.lpush(QUEUE, job)
        redis.hset(RECORDS, job, request)
    answer(202, job)


def looks_into_the_queue(redis: Any, job: str, request: str, answer: Function) -> None:
    if job not in redis.lrange(QUEUE, 0, -1):
        redis.hset(RECORDS, job, request)
        redis.xadd(EVENTS, {"job": job, "state": QUEUED})
        redis.lpush(QUEUE, job)
    answer(202, job)


def is_silent_the_second_time(redis: Any, job: str, request: str, answer: Function) -> None:
    if not redis.hexists(RECORDS, job):
        in_one_step(redis, job, request, answer)


def looks_then_removes(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(redis.hget(RECORDS, job)))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        redis.rpop(QUEUE)


def begins_with_the_records(redis: Any, render: Function, store: Function) -> None:
    for job in redis.hkeys(RECORDS):
        if job not in redis.lrange(QUEUE, 0, -1):
            redis.rpush(QUEUE, job)
    while job := redis.rpop(QUEUE):
        if request := redis.hget(RECORDS, job):
            store(job, render(request))
            redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
            redis.hdel(RECORDS, job)


def moves(redis: Any, render: Function, store: Function) -> None:
    while redis.lmove(f"{QUEUE}:mine", QUEUE, "LEFT", "RIGHT"):
        pass
    while job := redis.lmove(QUEUE, f"{QUEUE}:mine", "RIGHT", "LEFT"):
        store(job, render(redis.hget(RECORDS, job)))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        redis.lrem(f"{QUEUE}:mine", 1, job)


def takes_first(redis: Any, render: Function, store: Function) -> None:
    while job := redis.rpop(QUEUE):
        store(job, render(redis.hget(RECORDS, job)))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})


def removes_before_it_stores(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        pdf = render(redis.hget(RECORDS, job))
        redis.rpop(QUEUE)
        store(job, pdf)
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})


def completes_before_it_stores(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        store(job, render(redis.hget(RECORDS, job)))
        redis.rpop(QUEUE)


def completes_at_the_end(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(redis.hget(RECORDS, job)))
        redis.rpop(QUEUE)
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})


def renders_the_id(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(job))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        redis.rpop(QUEUE)


def takes_the_last(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, 0):
        store(job, render(redis.hget(RECORDS, job)))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        redis.lpop(QUEUE)


def removes_the_other_end(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(redis.hget(RECORDS, job)))
        redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
        redis.lpop(QUEUE)


def never_removes(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(redis.hget(RECORDS, job)))


def makes_one(redis: Any, render: Function, store: Function) -> None:
    job = redis.lindex(QUEUE, -1)
    store(job, render(redis.hget(RECORDS, job)))
    redis.xadd(EVENTS, {"job": job, "state": COMPLETED})
    redis.rpop(QUEUE)


def stores_twice(redis: Any, render: Function, store: Function) -> None:
    looks_then_removes(redis, render, lambda job, pdf: [store(job, pdf), store(job, pdf)])


def notes_no_event(redis: Any, render: Function, store: Function) -> None:
    while job := redis.lindex(QUEUE, -1):
        store(job, render(redis.hget(RECORDS, job)))
        redis.rpop(QUEUE)


def does_nothing(*given: Any) -> None:
    pass


RIGHT: list[tuple[str, Function]] = [
    ("accept", in_order),
    ("accept", event_first),
    ("accept", in_one_step),
    ("accept", with_a_mark_at_the_end),
    ("accept_again", in_one_step),
    ("accept_again", with_a_mark_at_the_end),
    ("accept_again", looks_into_the_events),
    ("work_alone", looks_then_removes),
    ("work_alone", begins_with_the_records),
    ("work_alone", moves),
]
LOST = "job-1 is lost: "
WRONG: list[tuple[str, Function, str]] = [
    (
        "accept",
        answers_first,
        f"Killed right after `answer(202, job)`: {LOST}its client has a 202, and RECORDS",
    ),
    (
        "accept",
        answers_before_it_pushes,
        f"Killed right after `answer(202, job)`: {LOST}its client has a 202, and its",
    ),
    (
        "accept",
        pushes_first,
        f"A worker looks right after `redis.lpush(QUEUE, job)`: {LOST}a worker found its id",
    ),
    ("accept", notes_last, "`redis.lpush(QUEUE, job)`: the events of job-1 begin with COMPLETED"),
    (
        "accept",
        notes_nothing,
        "Even without a crash, job-1 or job-2 has its 202, and EVENTS has no QUEUED of it.",
    ),
    ("accept", keeps_it_in_memory, "Even without a crash, job-1 or job-2 is lost"),
    ("accept", pushes_later, " is lost: its client has a 202, and its record waits for ever"),
    ("accept", pushes_the_request, "RECORDS does not have its request"),
    ("accept", pushes_behind, "job-2 is rendered before the job that came first"),
    ("accept", says_200, "Even without a crash, the client of job-1 or job-2 gets no 202."),
    ("accept", answers_twice, "gets more than one answer to one request"),
    ("accept", never_executes, "Even without a crash, job-1 or job-2 is lost"),
    ("accept", has_no_transaction, "without its transaction, a pipeline is many steps"),
    (
        "accept",
        trips_when_it_is_asked_again,
        "the client asks again. Line 2 of trips_when_it_is_asked_again raised",
    ),
    ("accept", does_nothing, "the client of job-1 or job-2 gets no 202"),
    (
        "accept",
        believes_the_record,
        "Killed right after `if redis.hsetnx(RECORDS, job, request):` or `redis.xadd",
    ),
    (
        "accept_again",
        in_order,
        "Even without a crash, the client of job-1 asks again, and its job is queued again.",
    ),
    ("accept_again", believes_the_record, f"{LOST}its client has a 202, and its record waits for ever"),
    (
        "accept_again",
        records_last,
        f"A worker looks right after `redis.lpush(QUEUE, job)`: {LOST}a worker found",
    ),
    ("accept_again", looks_into_the_queue, "the client of job-1 asks again, and its job is queued again."),
    ("accept_again", is_silent_the_second_time, "the client of job-1 gets no 202"),
    ("accept_again", does_nothing, "gets no 202"),
    (
        "work_alone",
        takes_first,
        "Killed right after `while job := redis.rpop(QUEUE):` or `store(job, render(",
    ),
    (
        "work_alone",
        removes_before_it_stores,
        "Killed right after `redis.rpop(QUEUE)`: job-1 or job-2 is lost",
    ),
    (
        "work_alone",
        completes_before_it_stores,
        "EVENTS says COMPLETED of job-1 or job-2, and there is no PDF",
    ),
    ("work_alone", completes_at_the_end, "has its PDF, and EVENTS never says COMPLETED of it."),
    ("work_alone", renders_the_id, "the PDF of job-1 or job-2 is not that of its request"),
    ("work_alone", takes_the_last, "job-2 is rendered before the job that came first"),
    ("work_alone", removes_the_other_end, "Even without a crash, "),
    ("work_alone", never_removes, "it did 60 steps for two jobs"),
    ("work_alone", makes_one, "Even without a crash, job-2 stays in QUEUE"),
    ("work_alone", stores_twice, "is stored more often than once for each worker"),
    ("work_alone", notes_no_event, "has its PDF, and EVENTS never says COMPLETED of it."),
    ("work_alone", does_nothing, "job-1 or job-2 stays in QUEUE"),
]


@pytest.mark.parametrize(("name", "function"), RIGHT)
def test_what_keeps_every_promise_passes(real_redis: Broker, name: str, function: Function) -> None:
    """In more than one style; and it leaves nothing in Redis."""
    real_redis.client().flushall()

    assert repr(grade(name, function, redis=real_redis.url)) == "yes"
    assert redis_client(str(real_redis.url)).keys("*") == []


@pytest.mark.parametrize(
    ("name", "wrong", "reply"),
    [pytest.param(*one, marks=[pytest.mark.slow] if place % 4 else []) for place, one in enumerate(WRONG)],
)
def test_what_does_not_is_shown_which_kill_lost_which_job(
    real_redis: Broker, name: str, wrong: Function, reply: str
) -> None:
    """After which line, and what became of the job."""
    found = grade(name, wrong, redis=real_redis.url)

    assert not found.passes
    assert reply in repr(found)


@pytest.mark.parametrize(
    ("grader", "function", "struck"),
    [
        (accepting, accepting.grade_accept, [1, 1, 2, 2, 3, 3, 4, 4]),
        (lone_worker, lone_worker.grade_work_alone, [1, 2, 3, 4]),
    ],
)
def test_every_step_is_struck(
    real_redis: Broker,
    monkeypatch: pytest.MonkeyPatch,
    grader: Any,
    function: Function,
    struck: list[int],
) -> None:
    """An `accept` by a kill and by a worker, a worker by a kill."""
    seen: list[int] = []

    def attempt(act: Function, redis: str, faults: dict[int, Function]) -> tuple[list[str], str]:
        seen.extend(faults)
        act(redis_client(redis), lambda result: result)
        return ["line"] * 4, ""

    monkeypatch.setattr(grader, "attempt", attempt)

    assert function(in_order if grader is accepting else looks_then_removes, redis=real_redis.url) == []
    assert seen == struck
