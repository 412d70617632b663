"""The queue's costs inside one process: the bare loop, a worker, pings and batches take turns.

A slow moment of the machine affects all of them. Ratios compare within a round, and the median round counts.
The first document of a turn does not count: the processor's caches are cold.

Read next: pdflab/service/worker/worker.py.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

from pdflab.benchmarks.measuring import rounds_of
from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import Submission, new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.base import Storage
from pdflab.service.storage.configured import configured_storage
from pdflab.service.worker.font_files import find_fonts
from pdflab.service.worker.worker import Render, Worker, renderer
from pdflab.settings import Settings

BATCH = 1_000
MAX_SECONDS = 18.0  # of all rounds, on a slow or busy machine
_PER_TURN = 10  # in a turn of the bare loop, and of the worker
_EMPTY_JOBS = 100  # empty jobs in a turn: they are much faster
_EMPTY_REQUEST = "{}"
_CLOCK = time.perf_counter


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds in one round: the median document, cycle, overhead and ping, and the mean of the others."""

    bare: float
    cycle: float  # from one document's start to the next one's
    overhead: float  # of a cycle, beside rendering and storing
    ping: float
    empty: float
    batch: float
    core_share: float  # that the bare loop had, no seconds


@dataclass(slots=True)
class TimedWork:
    """A worker's renderer and storage; it records when each document began, and how long both took."""

    draw: Render
    storage: Storage
    began: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def render(self, job: Job) -> Rendered:
        self.began.append(_CLOCK())
        rendered = self.draw(job)
        self.worked.append(_CLOCK() - self.began[-1])
        return rendered

    def exists(self, job_id: str) -> bool:
        return self.storage.exists(job_id)

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        self.worked[-1] += timed(lambda: self.storage.put(job_id, token, pdf))


class NoWork:
    """A worker's renderer and storage that do nothing: what remains is the queue."""

    def render(self, job: Job) -> Rendered:
        return Rendered(b"", 0)

    def exists(self, job_id: str) -> bool:
        return False

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store nothing."""


def time_rounds(broker: Broker, settings: Settings, request: str, *, rounds: int) -> list[Turn]:
    """Time each contender once in each round, after a warm-up."""
    queue, ping = JobQueue(broker.client(), settings), broker.client().ping
    draw, storage = render_and_store(settings)
    turns = []
    for _ in rounds_of(rounds + 1, "one process", max_seconds=MAX_SECONDS):
        turns.append(_take_turn(queue, ping, TimedWork(draw, storage), request))
        broker.client().flushdb()
    return turns[1:]


def figures_of(turns: list[Turn]) -> dict[str, Any]:
    """Return the ratios, microseconds, and jobs per second."""
    return {
        "efficiency": round(median(turn.bare / turn.cycle for turn in turns), 3),
        "ping_us": round(1e6 * median(turn.ping for turn in turns)),
        "overhead_pings": round(median(turn.overhead / turn.ping for turn in turns), 2),
        "empty_jobs_per_s": round(1 / median(turn.empty for turn in turns)),
        "batch_per_s": round(1 / median(turn.batch for turn in turns)),
        "core_share": round(median(turn.core_share for turn in turns), 2),
        "per_s": {
            "bare": 1 / median(turn.bare for turn in turns),
            "worker": 1 / median(turn.cycle for turn in turns),
        },
    }


def round_trips(broker: Broker, settings: Settings) -> dict[str, float]:
    """Count the commands of enqueueing a batch, and those of one more job for a busy worker."""
    client = broker.client()
    queue = JobQueue(client, settings)
    worker = _worker(queue, NoWork())
    sent = _commands_of(client)
    counts = []
    for size in (10, 30):
        queue.prepare()
        sent.clear()
        queue.enqueue(submissions(_EMPTY_REQUEST, size))
        enqueue = len(sent)
        worker.run_once(0.1)
        counts.append(len(sent) - enqueue)
    return {"round_trips_enqueue": enqueue, "round_trips_busy": (counts[1] - counts[0]) / 20}


def submissions(request: str, number: int) -> list[Submission]:
    """Make so many jobs of one request."""
    return [Submission(new_id(), "invoice", request) for _ in range(number)]


def render_and_store(settings: Settings) -> tuple[Render, Storage]:
    """Return the renderer and the storage of a worker with these settings."""
    storage = configured_storage(settings)
    storage.prepare()
    return renderer(find_fonts()), storage


def make(draw: Render, storage: Storage, request: str) -> None:
    """Render a document and store it: the whole cost of a job without a queue."""
    job = Job(new_id(), "invoice", JobState.PROCESSING, request, queued_at=0.0)
    storage.put(job.job_id, new_id(), draw(job).pdf)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = _CLOCK()
    work()
    return _CLOCK() - began


def _take_turn(queue: JobQueue, ping: Callable[[], object], work: TimedWork, request: str) -> Turn:
    document = partial(make, work.draw, work.storage, request)
    began, cpu_began = _CLOCK(), time.thread_time()
    bare = [timed(document) for _ in range(1 + _PER_TURN)][1:]
    core_share = (time.thread_time() - cpu_began) / (_CLOCK() - began)
    pings = []
    for _ in range(_PER_TURN):
        document()
        pings.append(timed(ping))
    cycles, overheads = _time_worker(queue, work, request)
    queue.enqueue(submissions(_EMPTY_REQUEST, _EMPTY_JOBS))
    empty = timed(_worker(queue, NoWork()).run_once) / _EMPTY_JOBS
    jobs = submissions(request, BATCH)
    batch = timed(lambda: queue.enqueue(jobs)) / BATCH
    return Turn(median(bare), median(cycles), median(overheads), median(pings), empty, batch, core_share)


def _time_worker(queue: JobQueue, work: TimedWork, request: str) -> tuple[list[float], list[float]]:
    """Time a worker on a queue; return the seconds of each cycle, and those beside rendering and storing."""
    queue.enqueue(submissions(request, _PER_TURN + 2))
    _worker(queue, work).run_once()
    cycles = [after - before for before, after in pairwise(work.began[1:])]
    return cycles, [cycle - worked for cycle, worked in zip(cycles, work.worked[1:-1], strict=True)]


def _worker(queue: JobQueue, work: Any) -> Worker:
    """Return a worker; of its storage it calls no more than `exists` and `put`."""
    return Worker(queue, work, render=work.render)


def _commands_of(client: Any) -> list[str]:
    """Return the names of the commands that a client sends from now on: each is a round trip."""
    sent: list[str] = []
    execute = client.execute_command

    def execute_noted(*arguments: Any, **options: Any) -> Any:
        sent.append(arguments[0])
        return execute(*arguments, **options)

    client.execute_command = execute_noted
    return sent
