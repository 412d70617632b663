"""Runs that are made up, so that a chart's every word is known beforehand."""

from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.jobs import JobEvent, JobState

EMPTY = Run("queued", "queued"), Run("synchronous", "synchronous")


def queued(n: int, *, completed: int | None = None) -> Run:
    """n jobs, one sent and accepted every second, the first of them COMPLETED ten seconds after that."""
    sends = tuple(Send("queued", "invoice", 100.0 + i, 100.0 + i, 100.5 + i, 202, f"q{i}") for i in range(n))
    events = [JobEvent(f"q{i}", JobState.QUEUED, 100.5 + i, "invoice") for i in range(n)]
    for i in range(n if completed is None else completed):
        events.append(JobEvent(f"q{i}", JobState.PROCESSING, 109.0 + i, "invoice"))
        events.append(JobEvent(f"q{i}", JobState.COMPLETED, 110.0 + i, "invoice"))
    return Run("queued", "queued", sends=Sends.of(sends), events=Events.of(events))


def synchronous(n: int, *, failed: int = 0) -> Run:
    good = [
        Send("synchronous", "invoice", 100.0 + i, 100.0 + i, 102.0 + i, 200, f"s{i}")
        for i in range(n - failed)
    ]
    bad = [
        Send("synchronous", "invoice", 100.0 + i, 100.0 + i, error="timeout") for i in range(n - failed, n)
    ]
    return Run("synchronous", "synchronous", sends=Sends.of((*good, *bad)))
