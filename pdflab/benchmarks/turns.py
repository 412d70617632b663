"""The queue's costs inside one process: the bare loop, a worker, pings and batches take turns.

A slow moment of the machine affects all of them. Ratios compare within a round, and the median round counts.
The first document of a turn does not count: the processor's caches are cold.

Read next: pdflab/benchmarks/fleet.py.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from pdflab.benchmarks.fleet import EMPTY_REQUEST, MAX_SECONDS, submissions
from pdflab.benchmarks.measuring import rounds_of
from pdflab.benchmarks.yardsticks import Nothing, make, nothing
from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Job
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.font_files import find_fonts
from pdflab.service.worker.worker import Render, Worker, renderer
from pdflab.settings import Settings

_PER_TURN = 10  # in a turn of the bare loop, and of the worker
_EMPTY_JOBS = 100  # empty jobs in a turn: they are much faster
BATCH = 1_000
_CLOCK = time.perf_counter


class TimedWork(FolderStorage):
    """A renderer and a storage that record when each document began, and how long both took."""

    def __init__(self, folder: Path, draw: Render) -> None:
        super().__init__(folder)
        self._draw = draw
        self.began: list[float] = []
        self.worked: list[float] = []

    def render(self, job: Job) -> Rendered:
        """Render it."""
        self.began.append(_CLOCK())
        rendered = self._draw(job)
        self.worked.append(_CLOCK() - self.began[-1])
        return rendered

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store it."""
        began = _CLOCK()
        super().put(job_id, token, pdf)
        self.worked[-1] += _CLOCK() - began


@dataclass(slots=True)
class Seconds:
    """Timings in seconds: each document, ping and batch, and the mean empty job of each round."""

    bare: list[float] = field(default_factory=list)
    cycle: list[float] = field(default_factory=list)
    overhead: list[float] = field(default_factory=list)
    ping: list[float] = field(default_factory=list)
    hot: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    batch: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)  # of a core that the bare loop had, no seconds


def take_turns(broker: Broker, settings: Settings, request: str, *, rounds: int) -> Seconds:
    """Time each contender once in each round; the first round is a warm-up."""
    queue, draw = JobQueue(broker.client(), settings), renderer(find_fonts())
    storage = FolderStorage(settings.storage_folder)
    storage.prepare()
    ping = broker.client().ping
    for turn in rounds_of(rounds + 1, "one process", max_seconds=MAX_SECONDS):
        if turn < 2:
            took = Seconds()
        began = _CLOCK(), time.thread_time()
        took.bare += _time_bare_loop(draw, storage, request)
        took.share.append((time.thread_time() - began[1]) / (_CLOCK() - began[0]))
        took.ping += _time_bare_loop(draw, storage, request, ping=ping)
        _time_worker(queue, TimedWork(settings.storage_folder, draw), request, took)
        took.empty.append(_time_empty(queue, settings.storage_folder))
        took.hot += [_timed(ping) for _ in range(_PER_TURN)]
        took.batch.append(_time_batch(queue, request))
        broker.client().flushdb()
    return took


def figures_of(took: Seconds) -> dict[str, Any]:
    """Return the ratios, microseconds, and jobs per second."""
    bare, cycle, ping, overhead = (median(s) for s in (took.bare, took.cycle, took.ping, took.overhead))
    empty = 1 / median(took.empty)
    return {
        "efficiency": round(_ratio(took.bare, took.cycle), 3),
        "ping_us": round(1e6 * ping),
        "ping_hot_us": round(1e6 * median(took.hot)),
        "overhead_us": round(1e6 * overhead),
        "overhead_pings": round(_ratio(took.overhead, took.ping), 2),
        "empty_jobs_per_s": round(empty),
        "batch_per_s": round(1 / median(took.batch)),
        "core_share": round(median(took.share), 2),
        "per_s": {"invoice": {"bare": 1 / bare, "worker": 1 / cycle}, "empty": {"worker": empty}},
    }


def round_trips(broker: Broker, settings: Settings) -> dict[str, float]:
    """Count the commands of enqueueing a batch, and those of one more job for a busy worker."""
    client = broker.client()
    queue = JobQueue(client, settings)
    worker = Worker(queue, Nothing(settings.storage_folder), render=nothing)
    sent = _commands_of(client)
    counts = []
    for size in (10, 30):
        queue.prepare()
        sent.clear()
        queue.enqueue(submissions(EMPTY_REQUEST, size))
        enqueue = len(sent)
        worker.run_once(0.1)
        counts.append(len(sent) - enqueue)
    return {"round_trips_enqueue": enqueue, "round_trips_busy": (counts[1] - counts[0]) / 20}


def _time_bare_loop(
    draw: Render, storage: FolderStorage, request: str, *, ping: Callable[[], object] | None = None
) -> list[float]:
    """Render and store documents; return the seconds of each, or those of the ping after each."""
    seconds = []
    make(draw, storage, request)
    for _ in range(_PER_TURN):
        document = _timed(lambda: make(draw, storage, request))
        seconds.append(_timed(ping) if ping else document)
    return seconds


def _time_worker(queue: JobQueue, watched: TimedWork, request: str, took: Seconds) -> None:
    """Time a worker on a queue; a cycle lasts from one document's start to the next one's."""
    queue.enqueue(submissions(request, _PER_TURN + 2))
    Worker(queue, watched, render=watched.render).run_once()
    cycles = [after - before for before, after in pairwise(watched.began[1:])]
    took.cycle += cycles
    took.overhead += [cycle - worked for cycle, worked in zip(cycles, watched.worked[1:-1], strict=True)]


def _time_empty(queue: JobQueue, folder: Path) -> float:
    queue.enqueue(submissions(EMPTY_REQUEST, _EMPTY_JOBS))
    worker = Worker(queue, Nothing(folder), render=nothing)
    return _timed(worker.run_once) / _EMPTY_JOBS


def _time_batch(queue: JobQueue, request: str) -> float:
    jobs = submissions(request, BATCH)
    return _timed(lambda: queue.enqueue(jobs)) / BATCH


def _ratio(ones: Sequence[float], others: Sequence[float]) -> float:
    """Return the median ratio; each compares within a round, at the same speed of the machine."""
    rounds = range(0, len(ones), _PER_TURN)
    return median(median(ones[r : r + _PER_TURN]) / median(others[r : r + _PER_TURN]) for r in rounds)


def _timed(work: Callable[[], object]) -> float:
    began = _CLOCK()
    work()
    return _CLOCK() - began


def _commands_of(client: Any) -> list[str]:
    """Return the names of the commands that a client sends from now on: each is a round trip."""
    sent: list[str] = []
    execute = client.execute_command

    def execute_noted(*arguments: Any, **options: Any) -> Any:
        sent.append(arguments[0])
        return execute(*arguments, **options)

    client.execute_command = execute_noted
    return sent
