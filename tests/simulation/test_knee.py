"""The knee: job by job the recursion, on average the formulas, and the same jobs at each utilisation."""

import numpy as np
import pytest
from estimates import estimate
from paths import poisson

from pdflab.analysis.columns import Floats
from pdflab.errors import UsageError
from pdflab.simulation import theory
from pdflab.simulation.fcfs import serve
from pdflab.simulation.knee import Knee, serve_side_by_side, simulate_knee

SEEDS = 40


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_queues_side_by_side_are_the_recursion_to_the_last_bit(workers: int) -> None:
    """Each job of each queue starts when it does alone."""
    queues = [poisson(2_000, workers, seed=seed) for seed in range(5)]
    at = np.stack([queue.at for queue in queues], axis=1)
    service = np.stack([queue.service for queue in queues], axis=1)

    started = serve_side_by_side(at, service, workers)

    for queue, column in zip(queues, started.T, strict=True):
        assert np.array_equal(column, serve(queue.at, queue.service, [0.0] * workers))


@pytest.mark.parametrize(("workers", "cv"), [(1, 0.0), (1, 1.0), (1, 2.0), (2, 1.0), (4, 1.0)])
def test_mean_waits_are_those_of_theory(workers: int, cv: float) -> None:
    """Where the formula is exact: Pollaczek and Khinchine for one worker, Erlang C for many."""
    knee = simulate_knee([0.5, 0.8], workers=workers, cv=cv, jobs=20_000, seeds=SEEDS)

    for means, expected in zip(knee.mean, knee.theory, strict=True):
        assert estimate(means.tolist()).holds(float(expected))


def test_where_the_formula_is_about_right_it_is_within_a_tenth() -> None:
    """Two workers with constant and with variable service times: Allen and Cunneen."""
    for cv in (0.0, 2.0):
        knee = simulate_knee([0.8, 0.9], cv=cv, jobs=20_000, seeds=SEEDS)
        assert knee.mean.mean(axis=1) == pytest.approx(knee.theory, rel=0.1)


def test_percentiles_are_those_of_theory() -> None:
    """Of all jobs: those that need not wait, wait 0."""
    knee = simulate_knee([0.5, 0.8], jobs=20_000, seeds=SEEDS)

    for load, values in zip(knee.utilisation.tolist(), knee.p95, strict=True):
        expected = theory.mmc_waiting_percentile(2 * load, 1.0, 2, share=0.95)
        assert estimate(values.tolist()).holds(expected)


def test_four_workers_wait_less_at_one_queue_than_at_four() -> None:
    """At 80 %: 0.75 service times and 4.0; each of four queues is one of a quarter of the arrivals."""
    shared, own = (simulate_knee([0.8], workers=workers, jobs=20_000, seeds=SEEDS) for workers in (4, 1))

    assert shared.theory == pytest.approx([0.75], abs=0.005)
    assert own.theory == pytest.approx([4.0])
    assert _holds(shared)
    assert _holds(own)


def test_each_seed_waits_longer_at_each_higher_utilisation() -> None:
    """It has the same jobs, only closer together: a curve does not wobble by chance."""
    knee = simulate_knee(jobs=2_000)

    assert knee.mean.shape == knee.p95.shape == (20, 20)
    assert np.all(np.diff(knee.mean, axis=0) >= 0)
    assert _rows_differ(knee.mean.T)


def test_it_is_reproducible() -> None:
    """The same arguments, the same waits."""
    assert np.array_equal(simulate_knee(jobs=500).mean, simulate_knee(jobs=500).mean)


@pytest.mark.parametrize("impossible", [[], [0.0], [0.5, 1.0], [float("nan")]])
def test_a_load_that_has_no_long_run_is_an_error(impossible: list[float]) -> None:
    """At 100 % the queue grows for ever."""
    with pytest.raises(UsageError, match="between 0 and 1"):
        simulate_knee(impossible)


def test_a_knee_needs_workers_and_a_real_variation() -> None:
    """One sentence each."""
    with pytest.raises(UsageError, match="1 worker"):
        simulate_knee(workers=0)
    with pytest.raises(UsageError, match="cannot be negative"):
        simulate_knee(cv=-1.0)


def _holds(knee: Knee) -> bool:
    return estimate(knee.mean[0].tolist()).holds(float(knee.theory[0]))


def _rows_differ(rows: Floats) -> bool:
    return len(np.unique(rows, axis=0)) == len(rows)
