"""The workers of a simulation: the wanted, starting and present number, and their cost.

Read next: pdflab/simulation/processor_sharing.py.
"""


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
        """Set the wanted number of workers; return how many have to be started."""
        self.bill(now, busy)
        missing, self.target = target - self.present - self._starting, target
        if missing < 0:
            cancelled = min(self._starting, -missing)
            self._starting -= cancelled
            self._cancelled += cancelled
            self._staff(self.present + missing + cancelled, now)
        return max(missing, 0)

    def start(self) -> None:
        """Count one more starting worker."""
        self._starting += 1

    def ready(self, now: float) -> None:
        """Add a worker that has started, unless it was cancelled meanwhile."""
        if self._cancelled:
            self._cancelled -= 1
        else:
            self._starting -= 1
            self.add(now)

    def add(self, now: float) -> None:
        """Add a worker at once."""
        self._staff(self.present + 1, now)

    def remove(self, now: float) -> None:
        """Remove a crashed worker; the target stays."""
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
