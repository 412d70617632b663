"""Decides on the number of workers over time: by a schedule, or by an autoscaler that polls the queue.

The first decision is at 0. A rule has a memory: each simulation needs a new one.

Read next: pdflab/simulation/theory.py.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf

from pdflab.errors import require

# Now, jobs waiting and workers → workers from now on, and the instant of the next decision.
Rule = Callable[[float, int, int], tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of workers from each instant on; none before the first."""

    steps: tuple[tuple[float, int], ...]

    def __post_init__(self) -> None:
        is_valid = list(self.steps) == sorted(self.steps) and min((n for _, n in self.steps), default=-1) >= 0
        require(is_valid, "A schedule needs steps in the order of time, with 0 workers or more in each.")

    def rule(self) -> Rule:
        """Return the number of the last step, and the instant of the next."""

        def decide(now: float, waiting: int, workers: int) -> tuple[int, float]:
            due = [0, *(count for at, count in self.steps if at <= now)]
            return due[-1], min((at for at, _ in self.steps if at > now), default=inf)

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
    poll: float = 15.0
    cooldown: float = 300.0

    def __post_init__(self) -> None:
        has_limits = self.jobs_per_worker > 0 and 0 <= self.least <= self.most and self.most >= 1
        require(
            has_limits, "KEDA's rule needs jobs per worker, 1 worker or more at most, and no more at least."
        )
        has_times = 0 < self.poll < inf and 0 <= self.cooldown < inf
        require(has_times, "KEDA's rule needs polls more than 0 seconds apart, and no negative durations.")

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
        is_near = workers and abs(load / workers - 1) <= 0.1
        return min(max(workers if is_near else ceil(load), self.least), self.most)


Scaling = Schedule | Keda
