"""The runs of lessons 00 and 01: the same requests for each endpoint, in multiples of what it can do."""

from types import SimpleNamespace
from typing import Any

import pytest
from made_up import synchronous

from pdflab.experiments import service_times
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.notebook.lessons.setups import spikes


class SlowLab:
    """A lab that does nothing, with the bound that each run has met."""

    def __init__(self) -> None:
        self.bound: int | None = None
        self.met: list[tuple[Plan, Any, int | None]] = []

    def set_sync_backlog(self, limit: int | None) -> None:
        self.bound = limit

    def target(self, endpoint: Endpoint, **how: float) -> Any:
        return SimpleNamespace(endpoint=endpoint, **how)

    def run(self, plan: Plan, at: Any) -> Any:
        self.met.append((plan, at, self.bound))
        return synchronous(20)  # one each second, the last after 21 s


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> SlowLab:
    monkeypatch.setattr(spikes, "run_plan", lambda lab, plan, at: lab.run(plan, at))
    return SlowLab()


def test_both_endpoints_get_the_same_statements(lab: SlowLab) -> None:
    """Of the size that was asked for, within a second, and nobody leaves."""
    for _, run in spikes.statement_runs(100, 50).values():
        run(lab)  # type: ignore[arg-type]

    (first, one, _), (second, other, _) = lab.met
    assert first == second
    assert (first.count, first.lines, first.seconds) == (100, 50, 1.0)
    assert [one.endpoint, other.endpoint] == ["synchronous", "queued"]
    assert one.timeout == other.timeout > 60


@pytest.mark.parametrize(("seconds", "lines"), [(0.12, 200), (0.01, 400), (100.0, 20)])
def test_the_evening_is_planned_in_multiples_of_the_capacity(
    lab: SlowLab, monkeypatch: pytest.MonkeyPatch, seconds: float, lines: int
) -> None:
    """A quarter of it, six times as much for a second, a quarter: less than the evening has in total."""
    monkeypatch.setattr(service_times, "seconds_to_render", lambda lines: seconds)

    capacity, plan = spikes.plan_evening(lab)  # type: ignore[arg-type]

    assert capacity == pytest.approx(20 / 21)
    assert plan.peak == pytest.approx(6 * capacity, rel=0.1)
    assert [phase.seconds for phase in plan.phases] == [5.0, 1.0, 5.0]
    assert plan.lines == lines


def test_only_the_bounded_run_meets_a_bound(lab: SlowLab) -> None:
    """And it is gone afterwards, even if the run fails."""
    plan = spikes.statement_runs(1, 20)["queued"][1].args[0]
    runs = spikes.evening_runs(plan, 0.5, bound=4) | spikes.patient_runs(plan, 10.0)
    for _, run in runs.values():
        run(lab)  # type: ignore[arg-type]

    assert [bound for _, _, bound in lab.met] == [None, 4, None, None]
    assert [at.timeout for _, at, _ in lab.met] == [0.5, 0.5, 0.5, 10.0]
    lab.run = None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        runs["bounded"][1](lab)  # type: ignore[arg-type]
    assert lab.bound is None
