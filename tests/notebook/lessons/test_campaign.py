"""Lesson 06's forecast knows what can be known beforehand, and nothing of the evening that comes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.experiments import service_times
from pdflab.load.plan import Plan, burst
from pdflab.notebook.lessons.setups import campaign
from pdflab.notebook.lessons.setups.campaign import Known
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.twin import Twin, queued_endpoint

TIMES = ServiceTimes.lognormal(["invoice"], mean=0.1, scv=0.3)
KNOWN = Known(100, Twin(queued_endpoint(1), TIMES))  # ten PDFs a second


def real(plan: Plan, *, slower: float = 1.0, seed: int = 7) -> Run:
    """A run that this worker could have made, or one that is slower."""
    times = ServiceTimes({"invoice": TIMES.seconds["invoice"] * slower})
    return replace(KNOWN.twin, service=times).simulate(plan, seed=seed)


def test_the_capacity_is_that_of_a_worker_that_is_never_idle() -> None:
    """From start to start, so that what a worker does between two jobs counts, and its idle time does not."""
    many = replace(burst(300, seconds=3.0, seed=1, mix={"invoice": 1.0}), lines=100)

    known = campaign.learn(real(many))

    assert known.capacity == pytest.approx(10, rel=0.1)
    assert str(known).startswith(f"one worker makes {known.capacity:.1f} PDFs a second")


def test_a_worker_that_was_idle_measures_nothing() -> None:
    """There is no capacity in a run without a queue."""
    with pytest.raises(UsageError, match="kept no job waiting"):
        campaign.learn(real(replace(burst(3, seconds=9.0, seed=1, mix={"invoice": 1.0}), lines=100)))


def test_no_simulated_evening_is_a_real_one() -> None:
    """They have the same loads, and other instants."""
    sent: list[Plan] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign, "run_on", lambda lab, plan: sent.append(plan))
        patch.setattr(campaign, "learn", lambda run: KNOWN)
        lab: Any = None
        for _, send in campaign.campaign_runs(KNOWN).values():
            send(lab)

    evenings = sent[1::2]  # each after a measurement of its own
    simulated = [campaign.plan_campaign(KNOWN, 20 + number) for number in range(campaign.EVENINGS)]
    assert len({plan.seed for plan in (*evenings, *simulated)}) == 3 + campaign.EVENINGS
    assert {plan.phases for plan in evenings} == {plan.phases for plan in simulated}
    assert [phase.count for phase in evenings[0].phases] == [None, 60, None]


def test_the_band_contains_the_evenings_of_the_same_worker() -> None:
    """Nine of ten that it has not seen, about; the fluid model's end lies inside."""
    ends = [one.empty_after for one in campaign.forecast(KNOWN)]
    others = [
        campaign.evening_of(real(campaign.plan_campaign(KNOWN, seed), seed=seed)) for seed in range(200, 260)
    ]

    inside = np.mean([min(ends) <= one.empty_after <= max(ends) for one in others])
    assert 0.85 <= inside < 1
    assert min(ends) < campaign.fluid_evening().cleared_after < max(ends)


def test_an_error_is_said_as_it_is() -> None:
    """A worker that became slower is later than the middle, and the sentence says how much slower."""
    evening = real(campaign.plan_campaign(KNOWN, 101), slower=1.6)

    said = campaign.error_of(evening, campaign.forecast(KNOWN))

    assert "outside the band (+" in said
    assert float(said.rpartition("took ")[2].split()[0]) == pytest.approx(1.6, rel=0.15)


def test_the_pictures_have_the_loads_that_were_asked_for() -> None:
    """The evening of the lesson, and one of the reader's."""
    alone = campaign.draw_forecast(predicted=(5.0, 8.0))
    higher = campaign.explore_evening(KNOWN, spike=3.0, seconds=2.0, baseline=0.8)

    assert alone.get_suptitle() == "The backlog is gone after: fluid model 10 s"
    assert higher.get_suptitle().startswith("The backlog is gone after: fluid model 22 s; simulated ")


def test_the_measurement_has_documents_of_a_fitting_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warm workers are measured: the first documents do not count."""
    sent: list[Plan] = []
    monkeypatch.setattr(service_times, "seconds_to_render", lambda lines: 0.12)
    monkeypatch.setattr(campaign, "run_on", lambda lab, plan: sent.append(plan))
    monkeypatch.setattr(campaign, "learn", lambda run: KNOWN)

    lab: Any = None
    assert campaign.measure_beforehand(lab) is KNOWN

    assert [plan.lines for plan in sent] == [200, 200]
    assert [plan.batched for plan in sent] == [True, False]
