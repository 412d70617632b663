"""The worker of most tutorials: BRPOP, render, write, done. It works until something fails.

Without a claim, a job has no owner. Without a lease, a dead worker stays undetected. Without a sweep, a lost
job stays lost. `pdflab chaos --naive` counts the cost.

Read next: pdflab/service/worker/worker.py, which does all that.
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
from pdflab.service.storage.base import Storage
from pdflab.service.worker.worker import Render

_log = logging.getLogger(__name__)


class NaiveWorker:
    """Takes a job, renders it and sets its state, one job at a time."""

    def __init__(self, queue: JobQueue, storage: Storage, *, render: Render, name: str = "") -> None:
        self.worker_id = str(WorkerId(socket.gethostname(), os.getpid(), new_id()[:8], name, naive=True))
        self._queue = queue
        self._storage = storage
        self._render = render

    def run(self, stop: Event) -> None:
        """Work until `stop` is set. Log the error of a job, and take the next one."""
        while not stop.is_set():
            try:
                self.run_once()
            except PdfLabError as error:
                _log.warning("%s", error)
                stop.wait(0.1)

    def run_once(self, timeout: float = 1.0) -> int:
        """Take one job and make its PDF; return how many jobs ended."""
        self._register(None)
        job_id = self._queue.take(timeout)  # from here on, the job id exists only in this process
        if job_id is None:
            return 0
        self._register(job_id)
        self._queue.naive_transition(job_id, JobState.PROCESSING, self.worker_id)
        job = self._queue.get(job_id)
        if job is None or not job.request:
            return 0
        self._storage.put(job_id, new_id(), self._render(job).pdf)
        self._queue.naive_transition(job_id, JobState.COMPLETED, self.worker_id)
        return 1

    def _register(self, job_id: str | None) -> None:
        """Enter the registry of workers; no other worker reacts when the entry expires."""
        self._queue.renew(WorkerStatus(self.worker_id, time.time(), job_id))
