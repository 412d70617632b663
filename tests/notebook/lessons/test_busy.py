"""Lesson 03's runs: sized by the capacity of this moment, and placed on the knee by what was measured."""

from types import SimpleNamespace
from typing import Any

import pytest

from pdflab.analysis.run import Events, Run
from pdflab.jobs import JobEvent, JobState
from pdflab.load.plan import Plan
from pdflab.notebook.lessons.setups import busy


def test_each_button_sends_its_share_of_the_capacity_of_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that got slower in between is not overloaded by that."""
    seconds, plans = iter([3.0, 6.0]), []  # until the last PDF of a burst

    def run_plan(lab: Any, plan: Plan, at: Any) -> Any:
        plans.append(plan)
        return plan.count / next(seconds) if plan.name.startswith("a burst") else None

    monkeypatch.setattr(busy, "run_plan", run_plan)
    monkeypatch.setattr(busy, "summary", lambda run: SimpleNamespace(throughput_per_s=run))
    lab: Any = SimpleNamespace(target=lambda endpoint: endpoint)

    runs = busy.busy_runs(0.3, 0.85)
    for _, send in runs.values():
        send(lab)

    assert {name: label for name, (label, _) in runs.items()} == {"p30": "30% busy", "p85": "85% busy"}
    assert [plan.peak for plan in plans[1::2]] == pytest.approx([0.3 * 50, 0.85 * 25])


def stays(job: str, worker: str, queued: float, started: float, ended: float) -> list[JobEvent]:
    instants = {JobState.QUEUED: queued, JobState.PROCESSING: started, JobState.COMPLETED: ended}
    return [JobEvent(job, state, at, "invoice", worker=worker) for state, at in instants.items()]


def made(*jobs: list[JobEvent]) -> Run:
    events = Events.of(event for job in jobs for event in job)
    return Run("busy", "queued", plan={"seconds": 12.0}, settings={"workers": 2}, events=events)  # type: ignore[arg-type]


def test_a_run_lies_where_its_workers_and_jobs_were() -> None:
    """Two workers are busy for 6 and 3 of 12 seconds; jobs of 1 s spend up to 2 s in the system."""
    waits = (0.0, 0.5, 1.0) * 2
    jobs = [stays(f"j{i}", "a", 2.0 * i, 2.0 * i + wait, 2.0 * i + wait + 1) for i, wait in enumerate(waits)]
    beside = [stays(f"k{i}", "b", 0.5 + i, 0.5 + i, 1.5 + i) for i in range(3)]

    busy_share, in_system, error = busy.on_the_knee(made(*jobs, *beside))

    assert busy_share == pytest.approx((6 + 3) / 24)
    assert in_system == pytest.approx((2 * (1 + 1.5 + 2) + 3) / 9)
    assert error > 0


def test_a_job_that_never_ended_does_not_spoil_the_point() -> None:
    """It is left out, as it has no time in system."""
    jobs = [stays(f"j{i}", "a", 2.0 * i, 2.0 * i, 2.0 * i + 1) for i in range(11)]
    run = made(*jobs)
    unfinished = made(*jobs, [JobEvent("never", JobState.QUEUED, 5.0, "invoice")])

    assert busy.on_the_knee(unfinished)[1] == pytest.approx(busy.on_the_knee(run)[1])
