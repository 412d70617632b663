"""A day with a mailing and a surprise: lag × excess waits, and a month costs what its workers cost."""

import numpy as np
import pytest

from pdflab.simulation.autoscaling import Seen
from pdflab.simulation.capacity.scaled_day import ScaledDay, simulate_day, simulate_morning


def on_depth(seen: Seen) -> float:
    return 40 if seen.waiting > 20 or seen.busy > 10 else 10


@pytest.mark.parametrize(("start_up", "poll"), [(60.0, 15.0), (120.0, 15.0), (60.0, 60.0), (0.0, 30.0)])
def test_what_waits_is_lag_times_excess(start_up: float, poll: float) -> None:
    """Four documents a second too many, from nine until the ordered workers have started."""
    days = [simulate_morning(on_depth, start_up=start_up, poll=poll, seed=seed) for seed in range(5)]

    mean = np.mean([day.most_waiting for day in days])
    assert mean == pytest.approx(4 * (start_up + poll), rel=0.1)


def test_the_surprise_is_another_one_each_day() -> None:
    """It comes after noon; the mailing comes at nine."""
    days = [simulate_day(lambda seen: 30, seed=seed) for seed in range(3)]

    assert len({day.surprise for day in days}) == 3
    assert all(4 * 3600 <= day.surprise <= 8 * 3600 for day in days)
    assert {day.demand[1] for day in days} == {(4200.0, 6.0)}


def test_a_fixed_number_of_workers_is_paid_for_all_day() -> None:
    """Ten hours, 22 days a month; nothing is late with enough of them, and much with few."""
    many, few = simulate_day(lambda seen: 30), simulate_day(lambda seen: 10)

    assert many.cost_a_month(0.05) == pytest.approx(30 * 10 * 22 * 0.05, rel=0.01)
    assert (many.late, few.late > 10_000) == (0, True)
    assert 0 < few.late_at_nine < few.late


def test_the_backlog_is_what_has_come_and_not_started() -> None:
    """Two wait from second 1 on, one from 3 on, none from 5 on; the first is late after 40 s."""
    at, started = np.array([1.0, 1.0, 60.0]), np.array([3.0, 5.0, 100.0])

    day = ScaledDay(at, started, ((0.0, 1),), 1.0, ((100.0, 1.0),))

    seconds, waiting = day.backlog
    assert waiting[:7].tolist() == [0, 2, 2, 1, 1, 0, 0]
    assert (len(seconds), day.most_waiting, day.late, day.late_at_nine) == (102, 2, 1, 0)
