"""The pictures of scaling: the missing workers, what waits, and the dots of money and late documents."""

from dataclasses import replace

import numpy as np
import pytest

from pdflab.charts import style
from pdflab.charts.scaling import late_figure, morning_figure, price_figure
from pdflab.charts.style import png
from pdflab.simulation.capacity.scaled_day import simulate_day, simulate_morning

MORNING = simulate_morning(lambda seen: 40 if seen.waiting > 20 or seen.busy > 10 else 10)
DAYS = {"few": simulate_day(lambda seen: 10), "many": simulate_day(lambda seen: 30)}


def test_the_missing_workers_are_as_wide_as_the_lag_and_as_high_as_the_excess() -> None:
    """Twenty workers, from nine until the others have started, 75 s later."""
    above = morning_figure({"by depth": MORNING}).axes[0]

    [_, missing] = above.collections
    corners = np.array(missing.get_paths()[0].vertices)
    is_missing = corners[corners[:, 1] == 30]
    assert is_missing[:, 0].min() == pytest.approx(0.0, abs=0.02)
    assert is_missing[:, 0].max() == pytest.approx(1.25, abs=0.02)
    assert above.get_legend_handles_labels()[1] == ["there", "missing", "needed"]


def test_the_morning_says_how_many_wait_and_shows_the_prediction() -> None:
    """In its title, unless there is another one; a prediction beyond it is inside the axis."""
    figure = morning_figure({"by depth": MORNING}, predicted=900)
    below = figure.axes[1]

    most = MORNING.most_waiting
    assert figure.get_suptitle() == f"Until the workers have started, {most} documents gather"
    assert below.get_title(loc="left") == f"by depth: at most {most} documents wait"
    assert below.get_ylim()[1] > 900
    assert morning_figure({"by depth": MORNING}, title="Another").get_suptitle() == "Another"
    assert len(png(figure)) < 30_000


def test_both_spikes_of_a_day_have_their_late_documents() -> None:
    """Each rule has a column; together the two are all."""
    figure = late_figure(DAYS)

    few = DAYS["few"]
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles[0] == f"few\nmailing: {few.late_at_nine:,} late"
    assert titles[2] == f"surprise: {few.late - few.late_at_nine:,} late"
    assert figure.get_suptitle() == f"Late in a day: many 0, few {few.late:,}"


def test_a_rule_that_is_good_enough_has_another_colour() -> None:
    """Thirty workers all day are in time, and cost three times as much as ten."""
    figure = price_figure(DAYS, 0.05, allowed=(400, 500))
    [ax] = figure.axes

    dots = {tuple(np.round(np.array(line.get_xydata())[0]).tolist()): line.get_color() for line in ax.lines}
    assert dots == {(110, DAYS["few"].late): style.COLOURS["queued"], (330, 0): style.RENDERING}  # type: ignore[index]
    assert figure.get_suptitle() == f"few: € 110, {DAYS['few'].late:,} late; many: € 330, 0 late"
    assert "€ 0.05 for a worker's hour" in ax.get_xlabel()


def test_another_currency_is_one_word() -> None:
    """And the price of the hour is the reader's."""
    day = replace(DAYS["many"], worker_hours=100.0)

    figure = price_figure({"one": day}, 1.0, allowed=(1, 1), currency="CHF")

    assert figure.get_suptitle() == "one: CHF 2200, 0 late; one: CHF 2200, 0 late"
