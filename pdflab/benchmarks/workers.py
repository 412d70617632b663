"""Real worker processes: the speed of two against one, their memory, and how soon an idle one starts a job.

One worker and two workers have a database each in the same Redis; one is idle while the others work. Rates
come from the records, from the first job's start to the last one's end by Redis' clock.

Read next: pdflab/lab/processes.py.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from pdflab.benchmarks.measuring import resident_mb, rounds_of
from pdflab.benchmarks.turns import MAX_SECONDS, make, render_and_store, submissions, timed
from pdflab.child_process import wait_until
from pdflab.errors import PdfLabError
from pdflab.jobs import JobState, WorkerId
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.lab.processes import Supervisor
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

JOBS_PER_WORKER = 150  # for each worker in a round: half a second of invoices
_POLL_INTERVAL = 0.02
_TIMEOUT = 60.0  # seconds that a round may take: the embedded Redis is slow


def worker_figures(
    broker: Broker, settings: Settings, request: str, *, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Measure the processes; return the figures, and the jobs a second of one and of two."""
    singles, pairs, bare = [], [], []
    with _workers(broker, settings, 1) as one, _workers(broker, settings, 2) as two, _loops(request) as loops:
        _rate(one, request, 1), _rate(two, request, 2), loops(2)  # warm-up
        for _ in rounds_of(rounds, "several processes", max_seconds=MAX_SECONDS):
            singles.append(_rate(one, request, 1))
            pairs.append(_rate(two, request, 2))
            bare.append(2 * loops(1) / loops(2))
        size = resident_mb(WorkerId.parse(one.workers()[0].worker).pid)
    figures = {
        "two_workers": round(median(pair / single for pair, single in zip(pairs, singles, strict=True)), 2),
        "two_bare": round(median(bare), 2),
        "worker_rss_mb": round(size),
    }
    return figures, {"process": median(singles), "processes": median(pairs)}


def start_ms(request: dict[str, Any], *, jobs: int) -> float:
    """Return the median milliseconds from a client's 202 until an idle worker starts the job."""
    answered_at = {}
    with Lab(workers=1) as lab:
        for _ in range(jobs):
            answer = send_request(lab.url, "/generate-pdf", method="POST", body=request)
            answered_at[answer.json()["job_id"]] = time.time()
            lab.wait()
        started_at = {event.job_id: event.at for event in lab.events() if event.state is JobState.PROCESSING}
    return 1_000 * median(started_at[job_id] - at for job_id, at in answered_at.items())


@contextmanager
def _workers(broker: Broker, settings: Settings, number: int) -> Iterator[JobQueue]:
    """Run so many workers on a database of their own, and yield its queue."""
    url = f"{broker.url}?db={number}"
    own = replace(settings, redis_url=url)
    queue = JobQueue(Broker(broker.name, url).client(), own)
    supervisor = Supervisor(own, revive_broker=broker.revive)
    try:
        for worker in range(number):
            supervisor.start(f"worker-{worker + 1}-of-{number}", "worker")
        _await(lambda: queue.stats().workers == number)
        yield queue
    finally:
        supervisor.stop()


def _rate(queue: JobQueue, request: str, workers: int) -> float:
    """Process a queue; return the jobs per second."""
    queue.enqueue(submissions(request, workers * JOBS_PER_WORKER))
    _await(lambda: queue.stats().queued + queue.stats().processing == 0)
    jobs = queue.jobs(JobState.COMPLETED, workers * JOBS_PER_WORKER)
    ended, began = (job.ended_at or 0.0 for job in jobs), (job.started_at or 0.0 for job in jobs)
    return len(jobs) / (max(ended) - min(began))


@contextmanager
def _loops(request: str) -> Iterator[Callable[[int], float]]:
    """Yield a function that runs one or two bare loops at once, each in its own process, and times them."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield lambda count: max(pool.map(_bare_loop, count * [request], count * [JOBS_PER_WORKER]))


def _bare_loop(request: str, documents: int) -> float:
    """Make so many documents without a queue; return the seconds."""
    with TemporaryDirectory(prefix="pdflab-bench-") as folder:
        document = partial(make, *render_and_store(Settings(folder=Path(folder))), request)
        document()
        return sum(timed(document) for _ in range(documents))


def _await(condition: Callable[[], bool]) -> None:
    if not wait_until(condition, _TIMEOUT, interval=_POLL_INTERVAL):
        what = f"The workers were not done within {_TIMEOUT:g} s; measure on a quieter machine."
        raise PdfLabError(what)
