"""Simulates a service event by event: shared cores, refusals, abandonment, retries, scaling, crashes.

There are two clocks: wall time, and the clock of work, which shows how many seconds of its job each busy
worker has done. It slows down while workers share cores; a job is done when the clock of work shows its due
instant. So a change of speed takes constant time, for any number of busy workers. With a core for each worker
both clocks agree, and the result equals that of simulation/fcfs.py to the last bit.

Read next: pdflab/simulation/server_pool.py.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from math import inf, isnan, nan
from typing import Any

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.autoscaling import Seen
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.model import Model, Outcome, Request, RequestColumns
from pdflab.simulation.server_pool import ProcessorSharingClock, ServerPool


class Simulation:
    """One run of a model, reproducible by its seed.

    At the instants of `crashes`, a random worker crashes. `pool` has the workers over time and their cost.
    """

    def __init__(self, model: Model, *, seed: int = 0, crashes: Iterable[float] = ()) -> None:
        self._instant = 0.0
        self.pool = ServerPool()
        self._model = model
        self._rng = np.random.default_rng(seed)
        self._work = ProcessorSharingClock(model.cores)
        self._at_api: deque[Request] = deque()
        self._queue: deque[Request] = deque()
        self._busy: list[tuple[float, int, Request]] = []  # a heap: due by the clock of work
        self._timers: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._serial = 0  # keeps events of the same instant in order
        self._open = 0  # requests that have not ended, and retries to come
        self._documents = self._retries = 0  # so far
        self._rows = array("d")  # of six numbers each: ten million requests need no objects
        for _ in range(self.pool.set_target(model.workers, 0.0, 0)):
            self.pool.ready(0.0)
        if model.scaling:
            self._decide = model.scaling.rule()
            self._scale()
        self._crashes = iter(crashes)
        self._await_crash()

    def run(self, blocks: Iterable[Jobs]) -> RequestColumns:
        """Simulate until every request has ended.

        Raises UsageError when jobs wait for workers that will never start.
        """
        for jobs in blocks:
            patience = np.full(len(jobs.at), inf) if jobs.patience is None else jobs.patience
            for at, service, waits in zip(
                *map(np.ndarray.tolist, (jobs.at, jobs.service, patience)), strict=True
            ):
                self._advance(at)
                self._instant = at
                request = Request(self._documents * self._model.tries, at, service, waits)
                self._documents += 1
                self._open += 1
                self._arrive(request)
                self._work.share(at, len(self._busy), len(self._at_api))
        self._advance(inf)
        self.pool.bill(self._instant, len(self._busy))
        rows = np.array(self._rows).reshape(-1, 6)
        numbers, at, queued_at, started_at, ended_at, outcome = rows[np.argsort(rows[:, 0])].T
        document, before = np.divmod(numbers.astype(np.int64), self._model.tries)
        return RequestColumns(
            document, before + 1, at, queued_at, started_at, ended_at, outcome.astype(np.uint8)
        )

    def _advance(self, until: float) -> None:
        """Process the events until an instant; at one instant, endings come before beginnings."""
        busy, timers, work = self._busy, self._timers, self._work
        while self._open or until < inf:  # an autoscaler would poll for ever
            end = work.wall(busy[0][0]) if busy else inf
            timer = timers[0][0] if timers else inf
            if end > until and timer > until:
                return
            if end <= timer:
                if end == inf:
                    raise UsageError(f"{self._open:,} jobs wait for workers that never start; add workers.")
                self._instant = end
                self._end()
            else:
                self._instant, _, act, arguments = heappop(timers)
                act(*arguments)
            work.share(self._instant, len(busy), len(self._at_api))

    # Requests: at the API, in the queue, in service, ended.

    def _arrive(self, request: Request) -> None:
        if request.patience < inf:
            self._after(request.patience, self._time_out, request)
        if self._model.api_service_time:
            self._at_api.append(request)
            if len(self._at_api) == 1:
                self._after(self._model.api_service_time, self._end_api)
        else:
            self._enqueue(request)

    def _end_api(self) -> None:
        request = self._at_api.popleft()
        if self._at_api:
            self._after(self._model.api_service_time, self._end_api)
        if request.outcome is None or not self._model.reneges:  # otherwise, it left at the API
            self._enqueue(request)

    def _enqueue(self, request: Request) -> None:
        if len(self._busy) < self.pool.present:
            request.queued_at = self._instant
            self._start(request)
        elif len(self._queue) < self._model.queue_capacity:
            request.queued_at = self._instant
            self._queue.append(request)
        elif request.outcome is None:
            self._record(request, Outcome.REFUSED)
            self._retry(request)
        else:
            self._record(request, request.outcome)

    def _start(self, request: Request) -> None:
        request.started_at = self._instant
        self._serial += 1
        heappush(self._busy, (self._work.at(self._instant) + request.service, self._serial, request))

    def _end(self) -> None:
        if len(self._busy) > self.pool.target:
            self.pool.bill(self._instant, len(self._busy))
        _, _, request = heappop(self._busy)
        self._record(request, request.outcome or Outcome.COMPLETED, self._instant)
        self._take_next()

    def _take_next(self) -> None:
        """Start the jobs at the front of the queue on idle workers."""
        while self._queue and len(self._busy) < self.pool.present:
            self._start(self._queue.popleft())

    # Clients.

    def _time_out(self, request: Request) -> None:
        if request.outcome is not None or (self._model.reneges and not isnan(request.started_at)):
            return
        if not self._model.reneges:
            request.outcome = Outcome.RENEGED  # the server does not notice, and continues
        else:
            if not isnan(request.queued_at):  # otherwise, it is still at the API
                self._queue.remove(request)
            self._record(request, Outcome.RENEGED)
        self._retry(request)

    def _retry(self, request: Request) -> None:
        """Let the client of a request ask again after a pause, if it may."""
        model, before = self._model, request.number % self._model.tries
        if before + 1 < model.tries and self._retries + 1 <= model.budget * self._documents:
            self._open += 1
            self._retries += 1
            pause = model.backoff * 2**before * self._rng.uniform(1 - model.jitter, 1 + model.jitter)
            again = Request(request.number + 1, self._instant + pause, request.service, request.patience)
            self._after(pause, self._arrive, again)

    # Workers.

    def _scale(self) -> None:
        oldest = self._instant - self._queue[0].queued_at if self._queue else 0.0
        seen = Seen(self._instant, len(self._queue), self.pool.target, len(self._busy), oldest)
        target, again_at = self._decide(seen)
        for _ in range(self.pool.set_target(target, self._instant, len(self._busy))):
            self._start_worker()
        if again_at < inf:
            self._after(again_at - self._instant, self._scale)

    def _start_worker(self) -> None:
        if self._model.start_up:
            self._after(self._model.start_up, self._worker_ready)
        else:
            self._worker_ready()

    def _worker_ready(self) -> None:
        self.pool.ready(self._instant)
        self._take_next()

    def _await_crash(self) -> None:
        at = next(self._crashes, None)
        if at is not None:
            self._after(at - self._instant, self._crash)

    def _crash(self) -> None:
        """Crash a random worker: its job waits for the end of its lease, a new worker starts."""
        self._await_crash()
        workers = max(self.pool.present, len(self._busy))
        self.pool.bill(self._instant, len(self._busy))
        victim = int(self._rng.integers(workers)) if workers else 0
        if victim < len(self._busy):
            due, _, request = self._busy.pop(victim)
            heapify(self._busy)
            left = due - self._work.at(self._instant)
            request.service = min(request.service, left + self._model.max_rework)
            self._after(self._model.lease, self._end_lease, request)
        if workers and workers == self.pool.present:  # otherwise, the crashed worker was draining
            self.pool.restart(self._instant)
            self._start_worker()

    def _end_lease(self, request: Request) -> None:
        self._queue.appendleft(request)
        self._take_next()

    # Timers and results.

    def _after(self, seconds: float, act: Callable[..., None], *arguments: Any) -> None:
        self._serial += 1
        heappush(self._timers, (self._instant + seconds, self._serial, act, arguments))

    def _record(self, request: Request, outcome: Outcome, ended_at: float = nan) -> None:
        self._open -= 1
        request.outcome = outcome
        r = request
        self._rows.extend((r.number, r.at, r.queued_at, r.started_at, ended_at, outcome))
