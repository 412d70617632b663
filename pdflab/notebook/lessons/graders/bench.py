"""Lesson 02's bench: two jobs, a queue, records and events on the lab's Redis, and what became of them.

Read next: pdflab/notebook/lessons/graders/kills/accepting.py, which strikes `accept`; then
pdflab/notebook/lessons/graders/kills/lone_worker.py.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

from pdflab.lab.redis_client import redis_client

QUEUE, RECORDS, EVENTS = "pdf_jobs_lesson:queue", "pdf_jobs_lesson:records", "pdf_jobs_lesson:events"
REQUESTS = {"job-1": "an invoice for Ada", "job-2": "a report for Bob"}
FAULT_FREE, KILLED, SEEN = "Even without a crash,", "Killed right after {}:", "A worker looks right after {}:"
_FOUND = {  # kind of damage, and how it is said of jobs
    "unanswered": "the client of {} gets no 202.",
    "answers": "the client of {} gets more than one answer to one request.",
    "unrecorded": "{} is lost: its client has a 202, and RECORDS does not have its request.",
    "unqueued": "{} is lost: its client has a 202, and its record waits for ever; no worker gets its id.",
    "dropped": "{} is lost: a worker found its id without a record and dropped it; its client has a 202.",
    "silent": "{} has its 202, and EVENTS has no QUEUED of it.",
    "late": "the events of {} begin with COMPLETED: a worker was quicker than your QUEUED.",
    "again": "the client of {} asks again, and its job is queued again.",
    "lost": "{} is lost: it is no longer in QUEUE, and has no PDF.",
    "waits": "{} stays in QUEUE: the worker ended before it was done.",
    "wrong": "the PDF of {} is not that of its request; render what RECORDS has under its id.",
    "false": "EVENTS says COMPLETED of {}, and there is no PDF: who asks now finds none.",
    "endless": "{} has its PDF, and EVENTS never says COMPLETED of it.",
    "stays": "{} has its PDF and stays in QUEUE: it would be rendered again and again.",
    "doubled": "{} is stored more often than once for each worker.",
    "overtakes": "{} is rendered before the job that came first: put in and take out at opposite ends.",
}

Damage = Iterable[tuple[str, str]]  # kinds, each with its job


class Findings:
    """Which damage was done, to which jobs, and after which lines."""

    def __init__(self) -> None:
        self.places: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}

    def note(self, when: str, line: str, damage: Damage) -> None:
        """Note damage that was done after a line."""
        for kind, job in damage:
            lines, jobs = self.places.setdefault((when, kind), ({}, {}))
            lines[line] = jobs[job] = None

    def sentences(self) -> list[str]:
        """Return a sentence for each kind of damage."""
        return [
            f"{when.format(' or '.join(lines))} {_FOUND[kind].format(' or '.join(jobs))}"
            if kind in _FOUND
            else f"{when.format(' or '.join(lines))} {kind}"
            for (when, kind), (lines, jobs) in self.places.items()
        ]


class Bench:
    """A queue, records and events of their own on the lab's Redis, and what became of two jobs."""

    def __init__(self, function: Callable[..., Any], redis: str) -> None:
        self._function, self._url, self._redis = function, redis, redis_client(redis)
        names = (QUEUE, RECORDS, EVENTS, "pdf_jobs_lesson:answers", "pdf_jobs_lesson:stored")
        self._keys = [f"{name}:{uuid4().hex}" for name in names]
        self._queue, self._records, self._events, self._answered, self._stored = self._keys
        function.__globals__.update(QUEUE=self._queue, RECORDS=self._records, EVENTS=self._events)

    def clear(self) -> None:
        """Leave nothing in Redis."""
        self._redis.delete(*self._keys)

    def fault_free_damage(self) -> Iterator[tuple[str, str]]:
        """Yield a second job that was made first."""
        stored = [line.partition(" ")[0] for line in self._redis.lrange(self._stored, 0, -1)]
        first, second = REQUESTS
        if first in stored and second in stored[: stored.index(first)]:
            yield "overtakes", second

    def pdfs(self, job: str) -> tuple[int, bool]:
        """Return how many right PDFs of a job are stored, and whether there is a wrong one."""
        stored = [line for line in self._redis.lrange(self._stored, 0, -1) if line.startswith(f"{job} ")]
        right = stored.count(f"{job} PDF of {REQUESTS[job]}")
        return right, len(stored) > right

    def states(self, job: str) -> list[str]:
        """Return the states of a job in the order of its events."""
        events = (event for _, event in self._redis.xrange(self._events))
        return [event.get("state", "") for event in events if event.get("job") == job]
