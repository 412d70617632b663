"""The queue's costs inside one process: the bare loop, a worker, pings and batches take turns.

The first document of a turn does not count: the processor's caches are cold.

Read next: pdflab/service/worker/worker.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
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
_DIGITS = {"efficiency": 3, "overhead_pings": 2}  # of the others, none


@dataclass(slots=True)
class TimedWork:
    """A worker's renderer and storage; it records when each document began, and how long both took."""

    draw: Render
    storage: Storage
    began: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def render(self, job: Job) -> Rendered:
        self.began.append(perf_counter())
        rendered = self.draw(job)
        self.worked.append(perf_counter() - self.began[-1])
        return rendered

    def exists(self, job_id: str) -> bool:
        return self.storage.exists(job_id)

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        self.worked[-1] += timed(lambda: self.storage.put(job_id, token, pdf))


class AllStored:
    """A storage that has every PDF: a worker renders and stores nothing, and what remains is the queue."""

    render = None

    def exists(self, job_id: str) -> bool:
        return True


def time_rounds(broker: Broker, settings: Settings, request: str, *, rounds: int) -> list[dict[str, float]]:
    """Time each contender once in each round, after a warm-up; return the figures of each round."""
    client = broker.client(alone=True)  # as a worker has it
    queue = JobQueue(client, settings)
    draw, storage = render_and_store(settings)
    turns = []
    for _ in rounds_of(rounds + 1, "one process", max_seconds=MAX_SECONDS):
        turns.append(_take_turn(queue, client.ping, TimedWork(draw, storage), request))
        client.flushdb()
    return turns[1:]


def medians(turns: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure: a ratio compares within a round, at one speed of the machine."""
    return {name: round(median(turn[name] for turn in turns), _DIGITS.get(name)) for name in turns[0]}


def round_trips(broker: Broker, settings: Settings) -> dict[str, float]:
    """Count the commands of enqueueing a batch, and those of one more job for a busy worker."""
    client = broker.client()
    queue = JobQueue(client, settings)
    worker = _worker(queue, AllStored())
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
    began = perf_counter()
    work()
    return perf_counter() - began


def _take_turn(
    queue: JobQueue, ping: Callable[[], object], work: TimedWork, request: str
) -> dict[str, float]:
    """Return the figures of a round. Of documents, cycles and pings the median counts."""
    document = partial(make, work.draw, work.storage, request)
    bare = median([timed(document) for _ in range(1 + _PER_TURN)][1:])
    pings = []
    for _ in range(_PER_TURN):
        document()
        pings.append(timed(ping))
    queue.enqueue(submissions(request, _PER_TURN + 2))
    _worker(queue, work).run_once()
    cycles = [after - before for before, after in pairwise(work.began[1:])]
    overheads = [cycle - worked for cycle, worked in zip(cycles, work.worked[1:-1], strict=True)]
    queue.enqueue(submissions(_EMPTY_REQUEST, _EMPTY_JOBS))
    empty = timed(_worker(queue, AllStored()).run_once)
    jobs = submissions(request, BATCH)
    return {
        "bare": 1 / bare,
        "worker": 1 / median(cycles),
        "efficiency": bare / median(cycles),
        "ping_us": 1e6 * median(pings),
        "overhead_pings": median(overheads) / median(pings),
        "empty_jobs_per_s": _EMPTY_JOBS / empty,
        "batch_per_s": BATCH / timed(lambda: queue.enqueue(jobs)),
    }


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
