"""What a dashboard sees of the queue, and may do to all of it: values, and two interfaces.

Read next: pdflab/service/api/snapshot.py.
"""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from typing import Any, Protocol, Self

from pdflab.jobs import Job, JobState

SAMPLES = 900  # of the history, a second apart
SAMPLED = (
    "queued",
    "processing",
    "completed",
    "failed",
    "refused",
    "invalid",
    "unavailable",
    "workers",
)


@dataclass(frozen=True, slots=True)
class Stats:
    """The queue at one instant: jobs by state, `oldest_age` in seconds, `throughput` in PDFs a second.

    `busy` is the seconds that workers have spent on COMPLETED jobs since the start; `fenced` counts the
    completions refused because of a stale token.

    Since the start, `refused` documents found no room in the queue (429). Requests for documents were
    `invalid` (400, 413, 422), or found Redis or the disk `unavailable` (503).
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


@dataclass(frozen=True, slots=True)
class Sample:
    """The queue at one instant of its history; what has ended, or was not accepted, since the start."""

    at: float  # by the clock of Redis, once it has been added
    queued: int
    processing: int
    completed: int
    failed: int
    refused: int
    invalid: int
    unavailable: int
    workers: int
    wait: Quantiles  # from QUEUED to PROCESSING, of the last minute
    completion: Quantiles  # from QUEUED to COMPLETED

    @classmethod
    def of(cls, stats: Stats, wait: Quantiles, completion: Quantiles) -> Self:
        """Return the sample of present statistics."""
        counts = {name: getattr(stats, name) for name in SAMPLED}
        return cls(at=0.0, wait=wait, completion=completion, **counts)

    def to_json(self) -> str:
        """Return the sample as text, without its instant."""
        fields = asdict(self) | {"wait": astuple(self.wait), "completion": astuple(self.completion)}
        del fields["at"]
        return json.dumps(fields)

    @classmethod
    def from_json(cls, text: str, at: float) -> Self:
        """Return the sample of such a text. Raises ValueError, KeyError or TypeError for any other."""
        fields = json.loads(text)
        for name in ("wait", "completion"):
            fields[name] = Quantiles(*fields[name])
        return cls(at=at, **fields)


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
    """A worker: idle, or rendering a job, for `seconds` if that is known.

    `heard` is false when its entry in the registry has expired. It is `silent`, dead or frozen, when it has
    not renewed its entry for half a lease; `renewed` is how many seconds ago it did.
    """

    worker: str
    heard: bool
    job_id: str | None = None
    title: str | None = None
    seconds: float | None = None
    renewed: float | None = None
    silent: bool = True


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A job that a worker has claimed. `title` is text from a user."""

    job_id: str
    title: str
    started_at: float


def workers_at(
    now: float, lease: float, claimed: list[list[Any]], registry: list[list[str]]
) -> list[DashboardWorker]:
    """Return the workers of an answer of lua/dashboard.lua."""
    owned = {}
    for worker, job_id, title, kind, started_at in claimed:
        with suppress(ValueError, TypeError):  # damaged from outside; a sweep ends that job
            owned[worker] = _Claimed(job_id, title or kind, float(started_at))
    entries = {worker: (_status(text), float(expires)) for worker, text, expires in registry}
    return [
        _worker(worker, owned.get(worker), *entries.get(worker, ({}, None)), now=now, lease=lease)
        for worker in sorted(owned.keys() | entries.keys())
    ]


def _status(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except (ValueError, TypeError):
        return {}  # damaged from outside; the next renewal writes it anew


def _worker(
    worker: str,
    job: _Claimed | None,
    status: dict[str, Any],
    expires: float | None,
    *,
    now: float,
    lease: float,
) -> DashboardWorker:
    """Derive its status from the job's record: the registry is renewed only every sixth of a lease."""
    renewed = None if expires is None else max(now - (expires - lease), 0.0)
    known = "since" in status and not status.get("job_id")  # otherwise it has become idle since
    since = job.started_at if job else status["since"] if known else None
    return DashboardWorker(
        worker,
        heard=expires is not None and expires > now,
        job_id=job.job_id if job else None,
        title=job.title if job else None,
        seconds=None if since is None else max(now - since, 0.0),
        renewed=renewed,
        silent=renewed is None or renewed > lease / 2,
    )
