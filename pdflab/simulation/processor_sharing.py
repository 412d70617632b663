"""The clock of work: how workers share cores.

Read next: pdflab/simulation/autoscaling.py.
"""

from math import inf


class ProcessorSharingClock:
    """Shows the seconds of work of a worker that has been busy from the start."""

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._pace = 1.0  # seconds of work a second, for each busy worker
        self._since = self._shown = 0.0  # the last change of speed, and the clock's value then

    def at(self, now: float) -> float:
        """Return the clock's value at an instant."""
        return self._shown + (now - self._since) * self._pace

    def wall(self, shown: float) -> float:
        """Return the instant at which the clock will show this value at its present speed."""
        return self._since + (shown - self._shown) / self._pace if self._pace else inf

    def share(self, now: float, busy: int, at_api: int) -> None:
        """Share the cores among busy workers; requests at the API take one core first."""
        left = self._cores - 1 if at_api else self._cores
        pace = 1.0 if busy <= left else (left / busy if left > 0 else 0.0)
        if pace != self._pace:
            self._shown, self._since, self._pace = self.at(now), now, pace
