"""A worker: take → claim → render → store → complete, for one job at a time.

A worker survives any failure of Redis, by waiting and reconnecting, and any failure of a document.

Read next: pdflab/service/worker/heartbeat.py.
"""

import json
import logging
import math
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
from pdflab.service.jobqueue.base import Claim, Consumer, Failure, FinishResult, new_id
from pdflab.service.storage.base import Storage
from pdflab.service.worker.heartbeat import Activity, Heartbeat, backoff

_log = logging.getLogger(__name__)
_MAX_GLYPHS = 50  # named in a result, so that a record stays small
_TAKE_TIMEOUT = 1.0  # seconds that one BRPOP waits; also the longest delay of a stop
_RETRY_INTERVAL = 0.2  # seconds between two attempts to reach Redis

Render = Callable[[Job], Rendered]
_T = TypeVar("_T")


def renderer(fonts: FontBook) -> Render:
    """Return the function that renders the document of a job."""

    def render_request(job: Job) -> Rendered:
        """Render the document. The same job gives the same bytes on every worker."""
        return render(parse_request(json.loads(job.request)), created_at=job.queued_at, fonts=fonts)

    return render_request


class Worker:
    """Works through the queue until asked to stop; `run_once` is the unit, `run` the loop around it."""

    def __init__(
        self,
        queue: Consumer,
        storage: Storage,
        *,
        render: Render,
        name: str = "",
        heartbeat_queue: Consumer | None = None,
        time_limit: float = 60.0,
        on_timeout: Callable[[], object] = lambda: None,
    ) -> None:
        """`heartbeat_queue` is the same queue for the second thread, if threads must not share `queue`.

        `on_timeout` is called when a document exceeds `time_limit` seconds.
        """
        self.worker_id = str(WorkerId(socket.gethostname(), os.getpid(), new_id()[:8], name))
        self._queue = queue
        self._storage = storage
        self._render = render
        self._activity = Activity()
        self._stop = Event()
        self._jobs_left = math.inf
        self.heartbeat = Heartbeat(
            self.worker_id,
            heartbeat_queue or queue,
            storage,
            self._activity,
            time_limit=time_limit,
            on_timeout=on_timeout,
        )

    def run(self, stop: Event, *, lease: float, jobs: float = math.inf) -> None:
        """Work until `stop` is set or so many jobs have ended; finish the current job first."""
        self._stop, self._jobs_left = stop, jobs
        finished = Event()
        heartbeat = Thread(target=self.heartbeat.run, args=(lease, finished), name="heartbeat", daemon=True)
        heartbeat.start()
        while self._goes_on():
            try:
                self.run_once()
            except BrokerUnavailable as error:
                _log.warning("%s", error)
                stop.wait(random.uniform(0.1, 0.5))  # spread over the workers
            except Exception:  # whatever an answer contains, the worker lives
                _log.exception("%s could not finish a step; it goes on.", self.worker_id)
                stop.wait(random.uniform(0.1, 0.5))
        finished.set()
        heartbeat.join()
        self._leave()

    def run_once(self, timeout: float = _TAKE_TIMEOUT) -> int:
        """Take one job and work until the queue is empty or `stop` is set; return how many jobs ended."""
        job_id = self._queue.take(timeout)
        if job_id is None:
            return 0
        token = new_id()
        claim = self._retry_until_connected(lambda: self._queue.claim(job_id, self.worker_id, token))
        done = 0
        try:
            while claim:
                self._set_current(claim)
                result = self._work(claim)
                done += result is not None and not result.fenced
                claim = result.next if result else None
        finally:
            self._set_current(None)  # otherwise its lease would be renewed for ever
        return done

    def release(self, *, over: Consumer) -> None:
        """Return the current job to the queue, over a connection that does not wait for long."""
        claim = self._activity.claim
        if claim:
            over.release(claim)

    def _work(self, claim: Claim) -> FinishResult | None:
        """Make the PDF and finish the job."""
        self._activity.rendering_since = time.monotonic()
        made = self._make(claim)
        self._activity.rendering_since = None
        self._jobs_left -= 1
        next_token = new_id() if self._goes_on() else ""
        if isinstance(made, Failure):
            _log.warning("job %s: %s", claim.job.job_id, made.reason)
            return self._retry_until_connected(
                lambda: self._queue.fail(claim, self.worker_id, made, next_token=next_token)
            )
        return self._retry_until_connected(
            lambda: self._queue.complete(claim, self.worker_id, result=made, next_token=next_token)
        )

    def _goes_on(self) -> bool:
        return self._jobs_left > 0 and not self._stop.is_set()

    def _make(self, claim: Claim) -> dict[str, Any] | Failure:
        """Render and store a PDF that is not stored yet. Return facts about it, or why there is none."""
        job = claim.job
        try:
            if self._storage.exists(job.job_id):
                return {}  # stored by a worker that died before it could complete the job
            rendered = self._render(job)
            self._storage.put(job.job_id, claim.token, rendered.pdf)
        except (ImpossibleDocument, InvalidRequest) as error:
            return Failure(Cause.REJECTED, str(error))
        except StorageUnavailable as error:
            return Failure(Cause.STORAGE_UNAVAILABLE, str(error), retry_in=backoff(job, base=2.0))
        except MemoryError:
            reason = "There was not enough memory to render it."
            return Failure(Cause.OUT_OF_MEMORY, reason, retry_in=backoff(job))
        except Exception as error:  # whatever a document does, the worker lives
            _log.exception("job %s", job.job_id)
            reason = f"The renderer broke on it ({type(error).__name__}: {error})."
            return Failure(Cause.RENDERER_ERROR, reason)
        return _facts(rendered)

    def _retry_until_connected(self, step: Callable[[], _T]) -> _T | None:
        """Repeat a step, with the same token, until Redis answers, and return its result.

        Return None when `stop` is set meanwhile: the lease then expires, and another worker takes the job.
        """
        while True:
            try:
                return step()
            except BrokerUnavailable as error:
                _log.warning("%s", error)
                if self._stop.wait(_RETRY_INTERVAL):
                    return None

    def _set_current(self, claim: Claim | None) -> None:
        self._activity.claim, self._activity.since = claim, time.time()

    def _leave(self) -> None:
        try:
            self._queue.leave(self.worker_id)
        except BrokerUnavailable as error:
            _log.warning("%s The entry in the registry of workers expires by itself.", error)


def _facts(rendered: Rendered) -> dict[str, Any]:
    glyphs = list(rendered.missing_glyphs[:_MAX_GLYPHS])
    return {"pages": rendered.pages, "bytes": len(rendered.pdf), "missing_glyphs": glyphs}
