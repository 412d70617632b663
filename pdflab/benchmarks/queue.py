"""`pdflab bench queue`: the cost of the queue beside rendering and storing, on a private Redis, in one run.

`ping_us` is the ping of a worker, timed in the bare loop between two documents: Redis has slept for some
milliseconds, and the document has replaced the data in the processor's caches.

Read next: pdflab/benchmarks/turns.py, pdflab/benchmarks/workers.py.
"""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pdflab.benchmarks.turns import BATCH, figures_of, round_trips, take_turns
from pdflab.benchmarks.workers import start_ms, worker_figures
from pdflab.documents.kinds import sample_request
from pdflab.experiments.figure_table import FigureTable
from pdflab.service.jobqueue.redis_server import private_broker
from pdflab.settings import Settings

_ROUNDS = 40
_MIN_SHARE = 0.9  # of a core: with less, other programs slowed down the bare loop
_COLUMNS = {
    "bare": "bare loop",
    "worker": "one worker",
    "process": "one process",
    "processes": "two processes",
}


def measure(*, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Measure everything: ratios, microseconds, jobs a second, megabytes and round trips."""
    request = json.dumps(invoice())
    with TemporaryDirectory(prefix="pdflab-bench-") as name:
        settings = Settings(folder=Path(name), queue_limit=10**6)
        broker = private_broker(settings.folder / "redis")
        try:
            figures = figures_of(take_turns(broker, settings, request, rounds=rounds))
            figures |= round_trips(broker, settings)
            workers, per_s = worker_figures(broker, settings, request, rounds=max(1, rounds // 8))
        finally:
            broker.stop()
    figures["per_s"] |= per_s
    about = {"redis": broker.name, "embedded": broker.embedded}
    return figures | workers | about | {"start_ms": round(start_ms(invoice(), jobs=max(5, rounds)), 2)}


def invoice() -> dict[str, Any]:
    """Return the first sample invoice of 12 lines from Germany: it needs nothing but the core fonts."""
    invoices = (sample_request("invoice", seed, lines=12) for seed in count())
    return next(one for one in invoices if one["locale"] == "de_DE")


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
    yield f"{f['batch_per_s']:,} per second are enqueued in batches of {BATCH:,} (at least 10,000)"
    yield f"an idle worker starts {f['start_ms']} ms after the 202 (at most 5; below 0: before it was read)"
    yield f"a worker has {f['worker_rss_mb']} MB (under 80)"
    yield f"round trips: {f['round_trips_enqueue']} to enqueue, {f['round_trips_busy']:g} per job when busy"
