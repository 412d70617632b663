"""A worker's second thread: it renews the lease, enforces the time limit, and sweeps.

Read next: pdflab/documents/render.py.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from pdflab.errors import BrokerUnavailable
from pdflab.jobs import Cause, Job
from pdflab.service.jobqueue.base import Claim, Consumer, Failure, WorkerStatus
from pdflab.service.storage.base import Storage

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Activity:
    """The present work of a worker. The worker writes it, its heartbeat reads it."""

    claim: Claim | None = None
    since: float = field(default_factory=time.time)
    rendering_since: float | None = None  # by time.monotonic()


class Heartbeat:
    """Renews the leases of a live worker, and recovers the jobs of dead ones."""

    def __init__(
        self,
        worker_id: str,
        queue: Consumer,
        storage: Storage,
        activity: Activity,
        *,
        time_limit: float,
        on_timeout: Callable[[], object],
    ) -> None:
        self._worker_id = worker_id
        self._queue = queue
        self._storage = storage
        self._activity = activity
        self._time_limit = time_limit
        self._on_timeout = on_timeout

    def run(self, lease: float, finished: Event) -> None:
        """Beat six times in a lease until `finished` is set; the first beat registers the worker."""
        while True:
            try:
                self.beat(lease)
            except BrokerUnavailable as error:
                _log.warning("%s", error)
            except Exception:  # whatever it meets: without this thread, no lease is renewed
                _log.exception("The heartbeat of %s failed; it goes on.", self._worker_id)
            if finished.wait(lease / 6):
                return

    def beat(self, lease: float) -> None:
        """Renew and sweep once. Raises BrokerUnavailable."""
        self._enforce_time_limit()
        self._renew()
        if self._queue.sweep():
            self._tidy(older_than=3 * lease)
            self._queue.ping()  # someone may have changed its settings

    def _enforce_time_limit(self) -> None:
        """Fail a document that takes too long: while its lease is renewed, its job would never end."""
        since, claim = self._activity.rendering_since, self._activity.claim
        if claim is None or since is None or time.monotonic() - since < self._time_limit:
            return
        if since == self._activity.rendering_since:  # otherwise the claim may be the next one
            reason = f"It was not rendered within {self._time_limit:g} s."
            self._queue.fail(
                claim, self._worker_id, Failure(Cause.TIMED_OUT, reason, retry_in=backoff(claim.job))
            )
            self._activity.rendering_since = None  # fail it only once
            self._on_timeout()

    def _renew(self) -> None:
        claim = self._activity.claim
        status = WorkerStatus(self._worker_id, self._activity.since, claim.job.job_id if claim else None)
        self._queue.renew(status, [claim] if claim else [])

    def _tidy(self, *, older_than: float) -> None:
        """Remove half-written files, and the PDFs whose retention is over."""
        self._storage.tidy(older_than=older_than)
        while expired := self._queue.list_expired():
            deleted = [job_id for job_id in expired if self._storage.delete(job_id)]
            if not deleted:
                return  # a disk error: the next sweep tries again
            self._queue.forget(deleted)
            self._renew()  # deleting many files takes long


def backoff(job: Job, *, base: float = 0.5) -> float:
    """Return the seconds until the next try: doubled at each error, and jittered to spread the retries."""
    return float(base * 2**job.errors * random.uniform(0.5, 1.5))
