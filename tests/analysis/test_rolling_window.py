"""What the last minute held, reported piece by piece."""

import math

import pytest
from made_up import queued, synchronous

from pdflab.analysis.rolling_window import ANSWERED, DELIVERED, FAILED, RollingWindow
from pdflab.analysis.run import Send
from pdflab.jobs import JobEvent, JobState


def minute_at(now: float, *, n: int = 12, completed: int = 2) -> RollingWindow:
    minute, run = RollingWindow(), queued(n, completed=completed)
    minute.follow(now, queued=list(run.events), synchronous=(), sends=list(run.sends))
    return minute


def test_it_reports_the_line_the_rate_and_the_waits() -> None:
    """Twelve were accepted, two are done: ten wait."""
    minute = minute_at(112.0)

    assert minute.depth()[-1][1] == 10
    assert minute.newest == "q1"
    assert minute.numbers("queued", 112.0).rate == pytest.approx(2 / 5)
    assert minute.numbers("queued", 112.0).answered == pytest.approx(0.5)
    assert minute.numbers("queued", 112.0).delivered == pytest.approx(10.0)
    assert len(minute.waits("queued", ANSWERED)) == 12
    assert len(minute.waits("queued", DELIVERED)) == 2


def test_what_is_reported_twice_counts_once() -> None:
    """Each look tells the whole story so far."""
    minute, run = minute_at(112.0), queued(12, completed=2)

    minute.follow(113.0, queued=list(run.events), synchronous=(), sends=list(run.sends))

    assert minute.depth()[-1][1] == 10
    assert sum(made for _, made in minute.rates("queued", 113.0)) == 2


def test_a_client_that_was_not_served_waited_for_ever() -> None:
    """A median of those who got something would praise an endpoint that refuses."""
    minute, run = RollingWindow(), synchronous(10, failed=6)

    minute.follow(112.0, queued=(), synchronous=(), sends=list(run.sends))

    assert minute.numbers("synchronous", 112.0).answered == math.inf
    assert len(minute.waits("synchronous", FAILED)) == 6
    assert minute.numbers("queued", 112.0).answered is None


def test_a_pdf_may_be_done_before_its_client_has_reported() -> None:
    """Events and sends come through different files."""
    minute, run = RollingWindow(), queued(1)
    minute.follow(111.0, queued=list(run.events), synchronous=(), sends=())

    minute.follow(112.0, queued=list(run.events), synchronous=(), sends=list(run.sends))

    assert minute.numbers("queued", 112.0).delivered == pytest.approx(10.0)


def test_who_has_a_claimed_job_is_known_until_it_is_let_go() -> None:
    """It ends, or it goes back into the queue."""
    minute = RollingWindow()
    taken = JobEvent("a", JobState.PROCESSING, 1.0, "invoice", worker="w")
    back = JobEvent("a", JobState.QUEUED, 2.0, "invoice")

    minute.follow(1.0, queued=[taken], synchronous=(), sends=())
    assert minute.claimed == {"a": taken}

    minute.follow(2.0, queued=[taken, back], synchronous=(), sends=())
    assert minute.claimed == {}


def test_neither_an_hour_nor_a_rush_makes_it_grow() -> None:
    """Thirty thousand jobs in five minutes leave what a picture of the last minute can show."""
    minute = RollingWindow()
    events: list[JobEvent] = []
    sends: list[Send] = []
    for i in range(30_000):
        at, job_id = i / 100, f"{i}"
        sends.append(Send("queued", "invoice", at, at, at + 0.01, 202, job_id))
        events.append(JobEvent(job_id, JobState.QUEUED, at, "invoice"))
        events.append(JobEvent(job_id, JobState.COMPLETED, at + 0.005, "invoice"))

    minute.follow(300.0, queued=events, synchronous=(), sends=sends)

    assert len(minute.depth()) <= 481
    assert len(minute.waits("queued", DELIVERED)) <= 2 * 481
    assert len(minute.rates("queued", 300.0)) == 60
    assert not minute._asked
    assert not minute._done


def test_the_line_reaches_back_to_the_beginning_of_the_window() -> None:
    """The last change before the window says how long the line was when it began."""
    minute = minute_at(1000.0)

    assert [waiting for _, waiting in minute.depth()] == [10.0]
