"""`pdflab bench queue`: the cost of the queue beside rendering and storing, on a private Redis, in one run.

`ping_us` is the ping of a worker, timed in the bare loop between two documents: Redis has slept for some
milliseconds, and the document has replaced the data in the processor's caches.

Read next: pdflab/benchmarks/turns.py.
"""

import json
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

from pdflab.benchmarks import turns
from pdflab.benchmarks.measuring import market_invoice, median_ratio, resident_mb, take_turns
from pdflab.child_process import wait_until
from pdflab.errors import PdfLabError
from pdflab.experiments.figure_table import FigureTable
from pdflab.jobs import JobState, WorkerId
from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.lab.processes import Supervisor
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker, private_broker
from pdflab.settings import Settings

_ROUNDS = 40
_MIN_SHARE = 0.9  # of a core: with less, other programs slowed down the bare loop
JOBS_PER_WORKER = 150  # for each worker process in a round: half a second of invoices
_POLL_INTERVAL = 0.02
_TIMEOUT = 60.0  # seconds that a round may take: the embedded Redis is slow
_COLUMNS = {
    "bare": "bare loop",
    "worker": "one worker",
    "process": "one process",
    "processes": "two processes",
}


def measure(*, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Measure everything: ratios, microseconds, jobs a second, megabytes and round trips."""
    sample = market_invoice("de_DE", 12)  # it needs nothing but the core fonts
    request = json.dumps(sample)
    with TemporaryDirectory(prefix="pdflab-bench-") as name:
        settings = Settings(folder=Path(name), queue_limit=10**6)
        broker = private_broker(settings.folder / "redis")
        try:
            figures = turns.figures_of(turns.time_rounds(broker, settings, request, rounds=rounds))
            figures |= turns.round_trips(broker, settings)
            workers, per_s = _processes(broker, settings, request, rounds=max(1, rounds // 8))
        finally:
            broker.stop()
    figures["per_s"] |= per_s
    about = {"redis": broker.name, "embedded": broker.embedded}
    return figures | workers | about | {"start_ms": round(_start_ms(sample, jobs=max(5, rounds)), 2)}


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table, and a sentence for each target."""
    f, pings = figures, 1e6 / figures["ping_us"]
    yield f"on {f['redis']}"
    row = ("invoice, 12 lines", *(f"{f['per_s'][column]:,.0f}" for column in _COLUMNS))
    yield FigureTable(("jobs per second", *_COLUMNS.values()), [row])
    if f["embedded"]:
        yield "The embedded Redis is slow: install redis-server and measure again."
    if f["core_share"] < _MIN_SHARE:
        share = f"{f['core_share']:.0%}"
        yield f"The machine is busy: the bare loop had {share} of a core. Measure again when it is quiet."
    yield f"one worker makes {f['efficiency']:.1%} of the bare loop (aim 85 %; 97 % where a ping takes 50 µs)"
    yield f"a ping takes {f['ping_us']} µs between two documents"
    yield f"beside rendering and storing, a job costs {f['overhead_pings']} pings (at most 2)"
    yield f"{f['empty_jobs_per_s']:,} empty jobs per second (at least {pings / 2:,.0f}: half the pings)"
    yield f"two worker processes make {f['two_workers']} times what one makes (at least 1.8)"
    yield f"  and two bare loops at once {f['two_bare']} times what one makes: so much the machine allows"
    yield f"{f['batch_per_s']:,} per second are enqueued in batches of {turns.BATCH:,} (at least 10,000)"
    yield f"an idle worker starts {f['start_ms']} ms after the 202 (at most 5; below 0: before it was read)"
    yield f"a worker has {f['worker_rss_mb']} MB (under 80)"
    yield f"round trips: {f['round_trips_enqueue']} to enqueue, {f['round_trips_busy']:g} per job when busy"


def _processes(
    broker: Broker, settings: Settings, request: str, *, rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Measure the processes; return the figures, and the jobs a second of one and of two."""
    pool = ProcessPoolExecutor(2, get_context("spawn"))
    with pool, _workers(broker, settings, 1) as one, _workers(broker, settings, 2) as two:
        contenders = {
            "process": partial(_rate, one, request, 1),
            "processes": partial(_rate, two, request, 2),
            "loop": partial(_bare_rate, pool, request, 1),
            "loops": partial(_bare_rate, pool, request, 2),
        }
        for warm_up in contenders.values():
            warm_up()
        rates = take_turns(contenders, rounds, max_seconds=turns.MAX_SECONDS)
        size = resident_mb(WorkerId.parse(one.workers()[0].worker).pid)
    figures = {
        "two_workers": round(median_ratio(rates["processes"], rates["process"]), 2),
        "two_bare": round(median_ratio(rates["loops"], rates["loop"]), 2),
        "worker_rss_mb": round(size),
    }
    return figures, {name: median(rates[name]) for name in ("process", "processes")}


def _start_ms(request: dict[str, Any], *, jobs: int) -> float:
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
    queue.enqueue(turns.submissions(request, workers * JOBS_PER_WORKER))
    _await(lambda: queue.stats().queued + queue.stats().processing == 0)
    jobs = queue.jobs(JobState.COMPLETED, workers * JOBS_PER_WORKER)
    ended, began = (job.ended_at or 0.0 for job in jobs), (job.started_at or 0.0 for job in jobs)
    return len(jobs) / (max(ended) - min(began))


def _bare_rate(pool: ProcessPoolExecutor, request: str, loops: int) -> float:
    """Run one or two bare loops at once, each in its own process; return the documents per second."""
    jobs = loops * [JOBS_PER_WORKER]
    return sum(jobs) / max(pool.map(_bare_loop, loops * [request], jobs))


def _bare_loop(request: str, documents: int) -> float:
    """Make so many documents without a queue; return the seconds."""
    with TemporaryDirectory(prefix="pdflab-bench-") as folder:
        document = partial(turns.make, *turns.render_and_store(Settings(folder=Path(folder))), request)
        document()
        return sum(turns.timed(document) for _ in range(documents))


def _await(condition: Callable[[], bool]) -> None:
    if not wait_until(condition, _TIMEOUT, interval=_POLL_INTERVAL):
        what = f"The workers were not done within {_TIMEOUT:g} s; measure on a quieter machine."
        raise PdfLabError(what)
