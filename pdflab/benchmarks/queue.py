"""`pdflab bench queue`: the cost of the queue beside rendering and storing, on a private Redis, in one run.

`ping_us` is the ping of a worker, timed in the bare loop between two documents: Redis has slept for some
milliseconds, and the document has replaced the data in the processor's caches.

Read next: pdflab/benchmarks/turns.py.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from pdflab.benchmarks import turns
from pdflab.benchmarks.measuring import market_invoice, median_ratio, resident_mb, take_turns
from pdflab.experiments.figure_table import FigureTable
from pdflab.jobs import JobState, WorkerId
from pdflab.lab import Lab
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

JOBS_PER_WORKER = 150  # for each worker process in a round: half a second of invoices
_COLUMNS = {
    "bare": "bare loop",
    "worker": "one worker",
    "process": "one process",
    "processes": "two processes",
}


def measure(*, rounds: int = 40) -> dict[str, Any]:
    """Measure everything: ratios, microseconds, jobs a second, megabytes and round trips."""
    sample = market_invoice("de_DE", 12)  # it needs nothing but the core fonts
    request = json.dumps(sample)
    with Lab(workers=1) as one:
        broker = Broker(one.broker.name, f"{one.broker.url}?db=1")  # a database without a worker
        settings = replace(one.settings, folder=one.folder / "bare")
        figures: dict[str, Any] = turns.medians(turns.time_rounds(broker, settings, request, rounds=rounds))
        figures |= turns.round_trips(broker, settings)
        with Lab(workers=2) as two:
            rates = _rates(one, two, request, rounds=max(1, rounds // 8))
        figures["start_ms"] = round(_start_ms(one, sample, jobs=max(5, rounds)), 2)
        figures["worker_rss_mb"] = round(resident_mb(WorkerId.parse(one.workers()[0].worker).pid))
        figures["redis"] = one.redis
    per_s = {name: figures.pop(name) for name in ("bare", "worker")}
    return figures | {
        "two_workers": round(median_ratio(rates["processes"], rates["process"]), 2),
        "two_bare": round(median_ratio(rates["loops"], rates["loop"]), 2),
        "per_s": per_s | {name: median(rates[name]) for name in ("process", "processes")},
    }


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table, and a sentence for each target."""
    f, pings = figures, 1e6 / figures["ping_us"]
    yield f"on {f['redis']}"
    row = ("invoice, 12 lines", *(f"{f['per_s'][column]:,.0f}" for column in _COLUMNS))
    yield FigureTable(("jobs per second", *_COLUMNS.values()), [row])
    yield f"one worker makes {f['efficiency']:.1%} of the bare loop (aim 88 %; 97 % where a ping takes 50 µs)"
    yield f"a ping takes {f['ping_us']} µs between two documents"
    yield f"beside rendering and storing, a job costs {f['overhead_pings']} pings (at most 2)"
    yield f"{f['empty_jobs_per_s']:,} empty jobs per second (at least {pings / 2:,.0f}: half the pings)"
    yield f"two worker processes make {f['two_workers']} times what one makes (at least 1.8)"
    yield f"  and two bare loops at once {f['two_bare']} times what one makes: so much the machine allows"
    yield f"{f['batch_per_s']:,} per second are enqueued in batches of {turns.BATCH:,} (at least 10,000)"
    yield f"an idle worker starts {f['start_ms']} ms after the 202 (at most 5; below 0: before it was read)"
    yield f"a worker has {f['worker_rss_mb']} MB (aim 70)"
    yield f"round trips: {f['round_trips_enqueue']} to enqueue, {f['round_trips_busy']:g} per job when busy"


def _rates(one: Lab, two: Lab, request: str, *, rounds: int) -> dict[str, list[float]]:
    """Return the documents per second of one and two worker processes, and of as many bare loops."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        contenders = {
            "process": partial(_rate, one, request),
            "processes": partial(_rate, two, request),
            "loop": partial(_bare_rate, pool, request, 1),
            "loops": partial(_bare_rate, pool, request, 2),
        }
        for warm_up in contenders.values():
            warm_up()
        return take_turns(contenders, rounds, max_seconds=turns.MAX_SECONDS)


def _start_ms(lab: Lab, request: dict[str, Any], *, jobs: int) -> float:
    """Return the median milliseconds from a client's 202 until an idle worker starts the job."""
    for _ in range(jobs):
        lab.document("invoice", **request)
        lab.wait()
    started_at = {event.job_id: event.at for event in lab.events() if event.state is JobState.PROCESSING}
    answered_at = {send.job_id: send.answered_at or 0.0 for send in lab.sends() if send.job_id}
    return 1_000 * median(started_at[job_id] - at for job_id, at in answered_at.items())


def _rate(lab: Lab, request: str) -> float:
    """Process a queue; return the jobs per second, by Redis' clock."""
    number = lab.settings.workers * JOBS_PER_WORKER
    JobQueue(lab.broker.client(), lab.settings).enqueue(turns.submissions(request, number))
    lab.wait()
    jobs = lab.queue.page(JobState.COMPLETED, number).jobs
    ended, began = (job.ended_at or 0.0 for job in jobs), (job.started_at or 0.0 for job in jobs)
    return number / (max(ended) - min(began))


def _bare_rate(pool: ProcessPoolExecutor, request: str, loops: int) -> float:
    """Run one or two bare loops at once, each in its own process; return the documents per second."""
    return sum(pool.map(_bare_loop, loops * [request], loops * [JOBS_PER_WORKER]))


def _bare_loop(request: str, documents: int) -> float:
    """Make so many documents without a queue; return how many per second."""
    with TemporaryDirectory(prefix="pdflab-bench-") as folder:
        document = partial(turns.make, *turns.render_and_store(Settings(folder=Path(folder))), request)
        document()
        return documents / sum(turns.timed(document) for _ in range(documents))
