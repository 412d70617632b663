"""A chart keeps what it can show, and no more."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pdflab.analysis.chart_points import Curve, Dots, thin


def test_a_value_that_stays_needs_two_points() -> None:
    """Where it began, and until when it is known."""
    curve = Curve()
    for at in range(100):
        curve.add(float(at), 3.0)

    assert curve.points == [(0.0, 3.0), (99.0, 3.0)]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=3_000))
def test_a_curve_stays_small_and_keeps_its_peak(values: list[int]) -> None:
    """However many values it had: a short peak must not vanish when the axis grows."""
    curve = Curve()
    curve.fit(0.0, 600.0)
    for number, value in enumerate(values):
        curve.add(number / 5, float(value))

    assert len(curve.points) <= 482
    assert max(value for _, value in curve.points) == max(values)


def test_the_last_point_before_the_axis_begins_the_curve() -> None:
    """It says what the value was when the axis begins."""
    curve = Curve()
    for at, value in ((0.0, 1.0), (30.0, 7.0), (90.0, 2.0)):
        curve.add(at, value)

    curve.fit(60.0, 660.0)

    assert curve.points == [(30.0, 7.0), (90.0, 2.0)]


def test_of_dots_that_overlap_one_is_kept_and_a_longer_axis_needs_fewer() -> None:
    """Two that a longer axis cannot show apart become one; those left of it are dropped."""
    dots = Dots()
    dots.fit(0.0, 10.0)
    for at in (1.0, 2.0, 2.001, 9.0):
        dots.add(at, 0.5)
    assert len(dots.points) == 3

    dots.fit(1.5, 601.5)

    assert [at for at, _ in dots.points] == [2.001, 9.0]


def test_ten_thousand_who_wait_are_as_many_points_as_the_axis_has() -> None:
    """They lie on one curve."""
    at = np.linspace(0.0, 10.0, 10_000)

    points = thin(at, 10.0 - at, 5.0, 15.0)

    assert len(points) <= 121
    assert points[0][0] >= 5.0
    assert all(seconds == 10.0 - x for x, seconds in points)
