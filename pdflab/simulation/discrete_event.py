"""Everything that happens to a real service, event by event.

Two clocks: the clock on the wall, and the clock of work, which shows how many seconds of its job each busy
worker has done. While workers share cores it goes slower; a job is done when it shows the instant it was due
for. So a change of pace costs nothing, however many are at work. With a core for each, both clocks agree, and
the result is that of simulation/fcfs.py to the last bit.

Read next: simulation/autoscaling.py; then twin.py, which makes a Run of it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from math import inf, nan
from typing import Any

import numpy as np

from pdflab.errors import UsageError
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.model import Model, Outcome, Request, Requests, join
from pdflab.simulation.processor_sharing import ProcessorSharingClock
from pdflab.simulation.server_pool import ServerPool

_BLOCK = 16_384  # requests that are given at a time

Rows = list[tuple[int, int, float, float, float, float, int]]


class Simulation:
    """One run of a model; the same seed, the same run.

    `crashes` are the instants at which a worker, any of them, dies. The `fleet` tells who was there, and what
    it cost.
    """

    def __init__(self, model: Model, *, seed: int = 0, crashes: Iterable[float] = ()) -> None:
        self._instant = 0.0
        self.fleet = ServerPool()
        self._model = model
        self._rng = np.random.default_rng(seed)
        self._work = ProcessorSharingClock(model.cores)
        self._at_endpoint: deque[Request] = deque()
        self._line: deque[Request] = deque()
        self._left = 0  # of those in the line, clients that have hung up
        self._busy: list[tuple[float, int, Request]] = []  # a heap: due by the clock of work
        self._timers: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._serial = 0  # keeps what happens at the same instant in order
        self._open = 0  # requests without an ending, and clients who will ask again
        self._rows: Rows = []
        self._hire(model.workers)
        if model.scaling:
            self._decide, self._start_up = model.scaling.rule(), model.scaling.start_up
            self._scale()
        self._crashes = iter(crashes)
        self._await_crash()

    def run(self, blocks: Iterable[Jobs]) -> Iterator[Requests]:
        """Simulate until the last request has its ending, and return requests as they end, block by block.

        Raises UsageError when jobs wait for workers who never come.
        """
        number = 0
        for jobs in blocks:
            patience = np.full(len(jobs.at), inf) if jobs.patience is None else jobs.patience
            for at, service, waits in zip(
                *map(np.ndarray.tolist, (jobs.at, jobs.service, patience)), strict=True
            ):
                self._advance(at)
                self._instant = at
                self._open += 1
                self._arrive(Request(number, at, service, waits))
                self._work.share(at, len(self._busy), len(self._at_endpoint))
                number += 1
            if len(self._rows) >= _BLOCK:
                yield self._give()
        self._advance(inf)
        self.fleet.bill(self._instant, len(self._busy))
        yield self._give()

    def _advance(self, until: float) -> None:
        """Let happen what is due by an instant; what ends then makes room for what begins then."""
        busy, timers, work = self._busy, self._timers, self._work
        while self._open or until < inf:  # in the end, nobody looks at an empty line
            end = work.wall(busy[0][0]) if busy else inf
            timer = timers[0][0] if timers else inf
            if end > until and timer > until:
                return
            if end <= timer:
                self._check_end(end)
                self._instant = end
                self._end()
            else:
                self._instant, _, act, arguments = heappop(timers)
                act(*arguments)
            work.share(self._instant, len(busy), len(self._at_endpoint))

    def _check_end(self, end: float) -> None:
        if end == inf:
            raise UsageError(f"{self._open:,} jobs wait for workers who never come; return the model some.")

    # A request: at the endpoint, in the line, at work, at its end.

    def _arrive(self, request: Request) -> None:
        if request.patience < inf:
            self._after(request.patience, self._lose_patience, request)
        if self._model.accept:
            self._at_endpoint.append(request)
            if len(self._at_endpoint) == 1:
                self._after(self._model.accept, self._accept)
        else:
            self._enter(request)

    def _accept(self) -> None:
        request = self._at_endpoint.popleft()
        if self._at_endpoint:
            self._after(self._model.accept, self._accept)
        if request.outcome is None:  # else it has hung up at the endpoint
            self._enter(request)

    def _enter(self, request: Request) -> None:
        if len(self._busy) < self.fleet.present:
            request.queued_at = self._instant
            self._start(request)
        elif self._waiting < self._model.limit:
            request.queued_at = self._instant
            self._line.append(request)
        elif request.gone:
            self._record(request, Outcome.RENEGED)
        else:
            self._record(request, Outcome.REFUSED)
            self._ask_again(request)

    def _start(self, request: Request) -> None:
        request.started_at = self._instant
        self._serial += 1
        heappush(self._busy, (self._work.at(self._instant) + request.service, self._serial, request))

    def _end(self) -> None:
        if len(self._busy) > self.fleet.wanted:
            self.fleet.bill(self._instant, len(self._busy))
        _, _, request = heappop(self._busy)
        self._record(request, Outcome.RENEGED if request.gone else Outcome.COMPLETED, self._instant)
        self._take_next()

    def _take_next(self) -> None:
        """Let each idle worker take a job from the front of the line."""
        while self._line and len(self._busy) < self.fleet.present:
            request = self._line.popleft()
            if request.outcome is None:
                self._start(request)
            else:
                self._left -= 1  # it has hung up

    # The clients.

    def _lose_patience(self, request: Request) -> None:
        if request.outcome is not None or request.gone:
            return
        if not self._model.reneges:
            request.gone = True  # the server does not notice, and works on
            self._ask_again(request)
        elif request.started_at != request.started_at:  # nan: still in the line, or not even there
            self._left += request.queued_at == request.queued_at
            self._record(request, Outcome.RENEGED)
            self._ask_again(request)

    def _ask_again(self, request: Request) -> None:
        if request.attempt < self._model.tries:
            self._open += 1
            pause = self._model.backoff * 2 ** (request.attempt - 1) * self._rng.uniform(0.5, 1.5)
            self._after(pause, self._return, request)

    def _return(self, request: Request) -> None:
        self._arrive(
            Request(request.number, self._instant, request.service, request.patience, request.attempt + 1)
        )

    # The workers: they come, go, and crash.

    def _scale(self) -> None:
        wanted, again_at = self._decide(self._instant, self._waiting, self.fleet.wanted)
        self._hire(wanted, after=self._start_up)
        if again_at < inf:
            self._after(again_at - self._instant, self._scale)

    def _hire(self, wanted: int, *, after: float = 0.0) -> None:
        for _ in range(self.fleet.want(wanted, self._instant, len(self._busy))):
            self._call(after)

    def _call(self, after: float) -> None:
        if after:
            self.fleet.call()
            self._after(after, self._come)
        else:
            self.fleet.join(self._instant)
            self._take_next()

    def _come(self) -> None:
        self.fleet.come(self._instant)
        self._take_next()

    def _await_crash(self) -> None:
        at = next(self._crashes, None)
        if at is not None:
            self._after(at - self._instant, self._crash)

    def _crash(self) -> None:
        """Let one worker die, any: its job waits until its lease has run out, a new worker for its start."""
        self._await_crash()
        workers = max(self.fleet.present, len(self._busy))
        self.fleet.bill(self._instant, len(self._busy))
        victim = int(self._rng.integers(workers)) if workers else 0
        if victim < len(self._busy):
            due, _, request = self._busy.pop(victim)
            heapify(self._busy)
            left = due - self._work.at(self._instant)
            request.service = min(request.service, left + self._model.redo)
            self._after(self._model.lease, self._lose_lease, request)
        if workers and workers == self.fleet.present:  # else one went that was about to go
            self.fleet.lose(self._instant)
            self._call(self._model.restart)

    def _lose_lease(self, request: Request) -> None:
        request.crashes += 1
        request.started_at = nan
        if request.crashes >= self._model.max_crashes:
            self._record(request, Outcome.FAILED, self._instant)
        else:
            self._line.appendleft(request)
            self._take_next()

    # The books.

    @property
    def _waiting(self) -> int:
        return len(self._line) - self._left

    def _after(self, seconds: float, act: Callable[..., None], *arguments: Any) -> None:
        self._serial += 1
        heappush(self._timers, (self._instant + seconds, self._serial, act, arguments))

    def _record(self, request: Request, outcome: Outcome, ended_at: float = nan) -> None:
        self._open -= 1
        request.outcome = outcome
        r = request
        self._rows.append((r.number, r.attempt, r.at, r.queued_at, r.started_at, ended_at, int(outcome)))

    def _give(self) -> Requests:
        """Return what has ended, and forget it."""
        columns = np.array(self._rows, dtype=np.float64).reshape(-1, 7).T
        self._rows = []
        number, attempt = columns[:2].astype(np.int64)
        at, queued_at, started_at, ended_at = columns[2:6]
        outcome = columns[6].astype(np.uint8)
        return Requests(number, attempt, at, queued_at, started_at, ended_at, outcome)


def simulate_events(
    blocks: Iterable[Jobs], model: Model, *, seed: int = 0, crashes: Iterable[float] = ()
) -> Requests:
    """Simulate a model to its end, and return all requests in the order of their documents."""
    return join(Simulation(model, seed=seed, crashes=crashes).run(blocks))


def crash_instants(every: float, *, seed: int) -> Iterator[float]:
    """Return endless instants, exponentially apart: one each `every` seconds on average."""
    rng, at = np.random.default_rng(seed), 0.0
    while True:
        at += rng.exponential(every)
        yield at
