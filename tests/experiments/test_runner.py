"""Experiments: plans in multiples of a capacity, and runs that tell all they have seen."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foreign import Foreign, foreign_server

from pdflab.analysis.metrics import job_columns, latencies, send_columns, summary
from pdflab.analysis.run import Run, Send
from pdflab.analysis.validity import invalid_reason, outcomes, wasted
from pdflab.experiments import runner as experiment
from pdflab.experiments.coordinated_omission import run_with_freeze
from pdflab.experiments.runner import Capacity, scenario
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.launcher import Load, LoadThread
from pdflab.load.plan import Plan, burst
from pdflab.service.eventlog.reader import Tail
from pdflab.settings import Settings


class Stalling:
    """A synchronous endpoint, and its clock: it renders one job from second 0 to second 4, if it ends."""

    def __init__(self, *, ends: bool) -> None:
        self.now, self._ends = 0.0, ends

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now

    def wait(self, timeout: float) -> None: ...

    def events(self, endpoint: Endpoint) -> list[JobEvent]:
        began, ended = (
            JobEvent("a", state, at, "invoice")
            for state, at in ((JobState.PROCESSING, 0.0), (JobState.COMPLETED, 4.0))
        )
        return [began, ended] if self._ends and self.now >= 4.0 else [began]


SLOW = Capacity(per_s=20.0, lines=100, workers=2, documents=40)


@pytest.mark.parametrize("name", ["burst", "month-end"])
def test_a_scenario_is_made_of_multiples_of_the_capacity(name: str) -> None:
    """Workers that make 20 a second meet a rush of 100, whatever they are asked for."""
    plan = scenario(name, SLOW, seconds=22.0)

    assert plan.peak == pytest.approx(5 * 20.0, rel=0.01)
    assert (plan.seconds, plan.lines) == (pytest.approx(22.0), 100)


def test_a_burst_lies_between_stretches_of_half_the_capacity() -> None:
    """Ten seconds before it and ten after it bring ten a second."""
    at = np.concatenate([block.at for block in scenario("burst", SLOW, seconds=22.0).blocks()])

    assert np.count_nonzero((at >= 10.0) & (at < 12.0)) == 200
    assert np.count_nonzero(at < 10.0) == pytest.approx(100, abs=30)


@pytest.mark.parametrize(("ends", "waited"), [(True, 5.0), (False, 10.0)])
def test_a_run_does_not_end_while_a_job_is_rendered(
    ends: bool, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next run would begin behind it, on a busy machine. One whose process died never ends."""
    lab = Stalling(ends=ends)
    monkeypatch.setattr(experiment, "time", lab)

    experiment._await_everything(lab, Endpoint.SYNCHRONOUS)  # type: ignore[arg-type]

    assert lab.now == pytest.approx(waited, abs=0.2)


def test_a_spike_is_no_faster_than_the_generator() -> None:
    """Where workers are so fast that five times as much could not be sent, the spike is what can be."""
    fast = replace(SLOW, per_s=200.0)

    assert (SLOW.spike, fast.spike) == (5.0, 2.0)
    assert scenario("burst", fast, seconds=11.0).peak == pytest.approx(400.0)


def test_the_capacity_is_said_with_what_it_was_measured_by() -> None:
    """Workers, documents and their size: a rate alone says nothing."""
    assert str(replace(SLOW, workers=1)).startswith("1 worker makes 20 PDFs a second here")
    assert str(SLOW).startswith("2 workers make 20 PDFs a second here (40 documents of 100 lines")


class StandIn:
    """A lab in name, around a server that is none of ours."""

    mode, redis = "threads", "no Redis"

    def __init__(self, there: Foreign, folder: Path) -> None:
        self.url = self.sync_url = there.url
        self.folder, self.settings = folder, Settings(folder=folder)
        self._there, self._sends = there, Tail(self.settings.sends_file, Send.from_json)
        self.frozen: list[tuple[str, ...]] = []

    def send(self, plan: Plan, at: Target) -> Load:
        load = LoadThread(plan, at, self.settings)
        load.start()
        return load

    def sends(self) -> list[Send]:
        return self._sends.read()

    def target(self, endpoint: str, **how: float) -> Target:
        return Target(self.url, endpoint, **how)

    def events(self, endpoint: str) -> list:
        return []

    def wait(self, timeout: float) -> None:
        pass

    def freeze(self, seconds: float, *names: str) -> None:
        self.frozen.append(names)
        self._there.stall(seconds)


def test_a_freeze_looks_fine_to_a_naive_tool_and_is_not(tmp_path: Path) -> None:
    """The endpoint stands still for a while: the corrected p90 says so, the naive one does not."""
    with foreign_server() as there:
        lab = StandIn(there, tmp_path)
        run = run_with_freeze(lab, 0.7, clients=3, lasting=2.0)

    found = latencies(run)

    assert lab.frozen == [("api",)]
    assert found["accept"].p90 > 0.2
    assert found["accept, naive"].p90 < found["accept"].p90 / 2
    assert (run.settings["clients"], invalid_reason(run)) == (3, None)
    assert run.seeds == {"plan": 0}


def test_a_run_reports_its_plan_and_its_machine(tmp_path: Path) -> None:
    """What a figure depends on is kept beside it."""
    reported: list[int] = []
    plan = burst(5, seconds=0.2, mix={"custom": 1})
    with foreign_server() as there:
        lab = StandIn(there, tmp_path)
        run = experiment.run_plan(
            lab, plan, Target(there.url), during=lambda sends: reported.append(len(sends))
        )

    assert (run.endpoint, len(run.sends), run.plan["name"]) == ("queued", 5, plan.name)
    assert run.machine.keys() == {"cores", "python", "system", "redis"}
    assert reported[0] <= reported[-1] <= 5


def test_a_lab_that_runs_is_measured_whole(tmp_path: Path) -> None:
    """Five documents at the queued endpoint of a real system: accepted, and made as the events tell."""
    plan = burst(5, seconds=0.2, mix={"custom": 1})
    with Lab(workers=1, mode="threads", folder=tmp_path) as lab:
        run = experiment.run_plan(lab, plan, lab.target("queued"))
        run.save(tmp_path / "run.json")

    again = Run.load(tmp_path / "run.json")
    columns = send_columns(again.sends, again.events)

    assert summary(again).accepted == 5
    assert np.all(columns.completion > 0), "by one clock here; a PDF may be there before its client hears yes"
    assert again.machine["redis"]


def test_a_client_that_gives_up_does_not_stop_the_server(tmp_path: Path) -> None:
    """A time-out at the synchronous endpoint is still worked on: the run waits until that is done."""
    plan = replace(burst(6, seconds=0.1, mix={"invoice": 1}), lines=400)
    with Lab(workers=1, mode="threads", folder=tmp_path) as lab:
        at = lab.target("synchronous", timeout=0.05)
        run = experiment.run_plan(lab, plan, at)

    count, seconds = wasted(run)
    assert 0 < count <= outcomes(run.sends)["timeout"]
    assert seconds > 0
    assert not np.isnan(job_columns(run.events).ended_at).any(), "the server is at work no more"
