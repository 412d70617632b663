"""The yardsticks in separate processes: a bare loop, a worker of empty jobs, a bare Flask view.

    python -m pdflab.benchmarks.yardsticks loop REQUEST DOCUMENTS    at each line on stdin, make so many
    python -m pdflab.benchmarks.yardsticks worker                    set up as `pdflab worker` is
    python -m pdflab.benchmarks.yardsticks flask FD                  served as the API is

Read next: pdflab/benchmarks/measuring.py.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from pdflab.child_process import stop_event
from pdflab.documents.typesetting.page import Rendered
from pdflab.jobs import Job, JobState
from pdflab.service.jobqueue.base import new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.font_files import find_fonts
from pdflab.service.worker.worker import Render, Worker, renderer
from pdflab.settings import Settings


class Nothing(FolderStorage):
    """A storage that stores nothing."""

    def exists(self, job_id: str) -> bool:
        """Return False."""
        return False

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store nothing."""


def nothing(job: Job) -> Rendered:
    """Render nothing."""
    return Rendered(b"", 0)


def make(draw: Render, storage: FolderStorage, request: str) -> None:
    """Render a document and store it: the whole cost of a job without a queue."""
    job = Job(new_id(), "invoice", JobState.PROCESSING, request, queued_at=0.0)
    storage.put(job.job_id, new_id(), draw(job).pdf)


def _loop(request: str, documents: int) -> None:
    """At each line on stdin, make the documents and print how many seconds they took."""
    draw = renderer(find_fonts())
    with TemporaryDirectory(prefix="pdflab-bench-") as folder:
        storage = FolderStorage(Path(folder))
        storage.prepare()
        for _ in sys.stdin:
            began = time.perf_counter()
            for _ in range(documents):
                make(draw, storage, request)
            sys.stdout.write(f"{time.perf_counter() - began}\n")
            sys.stdout.flush()


def _worker(settings: Settings) -> None:
    queue = JobQueue(Broker("", settings.redis_url).client(), settings)
    worker = Worker(queue, Nothing(settings.storage_folder), render=nothing)
    worker.run(stop_event(guarded=True), lease=settings.lease)


def _flask(fd: int) -> None:
    from flask import Flask

    from pdflab.service.http.server import listener, serve_http

    app = Flask("bare")

    @app.post("/generate-pdf")
    def answer() -> tuple[dict[str, str], int]:
        return {"job_id": "0" * 32, "state": "QUEUED"}, 202

    serve_http(app, listener(fd), stop_event(guarded=True), threads=8)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["loop", request, documents]:
            _loop(request, int(documents))
        case ["flask", fd]:
            _flask(int(fd))
        case _:
            _worker(Settings.from_env(os.environ))
