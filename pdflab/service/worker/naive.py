"""The tutorial's worker: BRPOP, render, write, done. It works, until something goes wrong.

It claims nothing, so nobody knows whose a job is; it holds no lease, so nobody notices that it died; it
sweeps nothing, so what was lost stays lost; it writes to the file that readers read. `pdflab chaos --naive`
counts what that costs. It is here to be compared with service/worker/worker.py.

Read next: service/worker/worker.py.
"""

import logging
import os
import socket
import time
from threading import Event

from pdflab.errors import PdfLabError
from pdflab.jobs import JobState, WorkerId
from pdflab.service.jobqueue.base import WorkerStatus, new_id
from pdflab.service.jobqueue.jobqueue import JobQueue
from pdflab.service.storage.folder import FolderStorage
from pdflab.service.worker.worker import Render

_log = logging.getLogger(__name__)


class NaiveWorker:
    """Takes a job, renders it and says so, for one job at a time."""

    def __init__(self, queue: JobQueue, storage: FolderStorage, *, render: Render) -> None:
        self.worker_id = str(WorkerId(socket.gethostname(), os.getpid(), new_id()[:8], naive=True))
        self._queue = queue
        self._storage = storage
        self._render = render

    def run(self, stop: Event) -> None:
        """Work until `stop` is set. What goes wrong with a job is written down, and the next one taken."""
        while not stop.is_set():
            try:
                self.run_once()
            except PdfLabError as error:
                _log.warning("%s", error)
                stop.wait(0.1)

    def run_once(self, timeout: float = 1.0) -> int:
        """Take one job and make its PDF; return how many were done."""
        self._be_seen(None)
        job_id = self._queue.take(timeout)  # from here on, it exists in our memory alone
        if job_id is None:
            return 0
        self._be_seen(job_id)
        self._queue.naive_transition(job_id, JobState.PROCESSING, self.worker_id)
        job = self._queue.get(job_id)
        if job is None:
            return 0
        pdf = self._render(job).pdf
        self._storage.overwrite(job_id, pdf)
        self._queue.naive_transition(job_id, JobState.COMPLETED, self.worker_id)
        return 1

    def _be_seen(self, job_id: str | None) -> None:
        """Stand in the registry, as every worker does; nobody does anything about who vanishes from it."""
        self._queue.renew(WorkerStatus(self.worker_id, time.time(), job_id))
