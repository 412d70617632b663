"""Events and sends in, columns and figures out: waiting, service, depth, throughput, percentiles.

The same functions read the real service and the simulation. A column is a numpy array of seconds in which
nan is "not yet"; a figure of nothing is None. Percentiles are values that were observed, never estimates.

Read next: notebook/charts.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdflab.jobs import JobEvent, JobState
from pdflab.run import SYNCHRONOUS, Run, Send

Floats = NDArray[np.float64]
_NOT_YET = float("nan")


@dataclass(frozen=True, slots=True)
class JobColumns:
    """One row a job, in the order of their first events; `outcome` is COMPLETED, FAILED or empty."""

    job_id: tuple[str, ...]
    kind: tuple[str, ...]
    queued_at: Floats
    started_at: Floats
    ended_at: Floats
    outcome: NDArray[np.str_]

    @property
    def waiting(self) -> Floats:
        """Seconds in the line, before the attempt that counted."""
        return self.started_at - self.queued_at

    @property
    def service(self) -> Floats:
        """Seconds a worker spent on the attempt that ended the job."""
        return self.ended_at - self.started_at

    @property
    def completed_at(self) -> Floats:
        """When each job became a PDF."""
        return np.where(self.outcome == JobState.COMPLETED, self.ended_at, _NOT_YET)


@dataclass(frozen=True, slots=True)
class SendColumns:
    """One row a send: when it was meant to go, when the service said yes, when its PDF was there.

    Both latencies count from the intended instant. They mix the clocks of client and Redis: on several
    machines they are as exact as those agree.
    """

    intended_at: Floats
    accepted_at: Floats
    completed_at: Floats

    @property
    def accept(self) -> Floats:
        """Seconds until the client heard yes."""
        return self.accepted_at - self.intended_at

    @property
    def complete(self) -> Floats:
        """Seconds until the PDF was there."""
        return self.completed_at - self.intended_at


@dataclass(slots=True)
class _Row:
    kind: str
    queued_at: float = _NOT_YET
    started_at: float = _NOT_YET
    ended_at: float = _NOT_YET
    outcome: str = ""

    def apply(self, event: JobEvent) -> None:
        if event.state is JobState.QUEUED and isnan(self.queued_at):
            self.queued_at = event.at
        elif event.state is JobState.PROCESSING:
            self.started_at = event.at
        elif event.state.is_ending and not self.outcome:
            self.ended_at, self.outcome = event.at, event.state.value


def job_columns(events: Iterable[JobEvent]) -> JobColumns:
    """Fold events, in the order of the log, into a row a job.

    A retry counts as one job: queued the first time, started the last time, ended once.
    """
    rows: dict[str, _Row] = {}
    for event in events:
        rows.setdefault(event.job_id, _Row(event.kind)).apply(event)
    table = list(rows.values())
    return JobColumns(
        job_id=tuple(rows),
        kind=tuple(row.kind for row in table),
        queued_at=_column(row.queued_at for row in table),
        started_at=_column(row.started_at for row in table),
        ended_at=_column(row.ended_at for row in table),
        outcome=np.array([row.outcome for row in table], dtype="U9"),
    )


def send_columns(sends: Sequence[Send], events: Iterable[JobEvent]) -> SendColumns:
    """Join what clients saw with what the jobs became; at the synchronous door the answer is the PDF."""
    completed = {event.job_id: event.at for event in events if event.state is JobState.COMPLETED}
    accepted_at = _column(_accepted_at(send) for send in sends)
    delivered = (
        _accepted_at(send) if send.door == SYNCHRONOUS else completed.get(send.job_id or "", _NOT_YET)
        for send in sends
    )
    return SendColumns(_column(send.intended_at for send in sends), accepted_at, _column(delivered))


def completed_at(events: Iterable[JobEvent]) -> Floats:
    """Give the instants at which PDFs were completed."""
    return _column(event.at for event in events if event.state is JobState.COMPLETED)


def percentiles(values: Floats) -> dict[str, float | None]:
    """Give p50, p90, p95, p99 and max of what is known: the smallest value that so many do not exceed."""
    known = values[~np.isnan(values)]
    if not len(known):
        return dict.fromkeys(("p50", "p90", "p95", "p99", "max"))
    ranks = np.percentile(known, (50, 90, 95, 99, 100), method="inverted_cdf")
    return dict(zip(("p50", "p90", "p95", "p99", "max"), ranks.tolist(), strict=True))


def depth(events: Iterable[JobEvent]) -> tuple[Floats, Floats]:
    """Give the instants at which the number of QUEUED jobs changed, and that number from each on."""
    last: dict[str, JobState] = {}
    steps: list[tuple[float, int]] = []
    for event in events:
        entered, left = event.state is JobState.QUEUED, last.get(event.job_id) is JobState.QUEUED
        last[event.job_id] = event.state
        if entered != left:
            steps.append((event.at, entered - left))
    steps.sort(key=lambda step: step[0])
    return _column(at for at, _ in steps), np.cumsum(_column(change for _, change in steps))


def time_average(times: Floats, values: Floats, *, start: float, end: float) -> float:
    """Average a step series over a window, weighing each value by how long it held; 0 before the first.

    Of `depth`, it is the L of Little's law: the sum of all waits within the window ÷ its length.
    """
    inside = np.clip(times, start, end)
    held = np.diff(inside, append=end)
    return float(np.dot(values, held)) / (end - start)


def throughput(
    ended_at: Floats, *, bin_seconds: float = 1.0, start: float | None = None, end: float | None = None
) -> tuple[Floats, Floats]:
    """Count endings a second in bins of equal length: the beginning of each bin, and its rate.

    From `start` (else the first ending) to `end` (else the last), whole bins only where an end is given.
    """
    known = ended_at[~np.isnan(ended_at)]
    if not len(known) and (start is None or end is None):
        return np.empty(0), np.empty(0)
    first = float(known.min()) if start is None else start
    bins = (
        int((end - first) // bin_seconds)
        if end is not None
        else int((known.max() - first) // bin_seconds) + 1
    )
    edges = np.arange(max(bins, 0) + 1, dtype=np.float64) * bin_seconds + first
    placed = np.searchsorted(np.sort(known), edges)
    return edges[:-1], np.diff(placed) / bin_seconds


def summary(run: Run) -> dict[str, Any]:
    """Give a run in one row: counts, p50 and p99 of both latencies, and PDFs a second.

    `failed` is everything sent that has not ended in a PDF. Throughput spans the first intended send to
    the last PDF.
    """
    columns = send_columns(run.sends, run.events)
    accept, complete = percentiles(columns.accept), percentiles(columns.complete)
    completed = int(np.count_nonzero(~np.isnan(columns.completed_at)))
    return {
        "sent": len(run.sends),
        "accepted": sum(send.accepted for send in run.sends),
        "failed": len(run.sends) - completed,
        "accept_p50_s": accept["p50"],
        "accept_p99_s": accept["p99"],
        "complete_p99_s": complete["p99"],
        "throughput_per_s": _rate(columns, completed),
    }


def _rate(columns: SendColumns, completed: int) -> float | None:
    if not completed:
        return None
    seconds = float(np.nanmax(columns.completed_at) - columns.intended_at.min())
    return completed / seconds if seconds > 0 else None


def _accepted_at(send: Send) -> float:
    return send.answered_at if send.accepted and send.answered_at is not None else _NOT_YET


def _column(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)
