"""The workers of a simulation: wanted, on their way, there; and what they cost.

Read next: simulation/autoscaling.py.
"""


class ServerPool:
    """How many workers there are, and were. Who is too many goes when done; who is on the way, first."""

    def __init__(self) -> None:
        self.present = 0  # who take jobs
        self.wanted = 0
        self.billed = 0.0  # seconds of workers: from when they are called until they are called off, and done
        self.staffing: list[tuple[float, int]] = []  # from each instant on, how many were present
        self._coming = 0
        self._called_off = 0  # who will come, and find that they are no longer wanted
        self._billed_until = 0.0

    def want(self, wanted: int, now: float, busy: int) -> int:
        """Decide on a number of workers, and return how many of them have to be called."""
        self.bill(now, busy)
        missing, self.wanted = wanted - self.present - self._coming, wanted
        if missing < 0:
            called_off = min(self._coming, -missing)
            self._coming -= called_off
            self._called_off += called_off
            self._staff(self.present + missing + called_off, now)
        return max(missing, 0)

    def call(self) -> None:
        """Have one more on the way."""
        self._coming += 1

    def come(self, now: float) -> None:
        """Let one arrive who was on the way."""
        if self._called_off:
            self._called_off -= 1
        else:
            self._coming -= 1
            self.join(now)

    def join(self, now: float) -> None:
        """Have one more take jobs."""
        self._staff(self.present + 1, now)

    def lose(self, now: float) -> None:
        """Have one less, who was wanted."""
        self._staff(self.present - 1, now)

    def bill(self, now: float, busy: int) -> None:
        """Bring the costs up to now; whoever is busy is paid, wanted or not."""
        self.billed += max(self.wanted, busy) * (now - self._billed_until)
        self._billed_until = now

    def _staff(self, present: int, now: float) -> None:
        self.present = present
        if self.staffing and self.staffing[-1][0] == now:
            self.staffing.pop()
        self.staffing.append((now, present))
