"""Grades lesson 02's `accept(redis, job, request, answer)`: what is stored when the client gets its 202?

After each step its process is killed, or a worker looks at the queue. The client asks again, with the same
id, until it has its 202: from then on it relies on its PDF.

Read next: pdflab/notebook/lessons/graders/kills/lone_worker.py.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

from pdflab.lab.redis_client import redis_client
from pdflab.notebook.lessons.graders.bench import FAULT_FREE, KILLED, REQUESTS, SEEN, Bench, Findings
from pdflab.notebook.lessons.graders.kills.attempts import Faults, Step, attempt, kill

_FIRST, _SECOND = REQUESTS


def grade_accept(accept: Callable[..., Any], *, redis: str, again: bool = False) -> list[str]:
    """Strike `accept` after each step; with `again`, its client also asks again when all is well."""
    bench, found = _Accepting(accept, redis), Findings()
    try:
        lines, trouble = bench.ask(_FIRST)
        if trouble:
            return [trouble]
        sys.stdout = StringIO()  # what the next ones print is the same again
        bench.ask(_SECOND)
        for _ in range(2 if again else 0):  # before its PDF is there, and after it
            bench.ask(_FIRST)
            bench.serve()
        bench.serve()
        found.note(FAULT_FREE, "", [*bench.damage(), *bench.fault_free_damage()])
        for number, line in enumerate(lines, 1) if not found.places else ():
            found.note(KILLED, line, bench.strike(number, kill))
            found.note(SEEN, line, bench.strike(number, bench.serve))
        return found.sentences()
    finally:
        bench.clear()


def grade_accept_again(accept: Callable[..., Any], *, redis: str) -> list[str]:
    """Grade an `accept` that makes one job of a request, however often its client asks."""
    return grade_accept(accept, redis=redis, again=True)


class _Accepting(Bench):
    """Clients that ask, and a worker of ours."""

    def __init__(self, function: Callable[..., Any], redis: str) -> None:
        super().__init__(function, redis)
        self._asked, self._dropped = Counter[str](), f"{self._stored}:dropped"
        self._keys.append(self._dropped)

    def ask(self, job: str, faults: Faults | None = None) -> tuple[list[str], str]:
        """Let a client ask for a job; return the lines of the steps, and what went wrong in the code."""
        self._asked[job] += 1

        def act(client: Any, step: Step) -> None:
            own = redis_client(self._url)

            def answer(status: int, job: str) -> None:
                step(own.rpush(self._answered, f"{status} {job}"))

            self._function(client, job, REQUESTS[job], answer)

        return attempt(act, self._url, faults or {})

    def serve(self) -> None:
        """Make all jobs in the queue, as a worker does that drops an id without a record."""
        redis = redis_client(self._url)
        while job := redis.rpop(self._queue):
            if (request := redis.hget(self._records, job)) is None:
                redis.rpush(self._dropped, job)
            else:
                redis.rpush(self._stored, f"{job} PDF of {request}")
                redis.xadd(self._events, {"job": job, "state": "COMPLETED"})

    def strike(self, number: int, fault: Callable[[], object]) -> list[tuple[str, str]]:
        """Let a client ask, and a fault strike after a step; return the damage at the end."""
        self.clear()
        self._asked.clear()
        self.ask(_FIRST, faults={number: fault})
        self.serve()
        if not self._answers(_FIRST):
            _, trouble = self.ask(_FIRST)
            self.serve()
            if trouble:
                return [(f"the client asks again. {trouble}", _FIRST)]
        return [*self.damage()]

    def damage(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with each job that was asked for."""
        for job in self._asked:
            if not self._answers(job):
                yield "unanswered", job
                continue
            states = self.states(job)
            if not self.pdfs(job)[0]:
                yield self._how_lost(job), job
            elif "QUEUED" not in states:
                yield "silent", job
            elif states[0] != "QUEUED":
                yield "late", job

    def fault_free_damage(self) -> Iterator[tuple[str, str]]:
        """Yield what only a crash would excuse."""
        yield from super().fault_free_damage()
        for job, asked in self._asked.items():
            if (answers := self._answers(job)) and answers != asked:
                yield "answers" if answers > asked else "unanswered", job
            if self.states(job).count("QUEUED") > 1 or self.pdfs(job)[0] > 1:
                yield "again", job

    def _answers(self, job: str) -> int:
        return int(self._redis.lrange(self._answered, 0, -1).count(f"202 {job}"))

    def _how_lost(self, job: str) -> str:
        if self._redis.hget(self._records, job) != REQUESTS[job]:
            return "unrecorded"
        return "dropped" if job in self._redis.lrange(self._dropped, 0, -1) else "unqueued"
