"""The queue's yardsticks, as processes of their own: a bare loop, and a worker of empty jobs.

    python -m pdflab.benchmarks.loops bare REQUEST DOCUMENTS    at each line on stdin: render and store so
    many
    python -m pdflab.benchmarks.loops empty                     a worker, set up as `pdflab worker` is

Read next: benchmarks/memory.py.
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
    """Where nothing is stored."""

    def exists(self, job_id: str) -> bool:
        """Have nothing."""
        return False

    def put(self, job_id: str, token: str, pdf: bytes) -> None:
        """Store nothing."""


def nothing(job: Job) -> Rendered:
    """Render nothing."""
    return Rendered(b"", 0)


def make(draw: Render, storage: FolderStorage, request: str) -> None:
    """Render a document and store it: all that a job would cost without a queue."""
    job = Job(new_id(), "invoice", JobState.PROCESSING, request, queued_at=0.0)
    storage.put(job.job_id, new_id(), draw(job).pdf)


def _bare(request: str, documents: int) -> None:
    """Wait for a line, make the documents, and tell how many seconds they took; end with stdin."""
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


def _empty(settings: Settings) -> None:
    queue = JobQueue(Broker("", settings.redis_url).client(), settings)
    worker = Worker(queue, Nothing(settings.storage_folder), render=nothing)
    worker.run(stop_event(guarded=True), lease=settings.lease)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["bare", request, documents]:
            _bare(request, int(documents))
        case _:
            _empty(Settings.from_env(os.environ))
