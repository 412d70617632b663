"""Decides on the number of workers over time: by a schedule, or by an autoscaler that polls the queue.

The first decision is at 0. A rule has a memory: each simulation needs a new one.

Read next: pdflab/simulation/theory.py.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, isfinite

from pdflab.errors import require


@dataclass(frozen=True, slots=True)
class Seen:
    """What an autoscaler sees when it looks; `oldest` is how long the oldest queued job has waited."""

    time: float  # seconds since the beginning
    waiting: int  # jobs
    workers: int  # wanted: starting ones count, draining ones do not
    busy: int = 0  # workers
    oldest: float = 0.0  # seconds


# From what is seen to the workers from now on, and the instant of the next decision.
Rule = Callable[[Seen], tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The number of workers from each instant on; none before the first."""

    steps: tuple[tuple[float, int], ...]

    def __post_init__(self) -> None:
        is_valid = list(self.steps) == sorted(self.steps) and min((n for _, n in self.steps), default=-1) >= 0
        require(is_valid, "A schedule needs steps in the order of time, with 0 workers or more in each.")

    def rule(self) -> Rule:
        """Return the number of the last step, and the instant of the next."""

        def decide(seen: Seen) -> tuple[int, float]:
            due = [0, *(count for at, count in self.steps if at <= seen.time)]
            return due[-1], min((at for at, _ in self.steps if at > seen.time), default=inf)

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
        held = _hold(self._wanted, self.cooldown)

        def decide(seen: Seen) -> tuple[int, float]:
            return min(held(seen), max(seen.workers + 4, 2 * seen.workers)), seen.time + self.poll

        return decide

    def _wanted(self, seen: Seen) -> int:
        load = seen.waiting / self.jobs_per_worker
        is_near = seen.workers and abs(load / seen.workers - 1) <= 0.1
        return min(max(seen.workers if is_near else ceil(load), self.least), self.most)


@dataclass(frozen=True, slots=True)
class Polled:
    """Any rule that returns the wanted workers, polled, rounded up, and kept between `least` and `most`.

    As KEDA's, it removes workers only when no poll of the last `cooldown` seconds wanted more. Raises
    UsageError while it decides, if what is wanted is no number.
    """

    wanted: Callable[[Seen], float]
    least: int = 1
    most: int = 100
    poll: float = 15.0
    cooldown: float = 300.0

    def rule(self) -> Rule:
        """Return a decision by the rule, which remembers the wanted numbers during the cooldown."""
        held = _hold(self._whole, self.cooldown)
        return lambda seen: (held(seen), seen.time + self.poll)

    def _whole(self, seen: Seen) -> int:
        wanted = self.wanted(seen)
        is_number = isinstance(wanted, int | float) and not isinstance(wanted, bool) and isfinite(wanted)
        require(is_number, f"The rule returned {wanted!r}; return a number of workers.")
        return min(max(ceil(wanted), self.least), self.most)


def _hold(wanted: Callable[[Seen], int], cooldown: float) -> Callable[[Seen], int]:
    """Let the wanted workers fall only to the most that was wanted in the last seconds."""
    asked: deque[tuple[float, int]] = deque()

    def held(seen: Seen) -> int:
        count = wanted(seen)
        asked.append((seen.time, count))
        while asked[0][0] < seen.time - cooldown:
            asked.popleft()
        return count if count >= seen.workers else min(seen.workers, max(n for _, n in asked))

    return held


Scaling = Schedule | Keda | Polled
