"""Rolling 60 s aggregates of both endpoints; each event is read once, and memory stays bounded.

Read next: pdflab/charts/live.py.
"""

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from pdflab.analysis.run import Send
from pdflab.jobs import Endpoint, JobEvent, JobState

ENDPOINTS = (Endpoint.QUEUED, Endpoint.SYNCHRONOUS)
ANSWERED, DELIVERED, FAILED = "answered", "delivered", "failed"  # outcomes that a client can have waited for

_SLOTS = 480  # instants that the chart of a window can show apart
_LEVELS = 24  # latencies that it can show apart, in each power of ten
_RATE_SECONDS = 5  # over which a rate is averaged
_MAX_LATENCIES = 2_000  # of which a median is computed

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """An endpoint's PDFs a second, and its median latencies until the answer and until the PDF."""

    rate: float
    answered: float | None
    delivered: float | None


class RollingWindow:
    """The last `window` seconds of both endpoints. Instants are seconds since the epoch, inf is never."""

    def __init__(self, window: float = 60.0) -> None:
        self.window = window
        self.claimed: dict[str, JobEvent] = {}  # by job id; the claims that have not ended
        self.newest: str | None = None  # the job that was completed last at the queued endpoint
        self._seen = Counter[str]()
        self._waiting: set[str] = set()
        self._depth: deque[tuple[float, float]] = deque()
        self._made = {endpoint: Counter[int]() for endpoint in ENDPOINTS}  # PDFs in each second
        self._asked: dict[str, float] = {}  # intended send of each job that is not completed
        self._done: dict[str, float] = {}  # end of each job whose send has not been read yet
        pairs = product(ENDPOINTS, (ANSWERED, DELIVERED, FAILED))
        self._waits = {(endpoint, what): _Waits(window) for endpoint, what in pairs}

    def follow(
        self,
        now: float,
        *,
        queued: Sequence[JobEvent],
        synchronous: Sequence[JobEvent],
        sends: Sequence[Send],
    ) -> None:
        """Read the new rows of growing lists, and drop data older than the window."""
        for event in queued[self._seen["queued"] :]:
            self._note_queued(event)
        for event in synchronous[self._seen["synchronous"] :]:
            if event.state is JobState.COMPLETED:
                self._made[Endpoint.SYNCHRONOUS][math.floor(event.at)] += 1
        for send in sends[self._seen["sends"] :]:
            self._note_send(send)
        self._seen = Counter(queued=len(queued), synchronous=len(synchronous), sends=len(sends))
        self._forget(now - self.window)

    def depth(self) -> Points:
        """Return the queue depth from each instant on."""
        return list(self._depth)

    def rates(self, endpoint: Endpoint, now: float) -> Points:
        """Return the number of PDFs in each whole second."""
        whole = math.floor(now)
        seconds = range(whole - round(self.window), whole)
        return [(float(second), float(self._made[endpoint][second])) for second in seconds]

    def waits(self, endpoint: Endpoint, what: str) -> Points:
        """Return intended sends and latencies, with one point for those that would overlap in a chart."""
        return list(self._waits[endpoint, what].dots.values())

    def numbers(self, endpoint: Endpoint, now: float) -> Numbers:
        """Return an endpoint's rate and median latencies."""
        made = sum(count for _, count in self.rates(endpoint, now)[-_RATE_SECONDS:])
        answered, delivered = (self._waits[endpoint, what].median() for what in (ANSWERED, DELIVERED))
        return Numbers(made / _RATE_SECONDS, answered, delivered)

    def _note_queued(self, event: JobEvent) -> None:
        before, job_id = len(self._waiting), event.job_id
        self._waiting.discard(job_id)
        self.claimed.pop(job_id, None)
        if event.state is JobState.QUEUED:
            self._waiting.add(job_id)
        elif event.state is JobState.PROCESSING:
            self.claimed[job_id] = event
        elif event.state is JobState.COMPLETED:
            self.newest = job_id
            self._made[Endpoint.QUEUED][math.floor(event.at)] += 1
            self._deliver(job_id, event.at)
        if len(self._waiting) != before:
            slot = self.window / _SLOTS
            if self._depth and self._depth[-1][0] // slot == event.at // slot:
                self._depth.pop()
            self._depth.append((event.at, float(len(self._waiting))))

    def _note_send(self, send: Send) -> None:
        asked_at, endpoint, job_id = send.intended_at, send.endpoint, send.job_id
        answered_at = send.answered_at if send.accepted and send.answered_at is not None else math.inf
        self._waits[endpoint, ANSWERED].add(asked_at, answered_at - asked_at)
        if answered_at == math.inf:
            self._waits[endpoint, FAILED].add(asked_at, math.inf)
        elif endpoint == Endpoint.SYNCHRONOUS:
            self._waits[endpoint, DELIVERED].add(asked_at, answered_at - asked_at)
        elif job_id:
            self._asked[job_id] = asked_at
            if job_id in self._done:
                self._deliver(job_id, self._done.pop(job_id))

    def _deliver(self, job_id: str, at: float) -> None:
        asked_at = self._asked.pop(job_id, None)
        if asked_at is None:
            self._done[job_id] = at  # its send is not read yet, or came from another client
        else:
            self._waits[Endpoint.QUEUED, DELIVERED].add(asked_at, at - asked_at)

    def _forget(self, before: float) -> None:
        while len(self._depth) > 1 and self._depth[1][0] < before:  # the last old point begins the curve
            self._depth.popleft()
        for endpoint, made in self._made.items():
            self._made[endpoint] = Counter({second: n for second, n in made.items() if second >= before})
        self._asked = {job_id: at for job_id, at in self._asked.items() if at >= before}
        self._done = {job_id: at for job_id, at in self._done.items() if at >= before}
        for waits in self._waits.values():
            waits.forget(before)


class _Waits:
    """Latencies; those that share a dot in the chart are stored once."""

    def __init__(self, window: float) -> None:
        self._slot = window / _SLOTS
        self.dots: dict[tuple[int, int], tuple[float, float]] = {}
        self._latest: deque[tuple[float, float]] = deque(maxlen=_MAX_LATENCIES)

    def add(self, asked_at: float, seconds: float) -> None:
        level = round(_LEVELS * math.log10(max(seconds, 1e-4))) if math.isfinite(seconds) else _LEVELS * 10
        self.dots[int(asked_at // self._slot), level] = asked_at, seconds
        self._latest.append((asked_at, seconds))

    def forget(self, before: float) -> None:
        self.dots = {cell: dot for cell, dot in self.dots.items() if dot[0] >= before}
        while self._latest and self._latest[0][0] < before:
            self._latest.popleft()

    def median(self) -> float | None:
        """Return the median; a client that was never served counts as infinite."""
        known = sorted(seconds for _, seconds in self._latest)
        return known[(len(known) - 1) // 2] if known else None
