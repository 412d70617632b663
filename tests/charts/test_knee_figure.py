"""The knee's picture: the band holds the seeds, predictions and measurements are where they belong."""

import numpy as np
import pytest

from pdflab.charts import style
from pdflab.charts.knee import knee_figure
from pdflab.charts.style import png
from pdflab.simulation.knee import simulate_knee

LOADS = (0.2, 0.5, 0.8, 0.95)
KNEE = simulate_knee(LOADS, jobs=2_000, seeds=5)


def test_the_title_says_what_the_last_of_the_utilisation_costs() -> None:
    """By the numbers that are drawn, in units that the axes name."""
    figure = knee_figure({"two workers": KNEE})
    [ax] = figure.axes

    low, high = KNEE.mean[1].mean(), KNEE.mean[3].mean()
    assert figure.get_suptitle() == (
        f"From 50% to 95% busy, the mean wait grows from {low:.2g} to {high:.2g} service times"
    )
    assert ax.get_ylabel() == "mean wait, service times"
    assert "utilisation" in ax.get_xlabel()
    assert ax.get_title(loc="left") == "Each band spans 5 seeds"
    assert len(png(figure)) < 40_000


def test_the_band_spans_all_seeds_and_the_thin_line_is_the_formula() -> None:
    """At each utilisation from the least to the longest mean wait."""
    [ax] = knee_figure({"two workers": KNEE}).axes

    corners = ax.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in np.stack([LOADS, KNEE.mean.max(axis=1)], axis=1)} <= set(
        map(tuple, corners)
    )
    assert {tuple(corner) for corner in np.stack([LOADS, KNEE.mean.min(axis=1)], axis=1)} <= set(
        map(tuple, corners)
    )
    assert any(np.array_equal(line.get_ydata(), KNEE.theory) for line in ax.lines)


def test_what_was_predicted_and_what_was_measured_stand_beside_it() -> None:
    """Black dots with their errors, and the reader's curve and point in the colour of predictions."""
    [ax] = knee_figure(
        {"two workers": KNEE},
        measured=[(0.5, 0.4, 0.1), (0.8, 1.9, 0.5)],
        sketched=[(0.9, 1.0), (0.1, 0.2)],
        marked={"predicted": (0.95, 1.05), "here": (0.5, 0.4)},
    ).axes
    drawn = {line.get_label(): line for line in ax.lines}

    assert drawn["your sketch"].get_xydata().tolist() == [[0.1, 0.2], [0.9, 1.0]]
    assert drawn["predicted: 1.05 at 95%"].get_xydata().tolist() == [[0.95, 1.05]]
    assert {drawn[name].get_color() for name in ("your sketch", "predicted: 1.05 at 95%")} == {
        style.PREDICTED
    }
    assert drawn["here: 0.4 at 50%"].get_color() == style.TEXT
    dots, _, [bars] = ax.containers[0].lines
    assert dots.get_xydata().tolist() == [[0.5, 0.4], [0.8, 1.9]]
    assert dots.get_color() == style.FAILED
    assert bars.get_segments()[0].ravel() == pytest.approx([0.5, 0.3, 0.5, 0.5])


def test_a_prediction_above_the_axis_is_drawn_at_its_end_and_named() -> None:
    """It neither flattens the curve nor gets lost."""
    [ax] = knee_figure({"two workers": KNEE}, marked={"predicted": (0.8, 200.0)}).axes
    point = next(line for line in ax.lines if str(line.get_label()).startswith("predicted"))

    assert point.get_label() == "predicted: 200 at 80%, above the axis"
    assert point.get_ydata()[0] == ax.get_ylim()[1] < 20


def test_the_time_in_system_is_one_service_time_more() -> None:
    """In the band, the line, the formula, the title and on the axis."""
    waits, figure = (knee_figure({"two workers": KNEE}, in_system=more) for more in (False, True))
    [ax] = figure.axes

    assert ax.get_ylabel() == "mean time in system, service times"
    assert "the mean time in system grows from 1." in figure.get_suptitle()
    for line, wait in zip(ax.lines, waits.axes[0].lines, strict=True):
        assert line.get_ydata() == pytest.approx(np.asarray(wait.get_ydata()) + 1)
    below, before = (min(a.collections[0].get_paths()[0].vertices[:, 1]) for a in (ax, waits.axes[0]))
    assert below == pytest.approx(before + 1)


def test_a_run_that_was_overloaded_does_not_flatten_the_curve() -> None:
    """It stands at the upper end of the axis."""
    [ax] = knee_figure({"two workers": KNEE}, measured=[(0.99, 400.0, 90.0)]).axes

    dots, _, _ = ax.containers[0].lines
    assert dots.get_ydata()[0] == ax.get_ylim()[1] == pytest.approx(2.3 * KNEE.mean[3].mean())


def test_models_are_compared_at_one_utilisation() -> None:
    """The longest wait beside the shortest; each model has a colour and a name."""
    own = simulate_knee(LOADS, workers=1, jobs=2_000, seeds=5)
    figure = knee_figure({"four queues": own, "two workers": KNEE})
    names = figure.axes[0].get_legend_handles_labels()[1]

    longest, shortest = own.mean[2].mean(), KNEE.mean[2].mean()
    assert figure.get_suptitle() == (
        f"At 80% busy, jobs wait {longest:#.2g} service times (four queues) or {shortest:#.2g} (two workers)"
    )
    assert names == ["four queues", "two workers", "formula"]
