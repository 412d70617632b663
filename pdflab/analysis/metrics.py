"""Turn events and sends into columns and figures: waiting, service, latencies, throughput.

The same functions read the real service and the simulation. A column is a numpy array of seconds; nan means
"not yet". A figure without data is None. Percentiles are values that were observed, not interpolated.

Read next: pdflab/charts/comparison.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats, Integers
from pdflab.analysis.queue_metrics import EventRows
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.jobs import Endpoint, JobState


@dataclass(frozen=True, slots=True)
class Percentiles:
    """For each percentile the smallest value that this share of all values does not exceed."""

    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One run in one row. The names are the keys that `pdflab demo --json` prints.

    `accept` is the acknowledgement latency, `complete` the completion latency. `failed` counts all sends that
    did not end in a PDF. Throughput spans the first intended send to the last PDF.
    """

    sent: int
    accepted: int
    failed: int
    accept_p50_s: float | None
    accept_p99_s: float | None
    complete_p99_s: float | None
    throughput_per_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class JobColumns:
    """One row a job, in the order of the names in `job_id`; a job that ended, not completed, has failed."""

    job_id: Sequence[str] | range
    queued_at: Floats
    started_at: Floats
    ended_at: Floats
    completed: NDArray[np.bool_]

    @property
    def waiting(self) -> Floats:
        """Seconds in the queue before the last attempt."""
        return self.started_at - self.queued_at

    @property
    def service(self) -> Floats:
        """Seconds that a worker spent on the last attempt."""
        return self.ended_at - self.started_at

    @property
    def completed_at(self) -> Floats:
        """The instant at which each job was completed."""
        return np.where(self.completed, self.ended_at, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class SendColumns:
    """One row a send: when it was intended, sent, acknowledged, and when its PDF was complete.

    `send_lag` is by how many seconds it was sent later than intended. Latencies count from the intended
    instant. The `uncorrected` latency counts from the actual one, as in
    most tools: it omits a client's wait before it could send. Latencies mix the clocks of client and Redis:
    on several machines, they are only as exact as those agree.
    """

    intended_at: Floats
    sent_at: Floats
    accepted_at: Floats
    completed_at: Floats
    send_lag: Floats

    @property
    def acknowledgement(self) -> Floats:
        """Seconds until the answer 202 or 200."""
        return self.accepted_at - self.intended_at

    @property
    def completion(self) -> Floats:
        """Seconds until the PDF was complete."""
        return self.completed_at - self.intended_at

    @property
    def uncorrected(self) -> Floats:
        """Seconds from the actual send until the acknowledgement."""
        return self.accepted_at - self.sent_at


def job_columns(events: EventRows) -> JobColumns:
    """Return one row a job.

    A retried job is one row: queued at its first event, started at its last attempt, ended once.
    """
    table = Events.of(events)
    ends = table.is_in(JobState.COMPLETED, JobState.FAILED)
    ending = _last(table, np.flatnonzero(ends)[::-1])  # of two endings the first counts
    return JobColumns(
        job_id=table.job_id.categories,
        queued_at=_at(table, _last(table, np.flatnonzero(table.is_in(JobState.QUEUED))[::-1])),
        started_at=_at(table, _last(table, np.flatnonzero(table.is_in(JobState.PROCESSING)))),
        ended_at=_at(table, ending),
        completed=np.append(table.is_in(JobState.COMPLETED), False)[ending],
    )


def send_columns(sends: Iterable[Send] | Sends, events: EventRows) -> SendColumns:
    """Join sends with their jobs; at the synchronous endpoint the answer is the PDF."""
    table, jobs = Sends.of(sends), job_columns(events)
    accepted_at = np.where(table.accepted, table.answered_at, np.nan)
    job = table.job_id.codes_in(jobs.job_id)
    completed_at = np.append(jobs.completed_at, np.nan)[job]  # -1, no such job, indexes the nan at the end
    at_once = table.endpoint.codes_in((Endpoint.SYNCHRONOUS,)) == 0
    completed_at = np.where(at_once, accepted_at, completed_at)
    is_retry = False if table.attempt is None else table.attempt > 1  # which was meant to come later
    lag = np.where(is_retry, np.nan, table.sent_at - table.intended_at)
    return SendColumns(table.intended_at, table.sent_at, accepted_at, completed_at, lag)


def percentiles(values: Floats) -> Percentiles:
    """Return the percentiles of all values that are not nan; without any, all are None."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Percentiles()
    return Percentiles(*np.percentile(known, [50, 90, 95, 99, 100], method="inverted_cdf").tolist())


def latencies(run: Run) -> dict[str, Percentiles]:
    """Return the percentiles of every latency of a run in seconds, by the keys of `pdflab demo --json`."""
    columns, jobs = send_columns(run.sends, run.events), job_columns(run.events)
    return {
        "accept": percentiles(columns.acknowledgement),
        "accept, naive": percentiles(columns.uncorrected),
        "complete": percentiles(columns.completion),
        "wait": percentiles(jobs.waiting),
        "service": percentiles(jobs.service),
        "send_lag": percentiles(columns.send_lag),
    }


def throughput(ended_at: Floats, *, start: float, end: float, bin_seconds: float) -> tuple[Floats, Floats]:
    """Return the beginning of each whole bin and its endings a second."""
    bins = max(int((end - start) // bin_seconds), 0)
    edges = np.arange(bins + 1, dtype=np.float64) * bin_seconds + start
    placed = np.searchsorted(np.sort(ended_at[~np.isnan(ended_at)]), edges)
    return edges[:-1], np.diff(placed) / bin_seconds


def summary(run: Run) -> Summary:
    """Return a run in one row, a client that retries once: counts, latencies and PDFs a second."""
    clients = run.sends.clients
    columns = send_columns(clients, run.events)
    acknowledgement, completion = percentiles(columns.acknowledgement), percentiles(columns.completion)
    completed, seconds = int(np.count_nonzero(~np.isnan(columns.completed_at))), makespan(run)
    return Summary(
        sent=len(clients),
        accepted=int(np.count_nonzero(clients.accepted)),
        failed=len(clients) - completed,
        accept_p50_s=acknowledgement.p50,
        accept_p99_s=acknowledgement.p99,
        complete_p99_s=completion.p99,
        throughput_per_s=completed / seconds if seconds > 0 else None,
    )


def makespan(run: Run) -> float:
    """Return the seconds from the first intended send to the last PDF; 0 if there is none."""
    completed_at = send_columns(run.sends, run.events).completed_at
    return float(np.nanmax(completed_at, initial=run.began_at)) - run.began_at


def _last(table: Events, rows: Integers) -> Integers:
    """Return each job's last row among these, or -1; of rows in reverse order, its first."""
    found = np.full(len(table.job_id.categories), -1)
    found[table.job_id.codes[rows]] = rows  # numpy promises that the last of several wins
    return found


def _at(table: Events, rows: Integers) -> Floats:
    return np.append(table.at, np.nan)[rows]
