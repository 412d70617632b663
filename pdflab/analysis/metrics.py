"""Events and sends in, columns and figures out: waiting, service, latencies, throughput.

The same functions read the real service and the simulation. A column is a numpy array of seconds in which
nan is "not yet"; a figure of nothing is None. Percentiles are values that were observed, never estimates.

Read next: analysis/queue_metrics.py, then analysis/validity.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats, Integers
from pdflab.analysis.queue_metrics import EventRows
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.jobs import Endpoint, JobState

RANKS = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}

_CODE = {state: code for code, state in enumerate(JobState)}


@dataclass(frozen=True, slots=True, eq=False)
class JobColumns:
    """One row a job, in the order of the names in `job_id`; how it ended, or neither."""

    job_id: Sequence[str] | range
    queued_at: Floats
    started_at: Floats
    ended_at: Floats
    completed: NDArray[np.bool_]
    failed: NDArray[np.bool_]

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
        return np.where(self.completed, self.ended_at, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class SendColumns:
    """One row a send: when it was meant to go, when it went, when it was accepted, when its PDF was there.

    Latencies count from the intended instant. `naive` counts from the one at which it really went, as most
    tools do: what a client had to wait before it could send is not in it. Instants of client and Redis are
    mixed: on several machines they are as exact as their clocks agree.
    """

    intended_at: Floats
    sent_at: Floats
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

    @property
    def naive(self) -> Floats:
        """Seconds until yes, from when the request really went."""
        return self.accepted_at - self.sent_at

    @property
    def send_lag(self) -> Floats:
        """Seconds by which each request went later than it was meant to."""
        return self.sent_at - self.intended_at


def job_columns(events: EventRows) -> JobColumns:
    """Fold events into a row a job.

    A retry counts as one job: queued the first time, started the last time, ended once.
    """
    table = Events.of(events)
    ends = table.is_in(JobState.COMPLETED, JobState.FAILED)
    ending = _last(table, np.flatnonzero(ends)[::-1])  # of two endings the first counts
    state = np.where(ending < 0, -1, table.state[ending] if len(table) else -1)
    return JobColumns(
        job_id=table.job_id.words,
        queued_at=_at(table, _last(table, np.flatnonzero(table.is_in(JobState.QUEUED))[::-1])),
        started_at=_at(table, _last(table, np.flatnonzero(table.is_in(JobState.PROCESSING)))),
        ended_at=_at(table, ending),
        completed=state == _CODE[JobState.COMPLETED],
        failed=state == _CODE[JobState.FAILED],
    )


def send_columns(sends: Iterable[Send] | Sends, events: EventRows) -> SendColumns:
    """Join what clients saw with what the jobs became; at the synchronous endpoint the answer is the PDF."""
    table, jobs = Sends.of(sends), job_columns(events)
    accepted_at = np.where(table.accepted, table.answered_at, np.nan)
    job = table.job_id.codes_in(jobs.job_id)
    completed_at = np.append(jobs.completed_at, np.nan)[job]  # -1, no such job, finds the nan at the end
    at_once = table.endpoint.equal(Endpoint.SYNCHRONOUS)
    return SendColumns(
        table.intended_at, table.sent_at, accepted_at, np.where(at_once, accepted_at, completed_at)
    )


def completed_at(events: EventRows) -> Floats:
    """Return the instants at which PDFs were completed."""
    table = Events.of(events)
    return table.at[table.is_in(JobState.COMPLETED)]


def percentiles(values: Floats) -> dict[str, float | None]:
    """Return p50, p90, p95, p99 and max of what is known: the smallest value that so many do not exceed."""
    known = values[~np.isnan(values)]
    if not len(known):
        return dict.fromkeys(RANKS)
    ranks = np.percentile(known, list(RANKS.values()), method="inverted_cdf")
    return dict(zip(RANKS, ranks.tolist(), strict=True))


def latencies(run: Run) -> dict[str, dict[str, float | None]]:
    """Return the percentiles of every latency of a run, in seconds, and of the generator's send_lag."""
    columns, jobs = send_columns(run.sends, run.events), job_columns(run.events)
    return {
        "accept": percentiles(columns.accept),
        "accept, naive": percentiles(columns.naive),
        "complete": percentiles(columns.complete),
        "wait": percentiles(jobs.waiting),
        "service": percentiles(jobs.service),
        "send_lag": percentiles(columns.send_lag),
    }


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
    """Return a run in one row: counts, p50 and p99 of both latencies, and PDFs a second.

    `failed` is everything sent that has not ended in a PDF. Throughput spans the first intended send to
    the last PDF.
    """
    columns = send_columns(run.sends, run.events)
    accept, complete = percentiles(columns.accept), percentiles(columns.complete)
    completed = int(np.count_nonzero(~np.isnan(columns.completed_at)))
    return {
        "sent": len(run.sends),
        "accepted": int(np.count_nonzero(run.sends.accepted)),
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


def _last(table: Events, rows: Integers) -> Integers:
    """Return for each job the last of these rows that is its own, or -1; the first, of rows turned round."""
    found = np.full(len(table.job_id.words), -1)
    found[table.job_id.codes[rows]] = rows  # numpy promises that the last of several wins
    return found


def _at(table: Events, rows: Integers) -> Floats:
    return np.append(table.at, np.nan)[rows]
