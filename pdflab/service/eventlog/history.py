"""The history that the recorder keeps in Redis: a sample a second, whether somebody looks at a chart or not.

Read next: pdflab/service/api/history.py.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable

from pdflab.jobs import JobEvent, JobState
from pdflab.service.jobqueue.base import Monitor
from pdflab.service.jobqueue.dashboard_view import Quantiles, sample_of

_INTERVAL = 0.9  # seconds; the recorder looks every half second, sometimes a little early
_WINDOW = 60.0  # seconds of the percentiles
_MOST_ENDED = 2_000  # jobs of the percentiles
_MOST_OPEN = 100_000  # jobs whose acceptance is remembered

_Times = deque[tuple[float, float]]  # when it was seen, seconds


class History:
    """Measures how long jobs wait and take, and adds a sample with the statistics of the queue."""

    def __init__(self, monitor: Monitor, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._monitor = monitor
        self._clock = clock
        self._accepted: dict[str, float] = {}  # when each open job was accepted
        self._waits: _Times = deque(maxlen=_MOST_ENDED)
        self._completions: _Times = deque(maxlen=_MOST_ENDED)
        self._sampled_at = float("-inf")
        self._has_caught_up = False

    def add(self, events: list[JobEvent]) -> None:
        """Take in new events. Raises BrokerUnavailable."""
        if events and not self._has_caught_up:
            self._catch_up(events[0].number)
            self._has_caught_up = True
        now = self._clock()
        for event in events:
            self._add(event, now)

    def sample(self) -> None:
        """Add a sample, if the last one is a second old. Raises BrokerUnavailable."""
        now = self._clock()
        if now - self._sampled_at < _INTERVAL:
            return
        self._sampled_at = now
        wait, completion = (Quantiles.of(_recent(times, now)) for times in (self._waits, self._completions))
        self._monitor.add_sample(sample_of(self._monitor.stats(), wait=wait, completion=completion))

    def _add(self, event: JobEvent, now: float) -> None:
        if event.state is JobState.QUEUED:
            self._accepted.setdefault(event.job_id, event.at)
        accepted_at = self._accepted.get(event.job_id)
        if accepted_at is None:
            return  # it was accepted before the stream begins
        if event.state is JobState.PROCESSING and event.attempt == 1:
            self._waits.append((now, event.at - accepted_at))
        if event.state is JobState.COMPLETED:
            self._completions.append((now, event.at - accepted_at))
        if event.state.is_ending:
            del self._accepted[event.job_id]
        if len(self._accepted) > _MOST_OPEN:
            del self._accepted[next(iter(self._accepted))]

    def _catch_up(self, number: int) -> None:
        """Find the acceptance of jobs that are open, in what the stream keeps from before an event."""
        after = "0"
        while True:
            events = [event for event in self._monitor.events(after)[0] if event.number < number]
            for event in events:
                if event.state.is_ending:
                    self._accepted.pop(event.job_id, None)
                elif event.state is JobState.QUEUED:
                    self._accepted.setdefault(event.job_id, event.at)
            if not events:
                return
            after = events[-1].event_id


def _recent(times: _Times, now: float) -> Iterable[float]:
    return (seconds for seen_at, seconds in times if now - seen_at <= _WINDOW)
