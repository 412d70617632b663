"""The last minute of both endpoints, kept as it is told: news is read once, and an hour costs what a minute
does.

Nothing here grows with the load either: what a picture cannot show apart is kept once.

Read next: charts/live.py, which draws it.
"""

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pdflab.analysis.run import Send
from pdflab.jobs import Endpoint, JobEvent, JobState

ENDPOINTS = (Endpoint.QUEUED, Endpoint.SYNCHRONOUS)
ANSWERED, DELIVERED, FAILED = "answered", "delivered", "failed"  # what a client can have waited for

_SLOTS = 480  # instants that the picture of a minute can show apart
_LEVELS = 24  # latencies that it can show apart, in each power of ten
_LATELY = 5  # seconds over which a rate is told
_MOST = 2_000  # latencies of which a median is told

Points = list[tuple[float, float]]
LogForwarder = TypeVar("LogForwarder", JobEvent, Send)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What an endpoint's last minute comes to: its rate, and the median of what its clients waited."""

    rate: float
    answered: float | None
    delivered: float | None


class LastMinute:
    """What happened in the last `window` seconds. Instants are seconds since the epoch, inf is never."""

    def __init__(self, window: float = 60.0) -> None:
        self.window = window
        self.in_hand: dict[str, JobEvent] = {}  # jobs that a worker has taken and not let go
        self.newest: str | None = None  # the job that was completed last at the queued endpoint
        self._taken = Counter[str]()
        self._waiting: set[str] = set()
        self._depth: deque[tuple[float, float]] = deque()
        self._made = {endpoint: Counter[int]() for endpoint in ENDPOINTS}  # PDFs in each second
        self._asked: dict[str, float] = {}  # when a job without a PDF was asked for
        self._done: dict[str, float] = {}  # when a job was done whose client has not told yet
        self._waits = {
            (endpoint, what): _Waits(window)
            for endpoint in ENDPOINTS
            for what in (ANSWERED, DELIVERED, FAILED)
        }

    def follow(
        self,
        now: float,
        *,
        queued: Sequence[JobEvent],
        synchronous: Sequence[JobEvent],
        sends: Sequence[Send],
    ) -> None:
        """Read what is new in lists that grow, and forget what is older than the window."""
        for event in self._new("queued", queued):
            self._note_queued(event)
        for event in self._new("synchronous", synchronous):
            if event.state is JobState.COMPLETED:
                self._made[Endpoint.SYNCHRONOUS][math.floor(event.at)] += 1
        for send in self._new("sends", sends):
            self._note_send(send)
        self._forget(now - self.window)

    def depth(self) -> Points:
        """Return how many jobs waited in the line, from each instant on."""
        return list(self._depth)

    def rates(self, endpoint: Endpoint, now: float) -> Points:
        """Return the PDFs of each whole second."""
        whole = math.floor(now)
        seconds = range(whole - round(self.window), whole)
        return [(float(second), float(self._made[endpoint][second])) for second in seconds]

    def waits(self, endpoint: Endpoint, what: str) -> Points:
        """Return when clients asked, and how long they waited: no more of them than a picture shows apart."""
        return self._waits[endpoint, what].points()

    def numbers(self, endpoint: Endpoint, now: float) -> Numbers:
        """Tell an endpoint's minute in three numbers."""
        whole = math.floor(now)
        made = sum(self._made[endpoint][second] for second in range(whole - _LATELY, whole))
        answered, delivered = (self._waits[endpoint, what].median() for what in (ANSWERED, DELIVERED))
        return Numbers(made / _LATELY, answered, delivered)

    def _new(self, name: str, told: Sequence[LogForwarder]) -> Sequence[LogForwarder]:
        new = told[self._taken[name] :]
        self._taken[name] = len(told)
        return new

    def _note_queued(self, event: JobEvent) -> None:
        before, job_id = len(self._waiting), event.job_id
        if event.state is JobState.QUEUED:
            self._waiting.add(job_id)
        else:
            self._waiting.discard(job_id)
        if len(self._waiting) != before:
            self._note_depth(event.at)
        if event.state is JobState.PROCESSING:
            self.in_hand[job_id] = event
        else:
            self.in_hand.pop(job_id, None)
        if event.state is JobState.COMPLETED:
            self.newest = job_id
            self._made[Endpoint.QUEUED][math.floor(event.at)] += 1
            self._deliver(job_id, event.at)

    def _note_depth(self, at: float) -> None:
        slot = self.window / _SLOTS
        if self._depth and self._depth[-1][0] // slot == at // slot:
            self._depth.pop()
        self._depth.append((at, float(len(self._waiting))))

    def _note_send(self, send: Send) -> None:
        asked_at, endpoint, job_id = send.intended_at, send.endpoint, send.job_id
        if not send.accepted or send.answered_at is None:
            self._waits[endpoint, ANSWERED].add(asked_at, math.inf)
            self._waits[endpoint, FAILED].add(asked_at, math.inf)
            return
        self._waits[endpoint, ANSWERED].add(asked_at, send.answered_at - asked_at)
        if endpoint == Endpoint.SYNCHRONOUS:
            self._waits[endpoint, DELIVERED].add(asked_at, send.answered_at - asked_at)
        elif job_id:
            self._asked[job_id] = asked_at
            if job_id in self._done:
                self._deliver(job_id, self._done.pop(job_id))

    def _deliver(self, job_id: str, at: float) -> None:
        asked_at = self._asked.pop(job_id, None)
        if asked_at is None:
            self._done[job_id] = at  # its client has not told us yet, and may be none of ours
        else:
            self._waits[Endpoint.QUEUED, DELIVERED].add(asked_at, at - asked_at)

    def _forget(self, before: float) -> None:
        while len(self._depth) > 1 and self._depth[1][0] < before:  # the last of the old ones begins the line
            self._depth.popleft()
        for made in self._made.values():
            for second in [second for second in made if second < before]:
                del made[second]
        for known in (self._asked, self._done):
            for job_id in [job_id for job_id, at in known.items() if at < before]:
                del known[job_id]
        for waits in self._waits.values():
            waits.forget(before)


class _Waits:
    """Waits, of which those that would be one dot in the picture are kept as one."""

    def __init__(self, window: float) -> None:
        self._slot = window / _SLOTS
        self._dots: dict[tuple[int, int], tuple[float, float]] = {}
        self._latest: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def add(self, asked_at: float, seconds: float) -> None:
        level = round(_LEVELS * math.log10(max(seconds, 1e-4))) if math.isfinite(seconds) else _LEVELS * 10
        self._dots[int(asked_at // self._slot), level] = asked_at, seconds
        self._latest.append((asked_at, seconds))

    def forget(self, before: float) -> None:
        for cell in [cell for cell, (asked_at, _) in self._dots.items() if asked_at < before]:
            del self._dots[cell]
        while self._latest and self._latest[0][0] < before:
            self._latest.popleft()

    def points(self) -> Points:
        return list(self._dots.values())

    def median(self) -> float | None:
        """Return what half of all did not exceed; who was never served counts."""
        known = sorted(seconds for _, seconds in self._latest)
        return known[(len(known) - 1) // 2] if known else None
