"""Decides on the number of workers over time: by a schedule, or by an autoscaler that polls the queue.

A new worker is ready `start_up` seconds after the decision: a machine, an image, a process. The first
decision is at 0. A rule has a memory: each simulation needs a new one.

Read next: pdflab/simulation/theory.py.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from pdflab.errors import UsageError

# Now, jobs waiting and workers → workers from now on, and the instant of the next decision.
Rule = Callable[[float, int, int], tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of workers from each instant on; none before the first."""

    steps: tuple[tuple[float, int], ...]
    start_up: float = 0.0

    def __post_init__(self) -> None:
        if list(self.steps) != sorted(self.steps) or min((n for _, n in self.steps), default=-1) < 0:
            raise UsageError("A schedule needs steps in the order of time, with 0 workers or more in each.")
        if not 0 <= self.start_up < inf:
            raise UsageError("A start-up time must be 0 or more, and finite.")

    def rule(self) -> Rule:
        """Return the number of the last step, and the instant of the next."""

        def decide(now: float, waiting: int, workers: int) -> tuple[int, float]:
            due = [count for at, count in self.steps if at <= now]
            ahead = [at for at, _ in self.steps if at > now]
            return due[-1] if due else 0, min(ahead, default=inf)

        return decide


@dataclass(frozen=True, slots=True)
class Keda:
    """KEDA's scaler for a Redis list, with the defaults of the Kubernetes autoscaler.

    One worker for each `jobs_per_worker` waiting (`listLength`), between `least` and `most`; deviations below
    10 % change nothing. One poll adds at most four workers, or doubles them. It removes workers only when no
    poll of the last `cooldown` seconds wanted more. Simplified: KEDA polls an empty fleet every 30 s, not 15.
    Sources: keda.sh, ScaledObject specification; kubernetes.io, Horizontal Pod Autoscaling.
    """

    jobs_per_worker: float = 5.0
    least: int = 0
    most: int = 100
    start_up: float = 0.0
    poll: float = 15.0
    cooldown: float = 300.0

    def __post_init__(self) -> None:
        if not (self.jobs_per_worker > 0 and 0 <= self.least <= self.most and self.most >= 1):
            raise UsageError(
                "KEDA's rule needs jobs per worker, 1 worker or more at most, and no more at least."
            )
        if not (0 < self.poll < inf and 0 <= self.start_up < inf and 0 <= self.cooldown < inf):
            raise UsageError("KEDA's rule needs polls more than 0 seconds apart, and no negative durations.")

    def rule(self) -> Rule:
        """Return a decision by queue depth, which remembers the wanted numbers during the cooldown."""
        asked: deque[tuple[float, int]] = deque()

        def decide(now: float, waiting: int, workers: int) -> tuple[int, float]:
            wanted = self._wanted(waiting, workers)
            asked.append((now, wanted))
            while asked[0][0] < now - self.cooldown:
                asked.popleft()
            if wanted < workers:
                wanted = min(workers, max(count for _, count in asked))
            return min(wanted, max(workers + 4, 2 * workers)), now + self.poll

        return decide

    def _wanted(self, waiting: int, workers: int) -> int:
        load = waiting / self.jobs_per_worker
        if workers and abs(load / workers - 1) <= 0.1:
            return min(max(workers, self.least), self.most)
        return min(max(ceil(load), self.least), self.most)


Scaling = Schedule | Keda
