"""Figures from events and sends, held against numbers worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdflab import metrics
from pdflab.jobs import JobEvent, JobState
from pdflab.run import Run, Send

QUEUED, PROCESSING, COMPLETED, FAILED = JobState


def event(job_id: str, state: JobState, at: float) -> JobEvent:
    return JobEvent(job_id, state, at, "invoice")


RETRIED = [
    event("a", QUEUED, 0.0),
    event("b", QUEUED, 1.0),
    event("a", PROCESSING, 2.0),
    event("a", QUEUED, 3.0),
    event("b", PROCESSING, 4.0),
    event("b", FAILED, 5.0),
    event("a", PROCESSING, 6.0),
    event("a", COMPLETED, 8.0),
    event("c", QUEUED, 9.0),
]


def test_a_retried_job_is_one_row() -> None:
    """Queued counts the first time, started the last; what has not happened is nan."""
    jobs = metrics.job_columns(RETRIED)

    assert jobs.job_id == ("a", "b", "c")
    assert jobs.outcome.tolist() == ["COMPLETED", "FAILED", ""]
    np.testing.assert_array_equal(jobs.waiting, [6.0, 3.0, np.nan])
    np.testing.assert_array_equal(jobs.service, [2.0, 1.0, np.nan])
    np.testing.assert_array_equal(jobs.completed_at, [8.0, np.nan, np.nan])


def test_depth_counts_only_who_waits() -> None:
    """The line grows with QUEUED, shrinks with PROCESSING, and a retry stands in it again."""
    times, waiting = metrics.depth(RETRIED)

    assert times.tolist() == [0, 1, 2, 3, 4, 6, 9]
    assert waiting.tolist() == [1, 2, 1, 2, 1, 0, 1]


def test_a_job_cancelled_in_the_line_leaves_it() -> None:
    """FAILED straight from QUEUED takes the job out of the depth."""
    _, waiting = metrics.depth([event("a", QUEUED, 0.0), event("a", FAILED, 1.0)])

    assert waiting.tolist() == [1, 0]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(0, 50)), min_size=1))
def test_littles_law_is_an_identity(jobs: list[tuple[int, int, int]]) -> None:
    """Over a window that opens and closes empty, L = λW exactly, whatever the order of service."""
    events = []
    for name, (queued_at, wait, service) in enumerate(jobs):
        events += [event(f"{name}", QUEUED, queued_at), event(f"{name}", PROCESSING, queued_at + wait)]
        events += [event(f"{name}", COMPLETED, queued_at + wait + service)]
    window = 1024.0

    average_depth = metrics.time_average(*metrics.depth(events), start=0.0, end=window)
    arrival_rate = len(jobs) / window
    average_wait = metrics.job_columns(events).waiting.sum() / len(jobs)

    assert average_depth * window == metrics.job_columns(events).waiting.sum()
    assert average_depth == pytest.approx(arrival_rate * average_wait, rel=1e-12)


def test_an_average_sees_only_its_window() -> None:
    """A value counts for as long as it held within the window, what began before included."""
    times, values = np.array([0.0, 4.0, 10.0]), np.array([2.0, 6.0, 100.0])

    assert metrics.time_average(times, values, start=3.0, end=5.0) == 4.0


def test_percentiles_are_values_that_were_seen() -> None:
    """Of 1 … 100 the p99 is 99: nearest rank, no interpolation, and nan is left out."""
    values = np.append(np.arange(100.0, 0.0, -1.0), np.nan)

    assert metrics.percentiles(values) == {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
    assert set(metrics.percentiles(np.array([np.nan])).values()) == {None}


def test_throughput_counts_each_ending_once() -> None:
    """An ending on the edge of two bins belongs to the later; an empty second is a zero, not a gap."""
    times, rate = metrics.throughput(np.array([10.0, 10.5, 11.0, np.nan, 13.2]))

    assert times.tolist() == [10.0, 11.0, 12.0, 13.0]
    assert rate.tolist() == [2.0, 1.0, 0.0, 1.0]


def test_a_given_window_has_only_whole_bins() -> None:
    """A second that is not over is not drawn as a dip, and a window without endings is all zeros."""
    times, rate = metrics.throughput(np.array([1.0, 9.0]), bin_seconds=2.0, start=0.0, end=5.0)

    assert (times.tolist(), rate.tolist()) == ([0.0, 2.0], [0.5, 0.0])
    assert metrics.throughput(np.empty(0), start=0.0, end=2.0)[1].tolist() == [0.0, 0.0]


def sends(door: str) -> tuple[Send, ...]:
    yes = 202 if door == "queued" else 200
    return (
        Send(door, "invoice", 100.0, 103.0, 104.0, yes, "a"),
        Send(door, "invoice", 101.0, 101.0, 101.5, yes, "b"),
        Send(door, "invoice", 102.0, 102.0, 102.1, 503, error="refused"),
        Send(door, "invoice", 103.0, 103.0, error="timeout"),
    )


def test_the_queued_door_is_judged_by_the_pdf() -> None:
    """Latencies count from the intended instant (a was sent 3 s late); accepted and FAILED is failed."""
    events = (event("a", COMPLETED, 110.0), event("b", FAILED, 120.0), event("other", COMPLETED, 130.0))

    assert metrics.summary(Run("q", "queued", sends=sends("queued"), events=events)) == {
        "sent": 4,
        "accepted": 2,
        "failed": 3,
        "accept_p50_s": 0.5,
        "accept_p99_s": 4.0,
        "complete_p99_s": 10.0,
        "throughput_per_s": 0.1,
    }


def test_the_synchronous_door_is_judged_by_the_answer() -> None:
    """Its answer is the PDF: complete equals accept, and no event is needed."""
    row = metrics.summary(Run("s", "synchronous", sends=sends("synchronous")))

    assert (row["accepted"], row["failed"]) == (2, 2)
    assert row["complete_p99_s"] == row["accept_p99_s"] == 4.0
    assert row["throughput_per_s"] == 0.5


def test_nothing_gives_none_and_never_nan() -> None:
    """An empty run has zeros for counts and None for figures."""
    row = metrics.summary(Run("q", "queued"))

    assert [row[key] for key in ("sent", "accepted", "failed")] == [0, 0, 0]
    assert {value for key, value in row.items() if key.endswith("_s")} == {None}
    assert [len(column) for column in metrics.depth([])] == [0, 0]
    assert [len(column) for column in metrics.throughput(np.empty(0))] == [0, 0]
