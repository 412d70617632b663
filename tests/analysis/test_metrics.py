"""Figures from events and sends, held against numbers worked out by hand."""

from dataclasses import asdict

import numpy as np
from made_up import queued, synchronous
from retried import COMPLETED, FAILED, QUEUED, RETRIED, event

from pdflab.analysis import metrics
from pdflab.analysis.run import Events, Run, Send, Sends


def test_a_retried_job_is_one_row() -> None:
    """Queued counts the first time, started the last; what has not happened is nan."""
    jobs = metrics.job_columns(RETRIED)

    assert jobs.job_id == ("a", "b", "c")
    assert (jobs.completed.tolist(), (~jobs.completed & ~np.isnan(jobs.ended_at)).tolist()) == (
        [True, False, False],
        [False, True, False],
    )
    np.testing.assert_array_equal(jobs.waiting, [6.0, 3.0, np.nan])
    np.testing.assert_array_equal(jobs.service, [2.0, 1.0, np.nan])
    np.testing.assert_array_equal(jobs.completed_at, [8.0, np.nan, np.nan])


def test_percentiles_are_values_that_were_seen() -> None:
    """Of 1 … 100 the p99 is 99: nearest rank, no interpolation, and nan is left out."""
    values = np.append(np.arange(100.0, 0.0, -1.0), np.nan)

    assert metrics.percentiles(values) == metrics.Percentiles(50, 90, 95, 99, 100)
    assert metrics.percentiles(np.array([np.nan])) == metrics.Percentiles()


def test_throughput_counts_each_ending_once() -> None:
    """An ending on the edge of two bins belongs to the later; an empty second is a zero, not a gap."""
    times, rate = metrics.throughput(
        np.array([10.0, 10.5, 11.0, np.nan, 13.2]), start=10.0, end=14.0, bin_seconds=1.0
    )

    assert times.tolist() == [10.0, 11.0, 12.0, 13.0]
    assert rate.tolist() == [2.0, 1.0, 0.0, 1.0]


def test_a_given_window_has_only_whole_bins() -> None:
    """A second that is not over is not drawn as a dip, and a window without endings is all zeros."""
    times, rate = metrics.throughput(np.array([1.0, 9.0]), bin_seconds=2.0, start=0.0, end=5.0)

    assert (times.tolist(), rate.tolist()) == ([0.0, 2.0], [0.5, 0.0])
    empty = metrics.throughput(np.empty(0), start=0.0, end=2.0, bin_seconds=1.0)
    assert empty[1].tolist() == [0.0, 0.0]


def sends(endpoint: str) -> tuple[Send, ...]:
    yes = 202 if endpoint == "queued" else 200
    return (
        Send(endpoint, "invoice", 100.0, 103.0, 104.0, yes, "a"),
        Send(endpoint, "invoice", 101.0, 101.0, 101.5, yes, "b"),
        Send(endpoint, "invoice", 102.0, 102.0, 102.1, 503, error="refused"),
        Send(endpoint, "invoice", 103.0, 103.0, error="timeout"),
    )


def test_the_queued_endpoint_is_judged_by_the_pdf() -> None:
    """Latencies count from the intended instant (a was sent 3 s late); accepted and FAILED is failed."""
    events = (event("a", COMPLETED, 110.0), event("b", FAILED, 120.0), event("other", COMPLETED, 130.0))

    run = Run("q", "queued", sends=Sends.of(sends("queued")), events=Events.of(events))
    assert asdict(metrics.summary(run)) == {
        "sent": 4,
        "accepted": 2,
        "failed": 3,
        "accept_p50_s": 0.5,
        "accept_p99_s": 4.0,
        "complete_p99_s": 10.0,
        "throughput_per_s": 0.1,
    }


def test_the_synchronous_endpoint_is_judged_by_the_answer() -> None:
    """Its answer is the PDF: complete equals accept, and no event is needed."""
    row = metrics.summary(Run("s", "synchronous", sends=Sends.of(sends("synchronous"))))

    assert (row.accepted, row.failed) == (2, 2)
    assert row.complete_p99_s == row.accept_p99_s == 4.0
    assert row.throughput_per_s == 0.5


def test_nothing_gives_none_and_never_nan() -> None:
    """An empty run has zeros for counts and None for figures."""
    row = asdict(metrics.summary(Run("q", "queued")))

    assert [row[key] for key in ("sent", "accepted", "failed")] == [0, 0, 0]
    assert {value for key, value in row.items() if key.endswith("_s")} == {None}


def test_both_latencies_are_kept_corrected_and_uncorrected() -> None:
    """Of a request that was to go at 100, went at 103 and was answered at 104, clients waited 4 s, not 1."""
    columns = metrics.send_columns(sends("queued"), [])

    assert columns.acknowledgement.tolist()[:2] == [4.0, 0.5]
    assert columns.uncorrected.tolist()[:2] == [1.0, 0.5]
    assert columns.send_lag.tolist() == [3.0, 0.0, 0.0, 0.0]


def test_latencies_are_reported_by_percentile() -> None:
    """Every latency of a run has its p50 to max; what never happened is None."""
    found = metrics.latencies(Run("q", "queued", sends=Sends.of(sends("queued")), events=Events.of(RETRIED)))

    assert (found["accept"].max, found["accept, naive"].max, found["send_lag"].max) == (
        4.0,
        1.0,
        3.0,
    )
    assert (found["wait"].max, found["service"].p50) == (6.0, 1.0)


def test_of_two_endings_the_first_counts() -> None:
    """A job that was completed is not failed by a later event, whatever went wrong."""
    jobs = metrics.job_columns([event("a", QUEUED, 0.0), event("a", COMPLETED, 1.0), event("a", FAILED, 2.0)])

    assert (
        jobs.completed.tolist(),
        (~jobs.completed & ~np.isnan(jobs.ended_at)).tolist(),
        jobs.ended_at.tolist(),
    ) == ([True], [False], [1.0])


def test_the_makespan_ends_with_the_last_pdf() -> None:
    """It begins with the first intended send; without a PDF there is none."""
    assert metrics.makespan(queued(3)) == 12.0
    assert metrics.makespan(synchronous(4, failed=1)) == 4.0
    assert metrics.makespan(synchronous(2, failed=2)) == 0.0
