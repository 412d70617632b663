"""The history of a load at one endpoint: waiting clients, PDFs a second, and the latency of each client.

Its results are in seconds since the load began, its arguments in seconds since the epoch.

Read next: pdflab/analysis/chart_points.py.
"""

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pdflab.analysis.chart_points import Curve, Dots, Points, thin
from pdflab.analysis.columns import Floats
from pdflab.analysis.run import Send
from pdflab.analysis.running_latency import RunningLatency
from pdflab.jobs import Cause, Endpoint, JobEvent, JobState

ANSWERED, DELIVERED, FAILED, OPEN = "answered", "delivered", "failed", "open"  # what a client waited for

_RATE_SECONDS = 5  # over which a rate is averaged
_KEPT = 600.0  # seconds that a job may wait beyond the axis
_ANSWER_SECONDS = 1.0  # after its PDF, by which an answer of the synchronous endpoint is read


@dataclass(frozen=True, slots=True)
class Numbers:
    """PDFs a second, and latencies until the answer and until the PDF: the median and the 99th percentile.

    Clients that still wait count with what they have waited so far; inf is never.
    """

    rate: float
    answered: float | None
    delivered: float | None
    answered_p99: float | None = None
    delivered_p99: float | None = None


class EndpointHistory:
    """One endpoint since its load began, up to the last look."""

    def __init__(self, endpoint: Endpoint, began_at: float) -> None:
        self.clients = Curve()  # that wait for an answer
        self.latest = 0.0  # the last intended instant so far
        self._queued, self._began_at = endpoint == Endpoint.QUEUED, began_at
        self._left, self._arrivals, self._until = 0.0, (0.0, 1.0), 0.0
        self._made, self._wasted = Counter[int](), Counter[int]()  # PDFs in each second
        self._dots = {what: Dots() for what in (ANSWERED, DELIVERED, FAILED)}
        self._answered, self._delivered = RunningLatency(), RunningLatency()
        self._since: Floats = np.empty(0)  # the intended instant of each client that waits
        self._asked: dict[str, float] = {}  # that of each job whose end is not read yet
        self._ended: dict[str, JobEvent] = {}  # the end of each job whose answer is not read yet
        self._gave_up: deque[float] = deque()  # when each client was sent whose PDF may still be made

    def read(self, now: float, events: Sequence[JobEvent], sends: Sequence[Send]) -> None:
        """Read new events, and sends that have ended by now."""
        for event in events:
            if event.state.is_ending:
                self._made[self._second(event)] += event.state is JobState.COMPLETED
                self._ended[event.job_id] = event
                self._join(event.job_id)
        for send in sends:
            self.latest = max(self.latest, send.intended_at - self._began_at)
            seconds = (now if send.answered_at is None else send.answered_at) - send.intended_at
            if send.accepted and not send.error:
                self._accept(send, seconds)
            else:
                if not send.retried:
                    self._answered.add(math.inf)
                    self._fail(send.intended_at - self._began_at, seconds)
                self._gave_up.extend([send.sent_at] * (send.error == "timeout"))

    def look(self, now: float, since: Floats) -> None:
        """See who waits now, by the instants since when."""
        self._until, self._since = now - self._began_at, since - self._began_at
        self.latest = max([self.latest, *self._since[-1:]])
        self.clients.add(self._until, len(since))
        while self._gave_up and self._ended and not self._queued:
            job_id, event = next(iter(self._ended.items()))
            if event.at > now - _ANSWER_SECONDS:
                break
            del self._ended[job_id]
            if event.at >= self._gave_up[0] and event.state is JobState.COMPLETED:
                self._gave_up.popleft()  # nobody had this PDF, and somebody left without one
                self._wasted[self._second(event)] += 1

    def fit(self, axis: tuple[float, float], arrivals: tuple[float, float]) -> None:
        """Keep what axes with these ends can show: of time, and of intended instants."""
        left, self._left, self._arrivals = axis[0], axis[0], arrivals
        self.clients.fit(*axis)
        for dots in self._dots.values():
            dots.fit(*arrivals)
        self._made, self._wasted = (
            Counter({second: count for second, count in counts.items() if second >= left})
            for counts in (self._made, self._wasted)
        )
        since = left - _KEPT  # those who wait for their PDF count, although the axis has left them behind
        self._asked = {job_id: at for job_id, at in self._asked.items() if at >= since}
        self._ended = {k: event for k, event in self._ended.items() if self._second(event) >= left}

    def rates(self) -> Points:
        """Return the PDFs made in each whole second."""
        return [(float(second), float(self._made[second])) for second in self._seconds()]

    def goodput(self) -> Points:
        """Return those of them whose clients had not given up."""
        return [(at, made - self._wasted[int(at)]) for at, made in self.rates()]

    def waits(self) -> Mapping[str, Points]:
        """Return intended instants and latencies by outcome; of points that would overlap, one.

        OPEN has those who still wait for their PDF, whether they had an answer or not.
        """
        since = self._open()
        still = thin(since, self._until - since, *self._arrivals)
        return {OPEN: still} | {what: dots.points for what, dots in self._dots.items()}

    def numbers(self) -> Numbers:
        """Return the present rate, and the latencies of all clients so far."""
        last = [made for _, made in self.rates()[-_RATE_SECONDS:]]
        answer, pdf = self._until - self._since, self._until - self._open()
        return Numbers(
            rate=sum(last) / max(1, len(last)),
            answered=self._answered.percentile(0.5, answer),
            delivered=self._delivered.percentile(0.5, pdf),
            answered_p99=self._answered.percentile(0.99, answer),
            delivered_p99=self._delivered.percentile(0.99, pdf),
        )

    def _open(self) -> Floats:
        """Return the intended instant of each client that waits for its PDF."""
        asked = self._asked.values() if self._queued else ()
        return np.append(self._since, np.fromiter(asked, dtype=np.float64))

    def _accept(self, send: Send, seconds: float) -> None:
        intended_at = send.intended_at - self._began_at
        self._answered.add(seconds)
        self._dots[ANSWERED].add(intended_at, seconds)
        if not self._queued:
            self._deliver(intended_at, seconds)
        if send.job_id:
            self._asked[send.job_id] = intended_at
            self._join(send.job_id)

    def _join(self, job_id: str) -> None:
        """Note the latency of a job once its client and its end are known."""
        if job_id not in self._asked or job_id not in self._ended:
            return
        intended_at, event = self._asked.pop(job_id), self._ended.pop(job_id)
        seconds = event.at - self._began_at - intended_at
        if self._queued and event.state is JobState.COMPLETED:
            self._deliver(intended_at, seconds)
        elif self._queued and event.cause is not Cause.CANCELLED:
            self._fail(intended_at, seconds)

    def _deliver(self, intended_at: float, seconds: float) -> None:
        self._delivered.add(seconds)
        self._dots[DELIVERED].add(intended_at, seconds)

    def _fail(self, intended_at: float, seconds: float) -> None:
        self._delivered.add(math.inf)
        self._dots[FAILED].add(intended_at, seconds)

    def _second(self, event: JobEvent) -> int:
        return math.floor(event.at - self._began_at)

    def _seconds(self) -> range:
        return range(math.floor(self._left), math.floor(self._until))
