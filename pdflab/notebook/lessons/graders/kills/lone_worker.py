"""Grades lesson 02's `work(redis, render, store)`: a worker without others, killed after each of its steps.

Another one goes on. To render and store a job twice after a crash is no fault: at least once is the promise.

Read next: pdflab/notebook/lessons/graders/kills/crashes.py, where workers have a second list.
"""

import sys
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.graders.bench import FAULT_FREE, KILLED, REQUESTS, Bench, Findings
from pdflab.notebook.lessons.graders.kills.attempts import Faults, Step, attempt, kill


def grade_work_alone(work: Callable[..., Any], *, redis: str) -> list[str]:
    """Run the worker without a fault, then kill it after each step and let another one go on."""
    bench, found = _Working(work, redis), Findings()
    try:
        bench.fill()
        lines, trouble = bench.attempt()
        if trouble:
            return [trouble]
        sys.stdout = StringIO()
        found.note(FAULT_FREE, "", [*bench.damage(workers=1), *bench.fault_free_damage()])
        for number, line in enumerate(lines, 1) if not found.places else ():
            found.note(KILLED, line, bench.strike(number))
        return found.sentences()
    finally:
        bench.clear()


class _Working(Bench):
    """Two jobs that were accepted, and the student's workers, one after another."""

    def fill(self) -> None:
        """Begin again: both jobs are accepted."""
        self.clear()
        self._redis.hset(self._records, mapping=REQUESTS)
        self._redis.lpush(self._queue, *REQUESTS)
        for job in REQUESTS:
            self._redis.xadd(self._events, {"job": job, "state": "QUEUED"})

    def attempt(self, faults: Faults | None = None) -> tuple[list[str], str]:
        """Run a worker; return the lines of its steps, and what went wrong in its code."""

        def act(client: Any, step: Step) -> None:
            own = redis_client(self._url)
            self._function(
                client,
                lambda request: step(f"PDF of {request}"),
                lambda job, pdf: step(own.rpush(self._stored, f"{job} {pdf}")) and None,
            )

        return attempt(act, self._url, faults or {})

    def strike(self, number: int) -> list[tuple[str, str]]:
        """Kill a worker after a step, and start another; return the damage."""
        self.fill()
        self.attempt(faults={number: kill})
        found = [("false", job) for job in REQUESTS if self._says_completed(job) and not self.pdfs(job)[0]]
        _, trouble = self.attempt()
        later = [(f"the next worker fails. {trouble}", "")] if trouble else self.damage(workers=2)
        return [*found, *later]

    def damage(self, *, workers: int) -> Iterator[tuple[str, str]]:
        """Yield each kind of damage that is left when the last of so many workers has ended."""
        queued = self._redis.lrange(self._queue, 0, -1)
        for job in REQUESTS:
            pdfs, is_wrong = self.pdfs(job)
            if is_wrong:
                yield "wrong", job
            elif not pdfs:
                yield "waits" if job in queued else "lost", job
            elif job in queued:
                yield "stays", job
            elif not self._says_completed(job):
                yield "endless", job
            if pdfs > workers:
                yield "doubled", job

    def _says_completed(self, job: str) -> bool:
        return "COMPLETED" in self.states(job)
