"""Estimates: Student's table, intervals that hold as often as they say, and what they leave out."""

import numpy as np
import pytest
from estimates import estimate, replicate, student_t

from pdflab.errors import UsageError


@pytest.mark.parametrize(
    ("share", "freedom", "published"),
    [
        (0.95, 3, 2.353),
        (0.975, 19, 2.093),
        (0.995, 9, 3.250),
        (0.995, 1, 63.657),
        (0.975, 120, 1.980),
        (0.9999, 1, 3183.099),
    ],
)
def test_students_t_is_that_of_the_tables(share: float, freedom: int, published: float) -> None:
    """To the three places that every textbook prints."""
    assert student_t(share, freedom) == pytest.approx(published, abs=6e-4)


def test_an_interval_holds_the_mean_as_often_as_it_says() -> None:
    """Of a thousand intervals at 90 %, about nine hundred."""
    rng = np.random.default_rng(1)

    held = sum(estimate(rng.normal(5.0, 2.0, 6).tolist(), level=0.9).holds(5.0) for _ in range(1000))

    assert 870 <= held <= 930


def test_the_warm_up_is_left_out_and_named() -> None:
    """The first half of each column does not count."""
    result = replicate(lambda rng: np.array([100.0, 100.0, 1.0, rng.integers(1, 2)]), warm_up=0.5)

    assert (result.mean, result.margin, result.replications) == (1.0, 0.0, 20)
    assert str(result) == "1 ± 0 (99%, 20 replications, the first 50% of each left out)"


def test_replications_are_independent_and_the_same_tomorrow() -> None:
    """Each has a stream of its own, drawn from one seed."""
    one, again, other = (replicate(lambda rng: rng.random(3), seed=seed) for seed in (1, 1, 2))

    assert one == again
    assert one != other
    assert one.margin > 0


def test_nonsense_is_an_error_with_a_reason() -> None:
    """One replication has no interval; a warm-up of everything leaves nothing."""
    with pytest.raises(UsageError, match="2 replications or more"):
        estimate([1.0])
    with pytest.raises(UsageError, match="at least 0 and below 1"):
        replicate(lambda rng: rng.random(3), warm_up=1.0)
    with pytest.raises(UsageError, match="a share from a half to below 1"):
        student_t(1.0, 5)
