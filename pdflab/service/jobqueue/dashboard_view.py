"""What a dashboard sees of the queue, and may do to all of it: values, and two interfaces.

Read next: pdflab/service/api/snapshot.py.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self

from pdflab.jobs import Job, JobState

SAMPLES = 900  # of the history, a second apart
_SAMPLED = ("queued", "processing", "completed", "failed", "cancelled", "refused")
_PERCENTILES = (f"{what}_{p}" for what in ("wait", "completion") for p in ("p50", "p95", "p99"))
COLUMNS = ("at", *_SAMPLED, *_PERCENTILES)

Sample = dict[str, float | None]  # the queue at one instant of its history: what it counts, by name, and `at`


@dataclass(frozen=True, slots=True)
class Stats:
    """The queue at one instant: jobs by state, `oldest_age` in seconds, `throughput` in PDFs a second.

    `busy` is the seconds that workers have spent on COMPLETED jobs since the start; `fenced` counts the
    completions refused because of a stale token.

    Since the start, a user `cancelled` some of the jobs that `failed`, and `refused` documents found no room
    in the queue (429). Requests were `invalid` (400, 413, 422), or found a part `unavailable` (503).
    `workers_expected` is None where nobody said. A `paused` queue has the depth that a resume brings back.
    """

    queued: int
    processing: int
    completed: int
    failed: int
    pdf_count: int
    queue_depth: int
    oldest_age: float
    workers: int
    throughput: float
    events: int
    fenced: int
    busy: float
    cancelled: int = 0
    refused: int = 0
    invalid: int = 0
    unavailable: int = 0
    workers_expected: int | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The 50th, 95th and 99th percentiles of some durations in seconds; None where there are none."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Self:
        """Return the percentiles, each a duration that occurred: the nearest rank."""
        ordered = sorted(seconds)
        ranks = (math.ceil(p * len(ordered)) - 1 for p in (0.5, 0.95, 0.99))
        return cls(*(ordered[rank] for rank in ranks)) if ordered else cls()


def sample_of(stats: Stats, **durations: Quantiles) -> Sample:
    """Return the sample of present statistics, with the percentiles of durations: `wait_p50` and so on."""
    found: Sample = {name: getattr(stats, name) for name in _SAMPLED}
    for what, quantiles in durations.items():
        found |= {f"{what}_{p}": seconds for p, seconds in asdict(quantiles).items()}
    return found


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs of a list; `next` is where the next page begins, None at the end of the list.

    `searched` is how many jobs were looked at.
    """

    jobs: list[Job]
    next: str | None
    searched: int


class JobList(Protocol):
    """Reads lists of jobs; RedisJobList documents each method."""

    def kept(self) -> dict[JobState, int]: ...
    def page(
        self,
        state: JobState | None = None,
        limit: int = 50,
        *,
        before: str = "",
        wanted: Callable[[Job], bool] = ...,
    ) -> JobPage: ...


class Operator(Protocol):
    """Changes what no single job is about; RedisOperator documents each method."""

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def cancel_queued(self) -> Iterator[int]: ...
    def list_ended(
        self, states: Sequence[JobState], *, older_than: float = 0.0, limit: int = 500
    ) -> list[str]: ...
    def forget(self, job_ids: Sequence[str]) -> None: ...
    def dismiss(self, job_ids: Sequence[str]) -> int: ...
    def count_answers(self, counts: Mapping[str, int]) -> None: ...
    def now(self) -> float: ...


@dataclass(frozen=True, slots=True)
class DashboardWorker:
    """A worker: idle, or rendering a job, for `seconds` if that is known. `title` is text from a user.

    It is `silent`, dead or frozen, when it has not renewed its entry in the registry for half a lease.
    """

    worker: str
    silent: bool
    job_id: str | None = None
    title: str | None = None
    seconds: float | None = None


def workers_at(
    now: float, lease: float, claimed: list[list[Any]], registry: list[list[str]]
) -> list[DashboardWorker]:
    """Return the workers of an answer of lua/dashboard.lua."""
    silent = {worker: float(expires) < now + lease / 2 for worker, _, expires in registry}
    found = {
        worker: DashboardWorker(worker, silent[worker], seconds=_idle(text, now))
        for worker, text, _ in registry
    }
    for worker, job_id, title, kind, started_at in claimed:  # the registry is renewed less often than that
        with suppress(ValueError, TypeError):  # damaged from outside; a sweep ends that job
            seconds = max(now - float(started_at), 0.0)
            found[worker] = DashboardWorker(worker, silent.get(worker, True), job_id, title or kind, seconds)
    return [found[worker] for worker in sorted(found)]


def _idle(text: str, now: float) -> float | None:
    """Return for how many seconds a worker has been idle; None if its entry names a job or was damaged."""
    try:
        status = json.loads(text)
        return None if status["job_id"] else max(now - status["since"], 0.0)
    except (ValueError, TypeError, KeyError):
        return None
