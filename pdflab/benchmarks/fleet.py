"""Real worker processes: the speed of two against one, their start-up time, and their memory.

Each fleet has its own database in the same Redis, and is idle while another has its turn. Rates come from the
records, from the first job's start to the last one's end by Redis' clock, without start-up.

Read next: pdflab/benchmarks/yardsticks.py.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from itertools import islice
from statistics import median
from typing import Any

from pdflab.benchmarks.measuring import resident_mb, rounds_of
from pdflab.child_process import end, spawn, wait_until
from pdflab.documents.kinds import KINDS, sample_request
from pdflab.errors import PdfLabError
from pdflab.jobs import JobState
from pdflab.lab import Lab
from pdflab.service.jobqueue.base import Submission, new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

JOBS_PER_WORKER = 150  # for each worker in a round: half a second of invoices
EMPTY_JOBS = 1_000
SCRIPTS = 100  # documents of all kinds that a worker renders before its memory is measured
EMPTY_REQUEST = "{}"
_POLL_INTERVAL = 0.02
_TIMEOUT = 60.0  # seconds that a round may take: the embedded Redis is slow
MAX_SECONDS = 18.0  # of all rounds, on a slow or busy machine
_PAUSE = 0.01  # seconds until a worker that has ended a job waits for the next one
_WORKER, _EMPTY_WORKER = ["pdflab", "worker", "--guarded"], ["pdflab.benchmarks.yardsticks", "worker"]


@dataclass(slots=True)
class WorkerFleet:
    """Worker processes with a queue of their own, and how many jobs per second they made in each round."""

    settings: Settings
    queue: JobQueue
    words: list[str]
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def grow(self, request: str) -> float:
        """Start one more worker, and return the seconds until it is in the registry and has taken a job."""
        known, began = self.queue.stats().workers, time.time()
        [job_id] = self.queue.enqueue(submissions(request, 1))
        env = os.environ | self.settings.to_env()
        self.workers.append(spawn(self.words, self.settings.folder / "fleet.log", env=env))
        _wait(lambda: self.queue.stats().workers > known)
        registered_at = time.time()
        _wait(self._idle)
        job = self.queue.get(job_id)
        started_at = job.started_at if job else None
        return max(registered_at, started_at or 0.0) - began

    def work(self, requests: list[str]) -> None:
        """Process a queue, and record the rate."""
        self.queue.enqueue([Submission(new_id(), "invoice", request) for request in requests])
        _wait(self._idle)
        jobs = self.queue.jobs(JobState.COMPLETED, len(requests))
        ended, began = (job.ended_at or 0.0 for job in jobs), (job.started_at or 0.0 for job in jobs)
        self.rates.append(len(jobs) / (max(ended) - min(began)))

    def _idle(self) -> bool:
        stats = self.queue.stats()
        return stats.queued + stats.processing == 0


def fleet_figures(
    broker: Broker, settings: Settings, request: str, *, rounds: int
) -> tuple[dict[str, Any], dict[str, dict[str, float]]]:
    """Measure the processes; return the figures, and the jobs a second of one and of two, by their work."""
    with ExitStack() as ends, bare_loops(request) as loops:
        one, two = (ends.enter_context(_fleet(broker, settings, _WORKER, n)) for n in (1, 2))
        idle, idlers = (ends.enter_context(_fleet(broker, settings, _EMPTY_WORKER, n)) for n in (3, 4))
        starts = [one.grow(request), two.grow(request), two.grow(request)]
        for fleet in (idle, idlers, idlers):
            fleet.grow(EMPTY_REQUEST)
        bare = []
        for _ in rounds_of(rounds, "several processes", max_seconds=MAX_SECONDS):
            one.work([request] * JOBS_PER_WORKER)
            two.work([request] * 2 * JOBS_PER_WORKER)
            idle.work([EMPTY_REQUEST] * EMPTY_JOBS)
            idlers.work([EMPTY_REQUEST] * 2 * EMPTY_JOBS)
            bare.append(2 * loops(1) / loops(2))
        rates = [median(fleet.rates) for fleet in (one, two, idle, idlers)]
        twice = median(pair / single for pair, single in zip(two.rates, one.rates, strict=True))
        western, all_scripts = _sizes(one)
    figures = {
        "two_workers": round(twice, 2),
        "two_bare": round(median(bare), 2),
        "worker_start_s": round(median(starts), 2),
        "worker_rss_mb": round(western),
        "worker_rss_unicode_mb": round(all_scripts),
    }
    names = ("process", "processes")
    return figures, {
        "invoice": dict(zip(names, rates[:2], strict=True)),
        "empty": dict(zip(names, rates[2:], strict=True)),
    }


def start_ms(request: str, *, jobs: int) -> float:
    """Return the median milliseconds from a client's 202 until an idle worker starts the job."""
    answered_at = {}
    with Lab(workers=1) as lab:
        connection = HTTPConnection(lab.url.removeprefix("http://"))
        for _ in range(jobs):
            lab.wait()
            time.sleep(_PAUSE)
            connection.request("POST", "/generate-pdf", request, {"Content-Type": "application/json"})
            job_id = json.loads(connection.getresponse().read())["job_id"]
            answered_at[job_id] = time.time()
        connection.close()
        lab.wait()
        events = lab.events()
    started_at = {event.job_id: event.at for event in events if event.state is JobState.PROCESSING}
    return 1_000 * median(started_at[job_id] - answered_at[job_id] for job_id in answered_at)


def submissions(request: str, number: int) -> list[Submission]:
    """Make so many jobs of one request."""
    return [Submission(new_id(), "invoice", request) for _ in range(number)]


@contextmanager
def bare_loops(request: str) -> Iterator[Any]:
    """Start two processes of bare loops; return a function that times n of them at once."""
    command = [sys.executable, "-m", "pdflab.benchmarks.yardsticks", "loop", request, str(JOBS_PER_WORKER)]
    loops = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]

    def run(number: int) -> float:
        for loop in loops[:number]:
            print(file=loop.stdin, flush=True)
        return max(float(loop.stdout.readline()) for loop in loops[:number] if loop.stdout)

    try:
        run(2)
        yield run
    finally:
        for loop in loops:
            loop.communicate()


def _sizes(fleet: WorkerFleet) -> tuple[float, float]:
    """Return a worker's megabytes after documents in Western script, and after those in all scripts."""
    requests = [
        json.dumps(sample_request(kind, seed), ensure_ascii=False) for seed in range(200) for kind in KINDS
    ]
    western = [
        request
        for request in requests
        if request.encode("cp1252", "replace").count(b"?") == request.count("?")
    ]
    beyond = [request for request in requests if request not in western]
    sizes = []
    for some in (western, beyond):
        fleet.work(list(islice(some, SCRIPTS)))
        sizes.append(resident_mb(fleet.workers[0].pid))
    return sizes[0], sizes[1]


@contextmanager
def _fleet(broker: Broker, settings: Settings, words: list[str], database: int) -> Iterator[WorkerFleet]:
    """Yield a fleet without workers, and finally end the workers that were added."""
    url = f"{broker.url}?db={database}"
    own = replace(settings, redis_url=url)
    fleet = WorkerFleet(own, JobQueue(Broker(broker.name, url).client(), own), words)
    try:
        yield fleet
    finally:
        for worker in fleet.workers:
            worker.terminate()
        for worker in fleet.workers:
            end(worker, seconds=settings.grace + 1)


def _wait(condition: Callable[[], bool]) -> None:
    if not wait_until(condition, _TIMEOUT, interval=_POLL_INTERVAL):
        what = f"The workers were not done within {_TIMEOUT:g} s; measure on a quieter machine."
        raise PdfLabError(what)
