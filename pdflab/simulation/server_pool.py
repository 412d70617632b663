"""The workers of a simulation: their number over time, their cost, and how they share cores.

Read next: pdflab/simulation/autoscaling.py.
"""

from math import inf


class ServerPool:
    """Counts workers over time. Scale-down cancels starting workers first, then drains busy ones."""

    def __init__(self) -> None:
        self.present = 0  # workers that take jobs
        self.target = 0
        self.billed = 0.0  # worker seconds: from the decision to start until released and idle
        self.staffing: list[tuple[float, int]] = []  # from each instant on, how many were present
        self._starting = 0
        self._cancelled = 0  # starting workers that are no longer wanted
        self._billed_until = 0.0

    def set_target(self, target: int, now: float, busy: int) -> int:
        """Set the wanted number of workers; return how many start."""
        self.bill(now, busy)
        missing, self.target = target - self.present - self._starting, target
        started = max(missing, -self._starting)  # below 0: cancelled
        self._starting += started
        self._cancelled -= min(started, 0)
        if missing < started:
            self._staff(self.present + missing - started, now)
        return max(missing, 0)

    def ready(self, now: float) -> None:
        """Add a worker that has started, unless it was cancelled meanwhile."""
        if self._cancelled:
            self._cancelled -= 1
        else:
            self._starting -= 1
            self._staff(self.present + 1, now)

    def restart(self, now: float) -> None:
        """Start a crashed worker again; the target stays."""
        self._starting += 1
        self._staff(self.present - 1, now)

    def bill(self, now: float, busy: int) -> None:
        """Bring the cost up to date; every busy worker is paid, wanted or not."""
        self.billed += max(self.target, busy) * (now - self._billed_until)
        self._billed_until = now

    def _staff(self, present: int, now: float) -> None:
        self.present = present
        if self.staffing and self.staffing[-1][0] == now:
            self.staffing.pop()
        self.staffing.append((now, present))


class ProcessorSharingClock:
    """The clock of work: the seconds of work of a worker that has been busy from the start."""

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
