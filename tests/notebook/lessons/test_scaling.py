"""Lesson 08's real spike: a second worker is ordered when the button says, and goes again."""

from types import SimpleNamespace
from typing import Any

import pytest

from pdflab.analysis.run import Events, Run
from pdflab.jobs import JobEvent, JobState
from pdflab.load.plan import Phase, Plan
from pdflab.notebook.lessons.setups import scaling

PLAN = Plan("a spike", (Phase(2.0, count=2), Phase(12.0, count=180), Phase(4.0, count=2)), {"invoice": 1.0})


class ScaledLab:
    """A lab that remembers how many workers it was scaled to."""

    def __init__(self) -> None:
        self.settings = SimpleNamespace(workers=1)
        self.scaled: list[int] = []

    def target(self, endpoint: str) -> str:
        return endpoint

    def scale(self, workers: int) -> None:
        self.settings.workers = workers
        self.scaled.append(workers)


def test_a_second_worker_is_ordered_once_and_goes_after_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds after the beginning of the spike, which is two seconds after that of the plan."""
    lab: Any = ScaledLab()
    seen = []

    def run_plan(lab: Any, plan: Plan, at: str, *, during: Any) -> str:
        first = next(plan.arrivals()).at
        send = SimpleNamespace(intended_at=100.0 + first)
        for now, sends in ((104.0, []), (104.9, [send]), (105.1, [send]), (106.0, [send])):
            monkeypatch.setattr(scaling.time, "time", lambda now=now: now)
            during(sends)
            seen.append(lab.settings.workers)
        return plan.name

    monkeypatch.setattr(scaling, "run_plan", run_plan)
    monkeypatch.setattr(scaling, "measure_beforehand", lambda lab: SimpleNamespace(capacity=10.0, lines=50))

    runs = scaling.start_runs(3, 7)
    label, send = runs["after3"]

    assert (label, list(runs)) == ("Ordered after 3 s", ["after3", "after7"])
    assert send(lab) == "a spike"
    assert (seen, lab.scaled) == ([1, 1, 2, 2], [2, 1])


def test_the_backlog_is_compared_when_the_second_worker_takes_a_job() -> None:
    """That is 4 s after the beginning of the spike: three wait then, at an excess of 5 a second."""
    began = 100.0 - next(PLAN.arrivals()).at  # the first request is due at 100
    ready = began + 2 + 4
    events = [
        JobEvent("a", JobState.QUEUED, 100.0, "invoice"),
        JobEvent("a", JobState.PROCESSING, 100.0, "invoice", worker="one"),
        *(JobEvent(job, JobState.QUEUED, ready - 1, "invoice") for job in "bcd"),
        JobEvent("b", JobState.PROCESSING, ready, "invoice", worker="two"),
        *(JobEvent(job, JobState.QUEUED, ready + 1, "invoice") for job in "efgh"),
    ]
    run: Any = SimpleNamespace(plan=PLAN.describe(), began_at=100.0, events=Events.of(events))

    assert scaling.grown(run) == pytest.approx((4.0, 5.0, 20.0, 3))


def test_one_worker_alone_has_the_lag_of_the_whole_run() -> None:
    """If the second one never took a job, all that waited was for it."""
    events = [
        JobEvent("a", JobState.QUEUED, 100.0, "invoice"),
        JobEvent("b", JobState.QUEUED, 100.0, "invoice"),
        JobEvent("a", JobState.PROCESSING, 101.0, "invoice", worker="one"),
        JobEvent("b", JobState.PROCESSING, 109.0, "invoice", worker="one"),
    ]
    run: Run | Any = SimpleNamespace(plan=PLAN.describe(), began_at=100.0, events=Events.of(events))

    found = scaling.grown(run)

    assert found.measured == 2
    assert found.lag == pytest.approx(109 - (100 - next(PLAN.arrivals()).at + 2))


def test_the_explored_morning_says_what_lag_times_excess_is() -> None:
    """From the start-up alone to a whole poll interval more; nothing if all fits."""
    rule = lambda seen: 40 if seen.waiting > 20 else 10  # noqa: E731

    title = scaling.explore_morning(rule, start_up=90, poll=30, mailing=5.0).get_suptitle()
    none = scaling.explore_morning(rule, start_up=90, poll=30, mailing=1.5).get_suptitle()

    assert title.startswith("Lag × excess: 270 to 360 documents; simulated: ")
    assert none.startswith("Lag × excess: 0 to 0 documents")
