"""Queue metrics over time: queue depth, oldest age, busy workers, Little's law.

All of it follows from one table: how long each job stayed in each state. Instants are in seconds.

Read next: pdflab/analysis/metrics.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pdflab.analysis.columns import Floats, Integers
from pdflab.analysis.run import Events
from pdflab.jobs import JobEvent, JobState

EventRows = Iterable[JobEvent] | Events


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """The time that jobs spent in one state; `ended_at` is nan while a job is still in it."""

    job: Integers  # its code in the events' column
    worker: Integers  # the same; an unknown worker is -1
    began_at: Floats
    ended_at: Floats


@dataclass(frozen=True, slots=True)
class Little:
    """The three figures of Little's law: mean jobs, arrivals a second, mean seconds of each."""

    jobs: float
    arrival_rate: float
    seconds: float


def intervals(events: EventRows, state: JobState) -> Intervals:
    """Return every interval in a state; each lasts until the job's next event."""
    table = Events.of(events)
    order = np.argsort(table.job_id.codes, kind="stable")  # each job's own events remain in order
    job, at = table.job_id.codes[order], table.at[order]
    goes_on = np.append(job[1:] == job[:-1], np.zeros(min(len(job), 1), dtype=np.bool_))
    ended_at = np.where(goes_on, np.append(at[1:], at[:1]), np.nan)
    chosen = table.is_in(state)[order]
    worker = np.full(len(job), -1) if table.worker is None else table.worker.codes[order]
    return Intervals(job[chosen], worker[chosen], at[chosen], ended_at[chosen])


def depth(events: EventRows, state: JobState = JobState.QUEUED) -> tuple[Floats, Floats]:
    """Return the instants at which the number of jobs in a state changed, and the number after each."""
    found = intervals(events, state)
    left = found.ended_at[~np.isnan(found.ended_at)]
    times = np.concatenate([found.began_at, left])
    instants, place = np.unique(times, return_inverse=True)
    change = np.bincount(place, np.repeat([1.0, -1.0], [len(found.began_at), len(left)]), len(instants))
    moved = change != 0
    return instants[moved], np.cumsum(change[moved])


def oldest_age(events: EventRows, at: Floats) -> Floats:
    """Return, for each of these instants, how long the oldest queued job has waited; 0 if none waits.

    It is the first job, by the instant of queueing, that leaves later than `at`. A running maximum of the
    instants of leaving finds it, whatever the order of service.
    """
    queued = intervals(events, JobState.QUEUED)
    order = np.argsort(queued.began_at, kind="stable")
    entered = np.append(queued.began_at[order], np.inf)
    left = np.where(np.isnan(queued.ended_at), np.inf, queued.ended_at)[order]
    oldest = np.searchsorted(np.maximum.accumulate(left), at, side="right")
    return np.asarray(np.maximum(at - entered[oldest], 0.0))


def utilisation(events: EventRows, *, start: float, end: float) -> dict[str, float]:
    """Return, by worker, the share of a window in which it processed one job or more.

    A worker of the queue has one job at most; a synchronous process has one for each of its threads.
    """
    table = Events.of(events)
    if table.worker is None or end <= start:
        return {}
    busy = intervals(table, JobState.PROCESSING)
    shares = {}
    order = np.argsort(busy.began_at, kind="stable")
    began, ended = (np.clip(at[order], start, end) for at in (busy.began_at, busy.ended_at))
    for code, name in enumerate(table.worker.categories):
        own = busy.worker[order] == code
        until = np.where(np.isnan(ended[own]), end, ended[own])
        reached = np.maximum.accumulate(np.append(start, until))[:-1]  # by the intervals before
        covered = np.maximum(until - np.maximum(began[own], reached), 0.0).sum()
        shares[str(name)] = float(covered) / (end - start)
    return shares


def littles_law(events: EventRows, *, start: float, end: float) -> Little:
    """Return the figures of Little's law for the queue within a window.

    Mean jobs = arrival rate × mean seconds holds exactly if the queue is empty at both ends of the window.
    Source: Little, Operations Research 9 (1961) 383-387.
    """
    queued = intervals(events, JobState.QUEUED)
    entered = (queued.began_at >= start) & (queued.began_at < end)
    waits = (queued.ended_at - queued.began_at)[entered]
    return Little(
        jobs=time_average(*depth(events), start=start, end=end),
        arrival_rate=len(waits) / (end - start),
        seconds=float(waits.mean()) if len(waits) else 0.0,
    )


def time_average(times: Floats, values: Floats, *, start: float, end: float) -> float:
    """Return the mean of a step series over a window; before its first instant the value is 0."""
    held = np.diff(np.clip(times, start, end), append=end)
    return float(np.dot(values, held)) / (end - start)
