"""The clock of work: how workers share cores.

Read next: events.py.
"""

from math import inf


class WorkClock:
    """The clock of work: how many seconds of rendering a worker that never rested would have done."""

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._pace = 1.0  # seconds of work a second, for each that is busy
        self._since = self._shown = 0.0  # at that instant it showed that much, and has had this pace since

    def at(self, now: float) -> float:
        """Give what it shows at an instant."""
        return self._shown + (now - self._since) * self._pace

    def wall(self, shown: float) -> float:
        """Give the instant at which it will show that much, if nothing changes its pace."""
        return self._since + (shown - self._shown) / self._pace if self._pace else inf

    def share(self, now: float, busy: int, *, at_door: bool) -> None:
        """Let so many workers share the cores, the API having first taken what it needs."""
        left = self._cores - at_door
        pace = 1.0 if busy <= left else max(left, 0.0) / busy
        if pace != self._pace:
            self._shown, self._since, self._pace = self.at(now), now, pace
