"""How full a system was, held against numbers worked out by hand, and identities that hold exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retried import COMPLETED, FAILED, PROCESSING, QUEUED, RETRIED, event

from pdflab.analysis import metrics, queue_metrics
from pdflab.jobs import JobEvent


def test_depth_counts_only_jobs_that_wait() -> None:
    """The queue grows with QUEUED, shrinks with PROCESSING, and a retry is in it again."""
    times, waiting = queue_metrics.depth(RETRIED)

    assert times.tolist() == [0, 1, 2, 3, 4, 6, 9]
    assert waiting.tolist() == [1, 2, 1, 2, 1, 0, 1]


def test_a_job_cancelled_in_the_queue_leaves_it() -> None:
    """FAILED straight from QUEUED takes the job out of the depth."""
    _, waiting = queue_metrics.depth([event("a", QUEUED, 0.0), event("a", FAILED, 1.0)])

    assert waiting.tolist() == [1, 0]


JOBS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(0, 50)), min_size=1)
WINDOW = 1024.0  # a power of two: sums of whole seconds and their averages are exact in it


def lives(jobs: list[tuple[int, int, int]]) -> list[JobEvent]:
    """Make events of jobs given as (queued at, seconds of waiting, seconds of service)."""
    events = []
    for name, (queued_at, wait, service) in enumerate(jobs):
        events += [event(f"{name}", QUEUED, queued_at), event(f"{name}", PROCESSING, queued_at + wait, "w")]
        events += [event(f"{name}", COMPLETED, queued_at + wait + service)]
    return events


@given(JOBS)
def test_littles_law_is_an_identity(jobs: list[tuple[int, int, int]]) -> None:
    """Over a window that opens and closes empty, L = λW exactly, whatever the order of service."""
    events, waits = lives(jobs), sum(wait for _, wait, _ in jobs)

    found = queue_metrics.littles_law(events, start=0.0, end=WINDOW)

    assert found.jobs * WINDOW == metrics.job_columns(events).waiting.sum() == waits
    assert found.arrival_rate * WINDOW == len(jobs)
    assert found.jobs == pytest.approx(found.arrival_rate * found.seconds, rel=1e-12)


@given(JOBS)
def test_work_in_progress_is_service_by_throughput(jobs: list[tuple[int, int, int]]) -> None:
    """The same law of the workers: jobs being rendered on average × the window = all service together."""
    processing = queue_metrics.depth(lives(jobs), PROCESSING)

    average = queue_metrics.time_average(*processing, start=0.0, end=WINDOW)

    assert average * WINDOW == sum(service for _, _, service in jobs)


@given(JOBS, st.integers(0, 900))
def test_the_oldest_is_the_job_that_has_waited_longest(jobs: list[tuple[int, int, int]], at: int) -> None:
    """At any instant the age is the largest of all queued jobs, and 0 when there is none."""
    ages = [at - q for q, wait, _ in jobs if q <= at < q + wait]

    assert queue_metrics.oldest_age(lives(jobs), np.array([float(at)])).tolist() == [max(ages, default=0)]


@given(JOBS)
def test_a_worker_is_busy_while_it_has_a_claimed_job(jobs: list[tuple[int, int, int]]) -> None:
    """Its share of the window is the time during which it had a job, counted once."""
    seconds = {second for q, wait, service in jobs for second in range(q + wait, q + wait + service)}

    assert queue_metrics.utilisation(lives(jobs), start=0.0, end=WINDOW) == {"w": len(seconds) / WINDOW}


def test_an_average_sees_only_its_window() -> None:
    """A value counts for as long as it held within the window, what began before included."""
    times, values = np.array([0.0, 4.0, 10.0]), np.array([2.0, 6.0, 100.0])

    assert queue_metrics.time_average(times, values, start=3.0, end=5.0) == 4.0


def test_an_interval_that_goes_on_has_no_end() -> None:
    """Job c still waits: its stay has no end, and the age of the oldest grows with the clock."""
    waits = queue_metrics.intervals(RETRIED, QUEUED)

    assert np.count_nonzero(np.isnan(waits.ended_at)) == 1
    at = np.array([0.5, 2.0, 2.5, 3.5, 7.0, 19.0])  # at 2.0 job a is out, and b the oldest
    assert queue_metrics.oldest_age(RETRIED, at).tolist() == [0.5, 1.0, 1.5, 2.5, 0, 10]


def test_nothing_happened() -> None:
    """Without events there are empty series, no workers and an age of 0."""
    assert [len(column) for column in queue_metrics.depth([])] == [0, 0]
    assert queue_metrics.utilisation([], start=0.0, end=1.0) == {}
    assert queue_metrics.oldest_age([], np.array([1.0])).tolist() == [0.0]
    assert queue_metrics.littles_law([], start=0.0, end=1.0) == queue_metrics.Little(0.0, 0.0, 0.0)
