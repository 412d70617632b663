"""Grades lesson 05's `work(redis, render, store)`: a worker that is killed after each of its steps.

A second one without a fault goes on. The lists are private: no other worker takes their jobs. To render and
store a job twice after a crash is no fault: at least once is the promise.

Read next: pdflab/notebook/lessons/order.py.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.graders.attempts import Step, attempt, kill

QUEUE, PROCESSING, STATES = "pdf_jobs_lesson:queue", "pdf_jobs_lesson:processing", "pdf_jobs_lesson:states"
_JOBS = ("job-1", "job-2")
_FOUND = {  # kind of damage, and how it is said
    "lost": "a job is lost: it is in no list, and has no PDF.",
    "open": "a job never ends: it stays in PROCESSING, and no worker looks there.",
    "queued": "a job stays in QUEUE: the worker ended before it was done.",
    "state": "a job has its PDF, but its state never becomes COMPLETED.",
    "false": "the state says COMPLETED and there is no PDF: who asks now finds none.",
    "again": "a job with its PDF stays in PROCESSING: it would be made again and again.",
    "doubled": "a job is stored more often than once for each worker.",
}


class _Bench:
    """Two jobs in lists of their own on the lab's Redis, and what became of them."""

    def __init__(self, work: Callable[..., Any], redis: str) -> None:
        self._work, self._url, self._redis = work, redis, redis_client(redis)
        self._keys = [f"{key}:{uuid4().hex}" for key in (QUEUE, PROCESSING, STATES, "pdf_jobs_lesson:stored")]
        work.__globals__.update(zip(("QUEUE", "PROCESSING", "STATES"), self._keys, strict=False))

    def fill(self) -> None:
        """Begin again: two jobs wait, and nothing else is there."""
        self.clear()
        self._redis.lpush(self._keys[0], *_JOBS)

    def clear(self) -> None:
        """Leave nothing in Redis."""
        self._redis.delete(*self._keys)

    def attempt(self, kill_after: int | None = None) -> tuple[list[str], str]:
        """Run a worker, killed after so many steps; return its lines, and what went wrong in its code."""
        return attempt(self._be_worker, self._url, {} if kill_after is None else {kill_after: kill})

    def _be_worker(self, client: Any, step: Step) -> None:
        stored = redis_client(self._url)
        self._work(
            client,
            lambda job: step(f"PDF of {job}"),
            lambda job, pdf: step(stored.rpush(self._keys[3], f"{job} {pdf}")) and None,
        )

    def damage(self, *, workers: int) -> Iterator[str]:
        """Yield each kind of damage that is left when the last of so many workers has ended."""
        queued, left, states, stored = self._look()
        for job in _JOBS:
            times, is_left = stored.count(f"{job} PDF of {job}"), job in left
            if not times:
                yield "open" if is_left else "queued" if job in queued else "lost"
            elif is_left:
                yield "again"
            elif states and states.get(job) != "COMPLETED":
                yield "state"
            if times > workers:
                yield "doubled"

    def has_false_state(self) -> bool:
        """Return whether a state says COMPLETED of a job that has no PDF."""
        *_, states, stored = self._look()
        return any(s == "COMPLETED" and f"{job} PDF of {job}" not in stored for job, s in states.items())

    def _look(self) -> Any:
        redis, (queue, processing, states, stored) = self._redis, self._keys
        lists = [redis.lrange(key, 0, -1) for key in (queue, processing, stored)]
        return lists[0], lists[1], redis.hgetall(states), lists[2]


def grade_work(work: Callable[..., Any], *, redis: str) -> list[str]:
    """Run the worker without a fault, then kill it after each step; count lost, open and doubled jobs."""
    bench = _Bench(work, redis)
    try:
        bench.fill()
        lines, trouble = bench.attempt()
        if trouble:
            return [trouble]
        sys.stdout = StringIO()  # what the next workers print is the same again
        if found := sorted(set(bench.damage(workers=1))):
            return [f"Even without a crash, {_FOUND[kind]}" for kind in found]
        places = defaultdict[str, list[str]](list)
        for number, line in enumerate(lines, 1):
            for kind in sorted(_kill(bench, number)):
                places[kind] += [line] if line not in places[kind] else []
        return [
            f"Killed right after {' or '.join(at)}: {_FOUND.get(kind, kind)}" for kind, at in places.items()
        ]
    finally:
        bench.clear()


def _kill(bench: _Bench, number: int) -> set[str]:
    """Kill a worker after a step and start another; return the kinds of damage."""
    bench.fill()
    bench.attempt(number)
    found = {"false"} if bench.has_false_state() else set[str]()
    _, trouble = bench.attempt()
    return found | ({f"the next worker fails. {trouble}"} if trouble else set(bench.damage(workers=2)))
