"""Goodput against numbers worked out by hand."""

import pytest
from retried import COMPLETED, event

from pdflab.analysis.goodput import goodput
from pdflab.analysis.run import Events, Run, Send, Sends


def sync(at: float, seconds: float | None, **more) -> Send:
    """A client of the synchronous endpoint that asked at an instant and was answered after so long."""
    if seconds is None:
        return Send("synchronous", "custom", at, at, **{"error": "timeout"} | more)
    return Send("synchronous", "custom", at, at, at + seconds, 200, f"job-{at}", **more)


def test_a_pdf_counts_if_it_is_complete_within_patience() -> None:
    """To the instant; what comes later is throughput, and a client that left has none."""
    sends = [sync(100.0, 0.5), sync(100.1, 0.51), sync(101.0, 0.2), sync(102.0, None)]

    found = goodput(Run("r", "synchronous", sends=Sends.of(sends)), 0.5)

    assert (found.in_time, found.clients) == (2, 4)
    assert (found.at.tolist(), found.rate.tolist()) == ([0.0, 1.0, 2.0], [1.0, 1.0, 0.0])


def test_a_queued_pdf_counts_from_the_intended_send_until_it_is_stored() -> None:
    """Not from the answer 202, which is no PDF."""
    sends = [Send("queued", "custom", 100.0, 100.4, 100.5, 202, name) for name in ("a", "b", "c")]
    events = [event("a", COMPLETED, 100.9), event("b", COMPLETED, 101.1)]

    run = Run("r", "queued", sends=Sends.of(sends), events=Events.of(events))

    assert (goodput(run, 1.0).in_time, goodput(run, 2.0).in_time) == (1, 2)


@pytest.mark.parametrize(("patience", "in_time"), [(4.0, 0), (6.0, 1)])
def test_a_client_that_retried_counts_once_and_from_its_first_send(patience: float, in_time: int) -> None:
    """Its second request took a second; it waited five."""
    first = Send("synchronous", "custom", 100.0, 100.0, error="timeout", retried=True)
    second = Send("synchronous", "custom", 100.0, 104.0, 105.0, 200, "a", attempt=2)

    found = goodput(Run("r", "synchronous", sends=Sends.of([first, second])), patience)

    assert (found.in_time, found.clients) == (in_time, 1)


def test_without_a_send_there_is_none() -> None:
    """No bin is invented."""
    found = goodput(Run("r", "queued"), 1.0)

    assert (found.in_time, found.clients, found.rate.sum()) == (0, 0, 0.0)
