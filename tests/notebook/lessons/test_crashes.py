"""Workers that look safe and are not: found by a kill, by a second one, or by what another could do."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from pdflab.notebook.lessons.graders.sandbox import run_apart
from pdflab.notebook.lessons.graders.student_code import pack_source
from pdflab.service.jobqueue.redis_server import Broker

BACK = 'while redis.lmove(PROCESSING, QUEUE, "LEFT", "RIGHT"): pass\n'
MAKE = """while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):
    store(job, render(job))
    redis.lrem(PROCESSING, 1, job)
"""
RIGHT = {
    "the solution": BACK + MAKE,
    "it finishes the job of a dead worker first": """
for job in redis.lrange(PROCESSING, 0, -1):
    store(job, render(job))
    redis.lrem(PROCESSING, 1, job)
"""
    + MAKE,
}
LOST_AGAIN = "Killed, as the worker before it, right after `{}`: a job is lost"
WRONG = {  # what is wrong, how, and how the first finding begins
    "it puts back in two steps": (
        "while job := redis.lpop(PROCESSING): redis.rpush(QUEUE, job)\n" + MAKE,
        LOST_AGAIN.format("while job := redis.lpop(PROCESSING): redis.rpush(QUEUE, job)"),
    ),
    "it clears what it then puts back": (
        "left = redis.lrange(PROCESSING, 0, -1)\nredis.delete(PROCESSING)\n"
        "for job in left: redis.rpush(QUEUE, job)\n" + MAKE,
        LOST_AGAIN.format("redis.delete(PROCESSING)"),
    ),
    "it removes what it then finishes": (
        "while job := redis.lpop(PROCESSING):\n    store(job, render(job))\n" + MAKE,
        LOST_AGAIN.format("while job := redis.lpop(PROCESSING):` or `store(job, render(job))"),
    ),
    "it copies back": (
        "for job in redis.lrange(PROCESSING, 0, -1): redis.rpush(QUEUE, job)\n"
        "redis.delete(PROCESSING)\n" + MAKE,
        "Killed, as the worker before it, right after "
        "`for job in redis.lrange(PROCESSING, 0, -1): redis.rpush(QUEUE, job)`: a job is in QUEUE and in",
    ),
    "it throws away what was left": (
        "redis.delete(PROCESSING)\n" + MAKE,
        'Killed right after `while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):` or '
        "`store(job, render(job))`: a job is lost",
    ),
    "it puts back at the end": (
        MAKE + BACK,
        'Killed right after `while job := redis.lmove(QUEUE, PROCESSING, "RIGHT", "LEFT"):` or '
        "`store(job, render(job))`: a job stays in QUEUE",
    ),
    "it looks, and takes later": (
        "while job := redis.lindex(QUEUE, -1):\n    store(job, render(job))\n    redis.rpop(QUEUE)",
        "Even without a crash, a job is rendered while it is still in QUEUE: a second worker",
    ),
    "it copies, and takes later": (
        BACK
        + "while job := redis.lindex(QUEUE, -1):\n    redis.lpush(PROCESSING, job)\n    redis.rpop(QUEUE)\n"
        "    store(job, render(job))\n    redis.lrem(PROCESSING, 1, job)",
        "Killed right after `redis.lpush(PROCESSING, job)`: a job is in QUEUE and in PROCESSING at once",
    ),
    "it takes in two steps": (
        BACK + "while job := redis.rpop(QUEUE):\n    redis.lpush(PROCESSING, job)\n"
        "    store(job, render(job))\n    redis.lrem(PROCESSING, 1, job)",
        "Killed right after `while job := redis.rpop(QUEUE):`: a job is lost",
    ),
    "it takes at the wrong end": (
        (BACK + MAKE).replace('"RIGHT", "LEFT"', '"LEFT", "LEFT"'),
        "Even without a crash, the job that came last is made first",
    ),
    "it makes one job": (
        BACK + MAKE.replace("while job :=", "if job :="),
        "Even without a crash, a job stays in QUEUE",
    ),
    "it stores something else": (
        BACK + MAKE.replace("render(job)", '"a PDF"'),
        "Even without a crash, a job is lost: it is in no list, and has no PDF.",
    ),
    "it renders all before it stores any": (
        BACK
        + "made = []\n"
        + MAKE.replace("store(job, render(job))", "made.append((job, render(job)))")
        + "\n"
        "for job, pdf in made: store(job, pdf)",
        "Killed right after `redis.lrem(PROCESSING, 1, job)`",
    ),
    "it hopes for a finally": (
        "while job := redis.rpop(QUEUE):\n    pdf = None\n    try: pdf = store(job, render(job)) or 1\n"
        "    finally: pdf or redis.rpush(QUEUE, job)",
        "Killed right after `while job := redis.rpop(QUEUE):`",
    ),
}


@pytest.fixture(scope="module")
def findings(real_redis: Broker) -> dict[str, list[str]]:
    """What was found in each worker."""
    bodies = RIGHT | {what: body for what, (body, _) in WRONG.items()}
    sources = {what: f"def work(redis, render, store):\n{_indented(body)}" for what, body in bodies.items()}
    code: dict[str, Any] = pack_source("none", "def none(): ...")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "support"))
        grader = "crash_grader:grade_each"
        found = run_apart(grader, code, seconds=120, redis=real_redis.url, sources=sources)
    assert not found.trouble
    return dict(zip(sources, found.findings, strict=True))  # type: ignore[arg-type]


@pytest.mark.parametrize("what", RIGHT)
def test_a_safe_worker_passes(findings: dict[str, list[str]], what: str) -> None:
    """There is more than one."""
    assert findings[what] == []


@pytest.mark.parametrize("what", WRONG)
def test_a_worker_that_is_not_safe_is_found(findings: dict[str, list[str]], what: str) -> None:
    """The sentence says why."""
    assert findings[what][0].startswith(WRONG[what][1])


def _indented(body: str) -> str:
    return textwrap.indent(body.strip("\n"), "    ")
