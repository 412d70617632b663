"""A backlog that is forecast: what the picture says is what the runs and the formulas say."""

from dataclasses import replace

import numpy as np
import pytest

from pdflab.analysis.run import Run
from pdflab.charts.forecast import Burst, forecast_figure, measure_burst
from pdflab.charts.style import png
from pdflab.charts.timelines import offered_load_figure
from pdflab.load.plan import MOSTLY_INVOICES, Plan, burst
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.theory import fluid_backlog
from pdflab.simulation.twin import queued_endpoint, simulate

SERVICE = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.04, scv=0)  # two workers make 50 a second
PLAN = burst(150, seconds=1.0, baseline=20.0, seed=1)
FLUID = fluid_backlog(3.0, seconds=1.0, capacity=1.0, baseline_rate=0.4)  # seconds of work


def run_of(plan: Plan = PLAN, *, later: float = 0.0) -> Run:
    """A run as the twin has it, at another time of the day."""
    run = simulate(plan, queued_endpoint(2), SERVICE)
    sends = replace(run.sends, intended_at=run.sends.intended_at + later)
    return replace(run, sends=sends, events=replace(run.events, at=run.events.at + later))


def ended(after: float) -> Burst:
    """An evening with two seconds of work at its second 1, and none from this one on."""
    return Burst(np.array([0.0, 1.0, after]), np.array([1.0, 2.0, 0.0]), after)


def test_a_burst_is_read_from_its_own_beginning() -> None:
    """The queue begins to grow at 0, is at its peak when the burst ends, and is empty when the basin is."""
    seen = measure_burst(run_of(later=1_767_225_600.0), capacity=50.0)

    assert seen.at[seen.backlog.argmax()] == pytest.approx(1.0, abs=0.05)
    assert seen.backlog.max() == pytest.approx(FLUID.peak, rel=0.1)
    assert seen.empty_after == pytest.approx(FLUID.cleared_after, rel=0.15)


def test_who_asked_first_does_not_shift_the_burst() -> None:
    """The first client of the baseline may come late; the burst begins when the plan says so."""
    late = replace(PLAN, phases=(replace(PLAN.phases[0], rates=(0.0, 0.0, 0.0, 20.0)), *PLAN.phases[1:]))

    seen = measure_burst(run_of(late))

    assert seen.at[seen.backlog.argmax()] == pytest.approx(1.0, abs=0.05)


def test_a_burst_without_a_queue_is_over_when_it_ends() -> None:
    """Three documents in a second make two workers wait for nobody."""
    seen = measure_burst(run_of(burst(3, seconds=1.0, baseline=0.5, seed=3)))

    assert 1.0 <= seen.empty_after < 1.2


def test_a_backlog_can_be_read_at_any_instant() -> None:
    """It stays from one change to the next; before the first one there is none."""
    assert ended(4.0).backlog_at(np.array([-1.0, 0.0, 0.5, 1.0, 3.9, 4.0, 9.0])).tolist() == [
        0, 1, 1, 2, 2, 0, 0,
    ]  # fmt: skip


def test_the_title_grows_with_what_is_known() -> None:
    """First the fluid model alone, then the ends of the simulated evenings, then the real ones."""
    band = [ended(3.0), ended(6.2), ended(4.4)]

    alone = forecast_figure(FLUID, 1.0, predicted=(2.0, 3.0))
    forecast = forecast_figure(FLUID, 1.0, band=band)
    all_of_it = forecast_figure(FLUID, 1.0, band=band, measured=[ended(7.0), ended(5.0)])

    assert alone.get_suptitle() == "The backlog is gone after: fluid model 4 s"
    assert forecast.get_suptitle() == "The backlog is gone after: fluid model 4 s; simulated 3 to 6 s"
    assert all_of_it.get_suptitle().endswith("simulated 3 to 6 s; measured 7, 5 s")
    assert len(png(all_of_it)) < 60_000


def test_the_prediction_the_band_and_each_end_are_where_they_belong() -> None:
    """The reader's interval is a span; the band has the least and the most backlog of all evenings."""
    figure = forecast_figure(
        FLUID, 1.0, band=[ended(3.0), ended(6.2)], measured=[ended(7.0)], predicted=(2.0, 3.0)
    )
    [ax] = figure.axes

    names = ax.get_legend_handles_labels()[1]
    assert names == ["your prediction", "simulated: 2 evenings", "fluid model", "measured"]
    assert ax.patches[0].get_bbox().intervalx.tolist() == [2.0, 3.0]  # type: ignore[attr-defined]
    strokes = [line for line in ax.lines if line.get_marker() == "|"]
    assert list(strokes[0].get_xdata()) == [3.0, 6.2]  # type: ignore[arg-type]
    assert max(corner[1] for corner in ax.collections[0].get_paths()[0].vertices) == 2.0  # type: ignore[union-attr]


def test_a_plan_is_drawn_beside_what_the_workers_make() -> None:
    """Three times as much, for a second."""
    [axes] = offered_load_figure(PLAN, capacity=50.0).axes

    assert "at its height 150 a second, 3.0 × the capacity" in axes.get_title(loc="left")
