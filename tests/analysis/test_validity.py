"""What a sceptic asks: lateness, refusals, waste."""

import pytest

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.analysis.validity import invalid_reason, late_reason, outcomes, wasted
from pdflab.jobs import JobEvent, JobState


def test_every_outcome_is_counted_by_its_kind() -> None:
    """Refusals by their status, silence by its reason, mistakes by their status."""
    found = [(202, None), (202, None), (429, "refused"), (503, "refused"), (0, "timeout"), (0, "connection")]
    found += [(422, "lines: at least one"), (202, "an answer without job ids")]
    sends = [Send("queued", "custom", 0.0, 0.0, 1.0, status, error=error) for status, error in found]

    assert outcomes(sends) == {
        "accepted": 2,
        "refused with 429": 1,
        "refused with 503": 1,
        "timeout": 1,
        "connection": 1,
        "HTTP 422": 1,
        "an answer without job ids": 1,
    }


def sync_run(*answered: str) -> Run:
    """Three jobs of two seconds at the synchronous endpoint, of which these were answered."""
    sends = [
        Send("synchronous", "invoice", i, i, i + 2.0, 200, name)
        if (name := f"s{i}") in answered
        else Send("synchronous", "invoice", i, i, error="timeout")
        for i in range(3)
    ]
    events = [
        JobEvent(f"s{i}", state, i + took, "invoice")
        for i in range(3)
        for state, took in ((JobState.PROCESSING, 0.0), (JobState.COMPLETED, 2.0))
    ]
    return Run("s", "synchronous", sends=Sends.of(sends), events=Events.of(events))


def test_what_is_made_for_clients_that_have_left_is_waste() -> None:
    """The server finished all three; two of their clients had left: four seconds of work in vain."""
    assert wasted(sync_run("s1")) == (2, 4.0)
    assert wasted(sync_run("s0", "s1", "s2")) == (0, 0.0)


def test_the_queue_wastes_nothing_by_a_client_that_leaves() -> None:
    """Its PDF is in its file, and the client can come back for it."""
    run = sync_run()

    assert wasted(Run("q", "queued", sends=run.sends, events=run.events)) == (0, 0.0)


@pytest.mark.parametrize(
    ("send_lag", "accept", "late"),
    [(0.009, 0.010, False), (0.05, 0.3, False), (0.05, 0.15, True), (0.05, None, True), (None, None, False)],
)
def test_lateness_is_judged_by_what_it_is_part_of(send_lag: float, accept: float, late: bool) -> None:
    """10 ms never matter; more matters if it is over a quarter of the latency that was measured."""
    assert bool(late_reason(send_lag, accept)) is late


def test_a_closed_loop_is_late_on_purpose() -> None:
    """Clients that wait for their answers send late: that is what such a run shows."""
    late = Sends.of(Send("queued", "custom", 0.0, 1.0, 1.1, 202, f"{i}") for i in range(50))

    assert invalid_reason(Run("open", "queued", sends=late))
    assert invalid_reason(Run("closed", "queued", sends=late, settings={"clients": 3})) is None
    assert invalid_reason(Run("nothing", "queued")) is None


def test_where_every_client_has_left_lateness_is_judged_by_how_long_they_waited() -> None:
    """20 ms late of half a second says something about the service; of 50 ms, nothing."""
    left = Sends.of(Send("synchronous", "invoice", i, i + 0.02, error="timeout") for i in range(50))

    assert invalid_reason(Run("s", "synchronous", sends=left, settings={"timeout": 0.5})) is None
    assert invalid_reason(Run("s", "synchronous", sends=left, settings={"timeout": 0.05}))
