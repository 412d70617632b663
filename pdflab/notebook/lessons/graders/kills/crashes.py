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
from pdflab.notebook.lessons.graders.kills.attempts import Step, attempt, kill

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
    "wrong": "what is stored is not what render returned for this job.",
    "turn": "the job that came last is made first: ids come into QUEUE on the left; take them on the right.",
    "shared": "a job is rendered while it is still in QUEUE: a second worker would take it, too.",
    "both": "a job is in QUEUE and in PROCESSING at once: another worker could take it; move it in one step.",
    "unseen": "a job is rendered while its state is not PROCESSING: its customer reads what is not so.",
}


class _Bench:
    """Two jobs in lists of their own on the lab's Redis, and what became of them."""

    def __init__(self, work: Callable[..., Any], redis: str, *, writes_states: bool) -> None:
        self._work, self._url, self._redis = work, redis, redis_client(redis)
        self._writes_states = writes_states  # or may
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
            lambda job: step(self._render(stored, job)),
            lambda job, pdf: step(stored.rpush(self._keys[3], f"{job} {pdf}")) and None,
        )

    def _render(self, redis: Any, job: str) -> str:
        """Return a PDF; note who could take the job meanwhile, and what its customer reads."""
        queue, _, states, stored = self._keys
        if job in redis.lrange(queue, 0, -1):
            redis.rpush(stored, "shared")
        if self._writes_states and redis.hget(states, job) != "PROCESSING":
            redis.rpush(stored, "unseen")
        return f"PDF of {job}"

    def damage(self, *, workers: int) -> Iterator[str]:
        """Yield each kind of damage that is left when the last of so many workers has ended."""
        queued, left, states, stored = self._look()
        for job in _JOBS:
            times, is_left = stored.count(f"{job} PDF of {job}"), job in left
            if not times:
                yield "open" if is_left else "queued" if job in queued else "lost"
            elif is_left:
                yield "again"
            elif (states or self._writes_states) and states.get(job) != "COMPLETED":
                yield "state"
            if times > workers:
                yield "doubled"
        made = [entry for entry in stored if entry not in ("shared", "unseen")]
        yield from set(stored) - set(made)
        if set(made) - {f"{job} PDF of {job}" for job in _JOBS}:
            yield "wrong"
        if workers == 1 and made != sorted(made):
            yield "turn"

    def left_by_a_kill(self) -> Iterator[str]:
        """Yield each kind of damage that is there until the next worker starts."""
        queued, left, states, stored = self._look()
        if any(s == "COMPLETED" and f"{job} PDF of {job}" not in stored for job, s in states.items()):
            yield "false"
        if set(queued) & set(left):
            yield "both"

    def has_left_a_job(self) -> bool:
        """Return whether a job is in PROCESSING."""
        return bool(self._look()[1])

    def _look(self) -> Any:
        redis, (queue, processing, states, stored) = self._redis, self._keys
        lists = [redis.lrange(key, 0, -1) for key in (queue, processing, stored)]
        return lists[0], lists[1], redis.hgetall(states), lists[2]


def grade_work(work: Callable[..., Any], *, redis: str, writes_states: bool = False) -> list[str]:
    """Run the worker without a fault, then kill it after each step, and at last two in a row."""
    bench = _Bench(work, redis, writes_states=writes_states)
    try:
        bench.fill()
        lines, trouble = bench.attempt()
        if trouble:
            return [trouble]
        sys.stdout = StringIO()  # what the next workers print is the same again
        if found := sorted(set(bench.damage(workers=1))):
            return [f"Even without a crash, {_FOUND[kind]}" for kind in found]
        return _kill_each(bench, "Killed", lines) or _kill_the_next(bench, len(lines))
    finally:
        bench.clear()


def grade_safe_work(safe_work: Callable[..., Any], *, redis: str) -> list[str]:
    """Grade a worker that writes its states, too: PROCESSING before it renders, COMPLETED in the end."""
    return grade_work(safe_work, redis=redis, writes_states=True)


def _kill_the_next(bench: _Bench, steps: int) -> list[str]:
    """Kill also the worker that finds a dead one's job: the lines that put it back have run in no other."""
    for number in range(1, steps + 1):
        bench.fill()
        bench.attempt(number)
        if bench.has_left_a_job():
            lines, _ = bench.attempt()
            return _kill_each(bench, "Killed, as the worker before it,", lines, number)
    return []


def _kill_each(bench: _Bench, how: str, lines: list[str], *before: int) -> list[str]:
    """Kill a worker after each of its steps, whose lines these are; say what became of the jobs."""
    places = defaultdict[str, list[str]](list)
    for number, line in enumerate(lines, 1):
        for kind in sorted(_kill(bench, *before, number)):
            places[kind] += [line] if line not in places[kind] else []
    return [f"{how} right after {' or '.join(at)}: {_FOUND.get(kind, kind)}" for kind, at in places.items()]


def _kill(bench: _Bench, *kills: int) -> set[str]:
    """Kill workers in a row, each after so many steps, and start another; return the kinds of damage."""
    bench.fill()
    for number in kills:
        bench.attempt(number)
    found = set(bench.left_by_a_kill())
    _, trouble = bench.attempt()
    if trouble:
        return found | {f"the next worker fails. {trouble}"}
    later = set(bench.damage(workers=1 + len(kills)))
    return found | later - ({"shared"} if "both" in found else set())
