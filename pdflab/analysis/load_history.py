"""The history of the present load at both endpoints, for charts beside the live picture.

It begins with the first request after a pause. Each row is read once, and memory stays bounded.

Read next: pdflab/analysis/endpoint_history.py.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from pdflab.analysis.chart_points import Curve
from pdflab.analysis.columns import Floats
from pdflab.analysis.endpoint_history import EndpointHistory
from pdflab.analysis.run import Send
from pdflab.analysis.scene import ENDPOINTS, Follower
from pdflab.jobs import Endpoint, JobEvent

_PAUSE = 5.0  # seconds with nothing to do, after which a request begins a new load
_STUCK = 30.0  # seconds without a row, after which nothing more is expected of a job
_ENDS = (1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0)  # of an axis, in seconds; then it rolls
_SHORTEST = 10.0  # seconds, of the axis of time
_ROLL = 60.0  # seconds

_Row = TypeVar("_Row", JobEvent, Send)


class LoadHistory:
    """The present load, in seconds since it began.

    It `began_at` an instant in seconds since the epoch. `axis` has the ends of an axis of time, `arrivals` of
    one of the instants at which clients asked.
    """

    def __init__(self) -> None:
        self._seen = Counter[str]()
        self.begin(0.0)
        self._over = True

    def begin(self, at: float) -> None:
        """Forget the load before, and begin a new one at this instant, in seconds since the epoch."""
        self.queue = Curve()  # jobs that wait in it
        self.endpoints = {endpoint: EndpointHistory(endpoint, at) for endpoint in ENDPOINTS}
        self.began_at = self._moved_at = self._active_at = at
        self._over, self.age = False, 0.0
        self.axis = self.arrivals = (0.0, 0.0)
        self._fit()

    def follow(
        self,
        now: float,
        *,
        queued: Sequence[JobEvent],
        synchronous: Sequence[JobEvent],
        sends: Sequence[Send],
        follower: Follower,
    ) -> None:
        """Read the new rows of growing lists, which the follower has read before, and see who waits."""
        events = {Endpoint.QUEUED: self._new("queued", queued)}
        events[Endpoint.SYNCHRONOUS] = self._new("synchronous", synchronous)
        ended = self._new("sends", sends)
        since = {endpoint: np.array(follower.waiting(endpoint)) for endpoint in ENDPOINTS}
        spans = [(at, now) for waiting in since.values() for at in waiting[:1]]
        spans += _spans([*events[Endpoint.QUEUED], *events[Endpoint.SYNCHRONOUS]], ended)
        if self._over and spans:
            self.begin(_latest_load(spans))
        self._moved_at = max([self._moved_at, *(until for _, until in spans)])
        earliest = self.began_at - _PAUSE  # an event can be read before the send that caused it
        for endpoint, history in self.endpoints.items():
            ours = [send for send in ended if send.endpoint == endpoint and send.intended_at >= earliest]
            history.read(now, events[endpoint], ours)
        if not self._over:
            self._look(now, since, follower)

    def _new(self, name: str, rows: Sequence[_Row]) -> Sequence[_Row]:
        seen, self._seen[name] = self._seen[name], len(rows)
        return rows[seen:]

    def _look(self, now: float, since: Mapping[Endpoint, Floats], follower: Follower) -> None:
        """See who waits, up to some seconds after everything has ended."""
        scene = follower.scene(now, {})
        is_sent = not any(side.to_come for side in scene.values())
        is_settled = follower.settled or (is_sent and now - self._moved_at > _STUCK)
        self._active_at = max(self._active_at, self._moved_at if is_settled else now)
        self._over = now - self._active_at >= _PAUSE
        until = min(now, self._active_at + _PAUSE)
        self.age = until - self.began_at
        self.queue.add(self.age, scene[Endpoint.QUEUED].queued)
        for endpoint, history in self.endpoints.items():
            history.look(until, since[endpoint])
        self._fit()

    def _fit(self) -> None:
        """Change the axes if they have become too short."""
        latest = max(one.latest for one in self.endpoints.values())
        axes = _axis(max(self.age, _SHORTEST)), _axis(latest)
        if axes != (self.axis, self.arrivals):
            self.axis, self.arrivals = axes
            self.queue.fit(*self.axis)
            for history in self.endpoints.values():
                history.fit(*axes)


def _spans(events: Sequence[JobEvent], sends: Sequence[Send]) -> list[tuple[float, float]]:
    """Return the first and the last instant of each job and of each send."""
    jobs: dict[str, tuple[float, float]] = {}
    for event in events:
        jobs[event.job_id] = (jobs.get(event.job_id, (event.at,))[0], event.at)
    return [*jobs.values(), *((send.intended_at, send.answered_at or send.intended_at) for send in sends)]


def _latest_load(spans: Sequence[tuple[float, float]]) -> float:
    """Return when the last load began: the first instant after the last pause."""
    began_at = until = -math.inf
    for first, last in sorted(spans):
        if first > until + _PAUSE:
            began_at = first
        until = max(until, last)
    return began_at


def _axis(age: float) -> tuple[float, float]:
    """Return the ends of an axis that seldom changes, since a change is expensive to draw."""
    left = _ROLL * math.ceil(max(0.0, age - _ENDS[-1]) / _ROLL)
    return left, next((end for end in _ENDS if age <= end), left + _ENDS[-1])
