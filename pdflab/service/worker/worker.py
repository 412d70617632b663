"""A worker: take → claim → render → store → complete, for one job at a time.

A second thread renews the lease of the job in hand and sweeps up what dead workers left.
Whatever happens to Redis, a worker waits and reconnects; whatever a document does, it lives.

Read next: service/storage/folder.py, then service/eventlog/recorder.py.
"""

import json
import logging
import os
import random
import socket
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, TypeVar

from pdflab.documents.kinds import parse_request
from pdflab.documents.render import render
from pdflab.documents.typesetting.font_book import FontBook
from pdflab.documents.typesetting.page import Rendered
from pdflab.errors import BrokerUnavailable, ImpossibleDocument, InvalidRequest, StorageUnavailable
from pdflab.jobs import Cause, Job, WorkerId
from pdflab.service.jobqueue.base import Claim, Consumer, Failure, FinishResult, WorkerStatus, new_id
from pdflab.service.storage.base import Storage

_log = logging.getLogger(__name__)
_MOST_GLYPHS = 50  # are named in a result: a record stays small
_TAKE = 1.0  # seconds that one BRPOP waits: so long may an idle worker take to notice that it is to stop

Render = Callable[[Job], Rendered]
T = TypeVar("T")


def renderer(fonts: FontBook) -> Render:
    """Make what renders the document that a job asks for."""

    def render_request(job: Job) -> Rendered:
        """Render it. The same job gives the same bytes, whoever renders it."""
        return render(parse_request(json.loads(job.request)), created_at=job.queued_at, fonts=fonts)

    return render_request


class Worker:
    """Works through the queue until told to stop; `run_once` is the unit, `run` the loop around it."""

    def __init__(
        self,
        queue: Consumer,
        storage: Storage,
        *,
        render: Render,
        keeper: Consumer | None = None,
        time_limit: float = 60.0,
        on_timeout: Callable[[], object] = lambda: None,
    ) -> None:
        """A `keeper` is the same queue over a connection for the second thread, if `queue` is for one alone.

        `on_timeout` is called when a document took longer than `time_limit` seconds and was given up.
        """
        self.worker_id = str(WorkerId(socket.gethostname(), os.getpid(), new_id()[:8]))
        self._queue = queue
        self._keeper = keeper or queue
        self._storage = storage
        self._render = render
        self._time_limit = time_limit
        self._overran = on_timeout
        self._in_hand: Claim | None = None
        self._since = time.time()
        self._rendering_since: float | None = None
        self._stop = Event()

    def run(self, stop: Event, *, lease: float) -> None:
        """Work until `stop` is set; the job in hand is finished first."""
        self._stop = stop
        finished = Event()
        keeper = Thread(
            target=self._keep, args=(lease / 3, finished), name=f"keeper {self.worker_id}", daemon=True
        )
        keeper.start()
        while not stop.is_set():
            try:
                self.run_once()
            except BrokerUnavailable as error:
                _log.warning("%s", error)
                stop.wait(random.uniform(0.1, 0.5))  # not all workers at the same instant
        finished.set()
        keeper.join()
        self._leave()

    def run_once(self, timeout: float = _TAKE) -> int:
        """Take one job and work until the line is empty or we are told to stop; return how many were done."""
        job_id = self._queue.take(timeout)
        token = new_id()
        claim = self._insist(lambda: self._queue.claim(job_id, self.worker_id, token)) if job_id else None
        done = 0
        while claim:
            self._hold(claim)
            settled = self._work(claim)
            done += settled is not None and not settled.fenced
            claim = settled.next if settled else None
        self._hold(None)
        return done

    def release(self, *, over: Consumer) -> None:
        """Hand the job in hand back to the line, over a connection that does not wait for long."""
        claim = self._in_hand
        if claim:
            over.release(claim)

    def _work(self, claim: Claim) -> FinishResult | None:
        """Make the PDF, if it is not there yet, and settle the job."""
        self._rendering_since = time.monotonic()
        made = self._make(claim)
        self._rendering_since = None
        next_token = "" if self._stop.is_set() else new_id()
        if isinstance(made, Failure):
            _log.warning("job %s: %s", claim.job.job_id, made.reason)
            return self._insist(lambda: self._queue.fail(claim, self.worker_id, made, next_token=next_token))
        return self._insist(
            lambda: self._queue.complete(claim, self.worker_id, result=made, next_token=next_token)
        )

    def _make(self, claim: Claim) -> dict[str, Any] | Failure:
        """Render and store, and tell what was noticed; or say why not and whether another try may help."""
        job = claim.job
        try:
            if self._storage.exists(job.job_id):
                return {}  # made by a worker that died before it could tell us more
            rendered = self._render(job)
            self._storage.put(job.job_id, claim.token, rendered.pdf)
        except (ImpossibleDocument, InvalidRequest) as error:
            return Failure(Cause.REJECTED, str(error))
        except StorageUnavailable as error:
            return Failure(Cause.STORAGE_UNAVAILABLE, str(error), retry_in=_backoff(job, base=2.0))
        except MemoryError:
            reason = "There was not enough memory to render it."
            return Failure(Cause.OUT_OF_MEMORY, reason, retry_in=_backoff(job))
        except Exception as error:  # whatever a document does, the worker lives
            _log.exception("job %s", job.job_id)
            reason = f"The renderer broke on it ({type(error).__name__}: {error})."
            return Failure(Cause.RENDERER_ERROR, reason)
        return _noticed(rendered)

    def _insist(self, step: Callable[[], T]) -> T | None:
        """Send a step through an absence of Redis, always with the same token: the work is done, or begun.

        None when we are told to stop meanwhile; then the lease runs out and another worker goes on.
        """
        while True:
            try:
                return step()
            except BrokerUnavailable as error:
                _log.warning("%s", error)
                if self._stop.wait(0.2):
                    return None

    def _hold(self, claim: Claim | None) -> None:
        self._in_hand, self._since = claim, time.time()

    def _keep(self, interval: float, finished: Event) -> None:
        """Renew what we hold and sweep, from the first moment on: an idle worker is in the registry too."""
        while True:
            try:
                self._limit()
                self._renew()
                if self._keeper.sweep():
                    self._tidy(older_than=9 * interval)  # three leases
            except BrokerUnavailable as error:
                _log.warning("%s", error)
            if finished.wait(interval):
                return

    def _limit(self) -> None:
        """Return up a document that takes too long: renewed for ever, its job would never end."""
        since, claim = self._rendering_since, self._in_hand
        if claim is None or since is None or time.monotonic() - since < self._time_limit:
            return
        if since == self._rendering_since:  # else the claim may be the next one
            reason = f"It was not rendered within {self._time_limit:g} s."
            overrun = Failure(Cause.TIMED_OUT, reason, retry_in=_backoff(claim.job))
            self._keeper.fail(claim, self.worker_id, overrun)
            self._rendering_since = None  # given up once
            self._overran()

    def _tidy(self, *, older_than: float) -> None:
        """Remove what workers left half-written, and files whose time of keeping is over."""
        self._storage.tidy(older_than=older_than)
        while expired := self._keeper.list_expired():
            removed = [job_id for job_id in expired if self._storage.delete(job_id)]
            if not removed:
                return  # the disk does not let us now: they stay for the next sweep
            self._keeper.forget(removed)
            self._renew()  # many files take their time

    def _renew(self) -> None:
        claim = self._in_hand
        status = WorkerStatus(self.worker_id, self._since, claim.job.job_id if claim else None)
        self._keeper.renew(status, [claim] if claim else [])

    def _leave(self) -> None:
        try:
            self._queue.leave(self.worker_id)
        except BrokerUnavailable as error:
            _log.warning("%s Our place in the registry expires by itself.", error)


def _noticed(rendered: Rendered) -> dict[str, Any]:
    glyphs = list(rendered.missing_glyphs[:_MOST_GLYPHS])
    return {"pages": rendered.pages, "bytes": len(rendered.pdf), "missing_glyphs": glyphs}


def _backoff(job: Job, *, base: float = 0.5) -> float:
    """Seconds until the next try: doubled at each error; jittered, so that retries don't come all at once."""
    return float(base * 2**job.errors * random.uniform(0.5, 1.5))
