"""The clock of work: how workers share cores.

Read next: simulation/discrete_event.py.
"""

from math import inf


class ProcessorSharingClock:
    """The clock of work: how many seconds of rendering a worker that never rested would have done."""

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._pace = 1.0  # seconds of work a second, for each that is busy
        self._since = self._shown = 0.0  # at that instant it showed that much, and has had this pace since

    def at(self, now: float) -> float:
        """Return what it shows at an instant."""
        return self._shown + (now - self._since) * self._pace

    def wall(self, shown: float) -> float:
        """Return the instant at which it will show that much, if nothing changes its pace."""
        return self._since + (shown - self._shown) / self._pace if self._pace else inf

    def share(self, now: float, busy: int, at_endpoint: int) -> None:
        """Let so many workers share the cores; who is at the endpoint first takes one for the API."""
        left = self._cores - 1 if at_endpoint else self._cores
        pace = 1.0 if busy <= left else (left / busy if left > 0 else 0.0)
        if pace != self._pace:
            self._shown, self._since, self._pace = self.at(now), now, pace
