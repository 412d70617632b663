"""A burst predicted four times: what the picture says is what the runs and the formulas say."""

from dataclasses import replace

import pytest

from pdflab.analysis.run import Run
from pdflab.charts.forecast import forecast_figure, measure_burst
from pdflab.charts.style import png
from pdflab.charts.timelines import offered_load_figure
from pdflab.load.plan import MOSTLY_INVOICES, Plan, burst
from pdflab.simulation import theory
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.twin import queued_endpoint, simulate

SERVICE = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.04, scv=0)  # two workers make 50 a second
PLAN = burst(150, seconds=1.0, baseline=20.0, seed=1)
BASELINE = theory.mmc(20.0, 25.0, 2)
FLUID = theory.fluid_backlog(150.0, seconds=1.0, capacity=50.0, baseline_rate=20.0)


def run_of(plan: Plan = PLAN, *, later: float = 0.0) -> Run:
    """A run as the twin has it, at another time of the day."""
    run = simulate(plan, queued_endpoint(2), SERVICE)
    sends = replace(run.sends, intended_at=run.sends.intended_at + later)
    return replace(run, sends=sends, events=replace(run.events, at=run.events.at + later))


def test_a_burst_is_read_from_its_own_beginning() -> None:
    """The queue begins to grow at 0, is at its peak when the burst ends, and is empty when the basin is."""
    seen = measure_burst(run_of(later=1_767_225_600.0))
    at, waiting = seen.queue

    assert at[waiting.argmax()] == pytest.approx(1.0, abs=0.05)
    assert waiting.max() == pytest.approx(FLUID.peak, rel=0.1)
    assert seen.empty_after == pytest.approx(FLUID.cleared_after, rel=0.15)
    assert 0 < seen.baseline_wait < 0.02


def test_who_asked_first_does_not_shift_the_burst() -> None:
    """The first client of the baseline may come late; the burst begins when the plan says so."""
    late = replace(PLAN, phases=(replace(PLAN.phases[0], rates=(0.0, 0.0, 0.0, 20.0)), *PLAN.phases[1:]))

    at, waiting = measure_burst(run_of(late)).queue

    assert at[waiting.argmax()] == pytest.approx(1.0, abs=0.05)


def test_a_burst_without_a_line_is_over_when_it_ends() -> None:
    """Ten documents in a second make two workers wait for nobody."""
    seen = measure_burst(run_of(burst(3, seconds=1.0, baseline=0.5, seed=3)))

    assert 1.0 <= seen.empty_after < 1.2


def test_all_four_answers_are_in_one_picture() -> None:
    """Its title, its bars and its lines say the same; the reader's number is drawn as a line of its own."""
    figure = forecast_figure(run_of(), run_of(), baseline=BASELINE, fluid=FLUID, predicted=3)
    line, bars = figure.axes

    empty = measure_burst(run_of()).empty_after
    assert figure.get_suptitle() == (
        f"The queue was empty after {empty:.1f} s; simulation {empty:.1f} s, fluid model 4.3 s"
    )
    assert [patch.get_width() for patch in bars.patches] == pytest.approx([3, 4.333, empty, empty], rel=1e-3)
    assert "empty, predicted: 3 s" in line.get_legend_handles_labels()[1]
    assert "Erlang C" in bars.get_title(loc="left")
    assert len(png(figure)) < 60_000


def test_a_plan_is_drawn_beside_what_the_workers_make() -> None:
    """Three times as much, for a second."""
    [axes] = offered_load_figure(PLAN, capacity=50.0).axes

    assert "at its height 150 a second, 3.0 × the capacity" in axes.get_title(loc="left")
