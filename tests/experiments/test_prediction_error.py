"""The twin against the real service: replayed, predicted, and reported wherever it is used.

This machine may be busy with something else, which no twin can know. So a real run is predicted by what it
has itself taught, whatever the pace was; a twin that is grossly wrong is reported apart all the same.
"""

import json
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from pdflab.__main__ import main
from pdflab.analysis.run import Run
from pdflab.experiments import prediction_error as heldout
from pdflab.experiments.prediction_error import (
    Case,
    Round,
    Verdict,
    hold_out_all,
    published,
    run_on,
)
from pdflab.lab import Lab
from pdflab.load.plan import burst
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.holdout import FIGURES, HeldOut, hold_out, replay, rescaled
from pdflab.simulation.twin import Twin

PLAN = replace(burst(80, seconds=0.5, seed=1), lines=100)


@pytest.fixture(scope="module")
def rounds() -> list[Run]:
    """The same burst three times on two real workers, which had been at work before."""
    with Lab(workers=2) as lab:
        run_on(lab, replace(PLAN, seed=2))
        return [run_on(lab, PLAN) for _ in range(3)]


@pytest.fixture(scope="module")
def real(rounds: list[Run]) -> Run:
    return rounds[0]


def held(*, off: float, rescaled: float = 0.01) -> Round:
    """A round in which the twin was off by so much, and by so little when it knew the pace."""
    measured = {"p50": 0.1, "p95": 0.2, "makespan": 4.0}
    reported = ({name: value * (1 + error) for name, value in measured.items()} for error in (off, rescaled))
    return Round(*(HeldOut(measured, predicted) for predicted in reported), replayed=0.002)


def test_a_real_run_is_replayed_job_by_job(real: Run) -> None:
    """From its arrivals and seconds at work, on two workers; on one it would have taken twice as long."""
    measured, replayed = replay(real, 2)
    alone = replay(real, 1)[1]

    took = measured.ended_at.max()
    assert np.median(np.abs(measured.started_at - replayed.started_at)) < 0.15 * took
    assert replayed.ended_at.max() == pytest.approx(took, rel=0.2)
    assert alone.ended_at.max() > 1.4 * took


def error_of_the_middle_round(rounds: list[Run], figure: str, *, times: float = 1.0) -> float:
    """How far off is a twin that has learnt `times` the work? One round may be upset by another program."""
    errors = []
    for run in rounds:
        twin = Twin.learn(run, workers=2)
        service = {kind: times * taken for kind, taken in twin.service.seconds.items()}
        errors.append(hold_out(replace(twin, service=ServiceTimes(service)), run).errors[figure])
    return median(errors)


def test_a_twin_that_has_learnt_from_a_run_is_not_grossly_wrong_about_it(rounds: list[Run]) -> None:
    """Within a half, which one with four times the work, or without any, is not."""
    for figure in FIGURES:
        assert abs(error_of_the_middle_round(rounds, figure)) < 0.5, figure

    assert error_of_the_middle_round(rounds, "makespan", times=4.0) > 1
    assert error_of_the_middle_round(rounds, "p50", times=0.1) < -0.5


def test_the_experiment_and_the_model_differ_in_one_word(real: Run) -> None:
    """Lab or twin: the same documents are asked for, in the same order, and the same columns come back."""
    simulated = run_on(Twin.learn(real, workers=2), PLAN)
    order = np.argsort(real.sends.intended_at, kind="stable")

    assert simulated.plan == real.plan
    assert [send.kind for send in simulated.sends] == [list(real.sends)[row].kind for row in order]
    assert sorted(np.asarray(simulated.sends.seed)) == sorted(np.asarray(real.sends.seed))


def test_who_knows_the_pace_is_not_misled_by_it(real: Run) -> None:
    """A twin that has learnt on a machine four times as slow is right, once it knows how fast this one is."""
    twin = Twin.learn(real, workers=2)
    slow = ServiceTimes({kind: 4 * seconds for kind, seconds in twin.service.seconds.items()})

    reported = rescaled(replace(twin, service=slow), real)

    assert hold_out(reported, real).errors == pytest.approx(hold_out(twin, real).errors, abs=1e-3)


@pytest.mark.slow
def test_every_case_is_run_and_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small one of each sort, on the real service: what is measured stands beside what was predicted."""
    monkeypatch.setattr(heldout, "_SECONDS", 0.5)

    verdict = hold_out_all(rounds=1, cases=(("batch", 1), ("steady", 3)))

    reported = [(case.plan, case.workers, len(case.rounds)) for case in verdict.cases]
    assert reported == [("batch", 1, 1), ("steady", 3, 1)]
    assert all(case.measured["makespan"] > 0 for case in verdict.cases)
    assert verdict.rescaled_error < 1
    assert 0 <= verdict.replayed < 1


def test_the_middle_round_counts() -> None:
    """One round that something else disturbed changes nothing."""
    verdict = Verdict([Case("batch", 1, [held(off=0.05), held(off=4.0), held(off=-0.02)])])

    assert (verdict.error, verdict.rescaled_error) == (pytest.approx(0.05), pytest.approx(0.01))
    assert "batch, 1 worker " in verdict.text
    assert "0.1 s +5% (+1%)" in verdict.text
    assert "5% off at the median of all figures (1 cases, 3 rounds each)" in verdict.text


@pytest.mark.parametrize(("rescaled", "busy"), [(0.05, False), (0.01, True)])
def test_who_measures_on_a_busy_machine_is_reported(rescaled: float, busy: bool) -> None:
    """When most of the error is gone with the pace known, it was not the model that was wrong."""
    verdict = Verdict([Case("batch", 1, [held(off=0.06, rescaled=rescaled)])])

    assert ("other programs are at work here" in verdict.text) is busy


def test_who_uses_the_twin_sees_how_wrong_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As it was measured last; before that, how to measure it."""
    monkeypatch.setenv("PDFLAB_FOLDER", str(tmp_path))
    assert "`pdflab twin` measures" in published()

    (tmp_path / "twin.json").write_text("{}")
    assert "`pdflab twin` measures" in published()

    verdict = Verdict([Case("steady", 2, [held(off=-0.07)] * 3)])
    (tmp_path / "twin.json").write_text(json.dumps(verdict.to_json()))
    assert published() == (
        "the twin was 7% off at the median of 3 real runs here, 1% where it knew the machine's pace"
    )


def test_the_command_prints_keeps_and_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A table or one object, the same figures in a file; without a round there is nothing to tell."""
    monkeypatch.setenv("PDFLAB_FOLDER", str(tmp_path))
    verdict = Verdict([Case("batch", 3, [held(off=0.1)])])
    monkeypatch.setattr(heldout, "hold_out_all", lambda *, rounds: verdict)

    assert main(["twin", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "twin.json").read_text())
    assert main(["twin"]) == 0
    assert "batch, 3 workers" in capsys.readouterr().out

    monkeypatch.undo()
    assert main(["twin", "--rounds", "0"]) == 2
    assert "--rounds must be 1 or more" in capsys.readouterr().err
