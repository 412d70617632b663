"""The formulas against values that others have published."""

from collections.abc import Callable
from dataclasses import replace
from math import e, inf, nan

import numpy as np
import pytest

from pdflab.errors import UsageError
from pdflab.simulation import theory

# Baron Schwartz, Practical Scalability Analysis with the Universal Scalability Law (2015): a Cisco benchmark.
CISCO = [
    955.16, 1878.91, 2688.01, 3548.68, 4315.54, 5130.43, 5931.37, 6531.08, 7219.80, 7867.61, 8278.71, 8646.70,
    9047.84, 9426.55, 9645.37, 9897.24, 10097.60, 10240.50, 10532.39, 10798.52, 11151.43, 11518.63, 11806.00,
    12089.37, 12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.40, 12074.39,
]  # fmt: skip
# Neil Gunther, Guerrilla Capacity Planning (2007), table 5.1: a ray tracer.
RAY_TRACER = (
    [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64],
    [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310],
)


@pytest.mark.parametrize(
    ("workers", "load", "blocked"),
    [
        (5, 1.361, 0.01), (10, 4.461, 0.01), (20, 12.031, 0.01), (50, 37.901, 0.01), (100, 84.064, 0.01),
        (10, 5.084, 0.02), (30, 21.932, 0.02),
    ],
)  # fmt: skip
def test_erlang_b_is_that_of_the_telephone_tables(workers: int, load: float, blocked: float) -> None:
    """The tables have the load at which one or two calls in a hundred are lost."""
    assert theory.erlang_b(load, workers) == pytest.approx(blocked, rel=1e-3)


@pytest.mark.parametrize(("workers", "load", "waits"), [(8, 3.87, 0.05), (10, 4.08, 0.01)])
def test_erlang_c_is_that_of_the_telephone_tables(workers: int, load: float, waits: float) -> None:
    """The tables have the load at which so many calls have to wait, rounded to two places."""
    assert theory.erlang_c(load, workers) == pytest.approx(waits, rel=0.01)


def test_a_bank_with_three_clerks() -> None:
    """λ = 0.2, μ = 0.1, c = 3: C = 4/9, and the wait 40/9 s, as fractions by hand."""
    bank = theory.mmc(0.2, 0.1, 3)

    assert bank.wait_probability == pytest.approx(4 / 9)
    assert (bank.waiting, bank.latency) == (pytest.approx(40 / 9), pytest.approx(130 / 9))
    assert (bank.queue_length, bank.jobs) == (pytest.approx(8 / 9), pytest.approx(26 / 9))


def test_a_call_centre_with_and_without_patience() -> None:
    """Garnett, Mandelbaum, Reiman, Designing a call center with impatient customers (2002), table 1.

    48 calls a minute, 50 agents, a minute each. All wait: 20.8 s on average, 58.1 s at the 90th percentile, a
    line of 17, agents busy for 96 %. With 2 minutes of patience: 3.1 % leave, 3.7 s, a line of 3, 93 %.
    """
    patient, impatient = theory.mmc(0.8, 1 / 60, 50), theory.erlang_a(0.8, 1 / 60, 50, patience=120.0)

    assert patient.waiting == pytest.approx(20.8, abs=0.05)
    assert theory.mmc_waiting_percentile(0.8, 1 / 60, 50, share=0.9) == pytest.approx(58.1, abs=0.05)
    assert (round(patient.queue_length), round(patient.utilisation, 2)) == (17, 0.96)
    assert impatient.reneged_share == pytest.approx(0.031, abs=0.0005)
    assert impatient.waiting == pytest.approx(3.7, abs=0.05)
    assert (round(impatient.queue_length), round(impatient.utilisation, 2)) == (3, 0.93)


def test_erlang_a_lies_between_its_two_ends() -> None:
    """Without patience it is Erlang B's loss; with endless patience Erlang C's wait; with θ = μ, Poisson."""
    hasty, steadfast = (theory.erlang_a(3.0, 1.0, 4, patience=p) for p in (1e-7, 1e7))
    middle = theory.erlang_a(3.0, 1.0, 4, patience=1.0)

    assert hasty.reneged_share == pytest.approx(theory.erlang_b(3.0, 4), rel=1e-5)
    assert steadfast.waiting == pytest.approx(theory.mmc(3.0, 1.0, 4).waiting, rel=1e-4)
    at_most_3 = e**-3 * (1 + 3 + 9 / 2 + 27 / 6)
    assert middle.wait_probability == pytest.approx(1 - at_most_3)


def test_one_worker_by_all_formulas() -> None:
    """M/M/1 is M/M/c with one worker, and M/G/1 with an SCV of 1; at ρ = 0.8 a second of work takes five."""
    one, many, general = theory.mm1(0.8, 1.0), theory.mmc(0.8, 1.0, 1), theory.mg1(0.8, 1.0, 1.0)

    assert (one.waiting, one.latency, one.queue_length, one.jobs) == pytest.approx((4.0, 5.0, 3.2, 4.0))
    assert (many.waiting, many.wait_probability) == pytest.approx((one.waiting, one.wait_probability))
    assert (general.waiting, general.wait_probability) == pytest.approx((one.waiting, one.wait_probability))


def test_without_variation_one_waits_half_as_long() -> None:
    """M/D/1, by Pollaczek and Khinchine; Allen and Cunneen say the same of one worker."""
    assert theory.mg1(0.8, 1.0, 0.0).waiting == pytest.approx(theory.mm1(0.8, 1.0).waiting / 2)
    assert theory.allen_cunneen(0.8, 1.0, 1, service_scv=0.0).waiting == pytest.approx(2.0)
    assert theory.allen_cunneen(0.2, 0.1, 3, service_scv=1.0).waiting == pytest.approx(40 / 9)


def test_littles_law() -> None:
    """40 arrivals a second that stay for half a second are 20 at any time."""
    assert theory.little(40.0, 0.5) == 20.0


def test_halfin_and_whitts_half() -> None:
    """At β = 0.506 half of all have to wait, in their paper's table."""
    assert theory.halfin_whitt(0.506) == pytest.approx(0.5, abs=2e-4)


@pytest.mark.parametrize("load", [0.5, 2.0, 20.0, 100.0, 500.0])
@pytest.mark.parametrize(
    ("share", "off"), [(0.001, 2), (0.005, 2), (0.01, 1), (0.05, 1), (0.2, 1), (0.5, 1), (0.9, 1)]
)
def test_the_square_root_rule_is_right_to_a_worker(load: float, share: float, off: int) -> None:
    """Erlang C's own answer is found by trying one number after another; for rare waits it is two short."""
    exact = next(c for c in range(int(load) + 1, 1000) if theory.erlang_c(load, c) <= share)

    assert -off <= theory.square_root_staffing(load, wait_probability=share) - exact <= 0


def test_a_spike_fills_the_queue_and_spare_capacity_drains_it() -> None:
    """100 a second into 40 for a minute: 3,600 wait, the last for 90 s; 30 a second clear it in 120 s."""
    backlog = theory.fluid_backlog(100.0, seconds=60.0, capacity=40.0, baseline_rate=10.0)

    assert backlog == theory.Backlog(peak=3600.0, longest_wait=90.0, cleared_after=180.0)
    assert theory.fluid_backlog(100.0, seconds=60.0, capacity=40.0, baseline_rate=40.0).cleared_after == inf
    assert theory.fluid_backlog(30.0, seconds=60.0, capacity=40.0).peak == 0


def test_the_scalability_fit_is_that_of_the_published_examples() -> None:
    """Schwartz: λ = 995.6486, σ = 0.02671591, κ = 0.0007690945. The ray tracer, in R's usl: no crosstalk."""
    cisco = theory.fit_scalability(range(1, 33), CISCO)
    ray_tracer = theory.fit_scalability(*RAY_TRACER)

    assert cisco.alone == pytest.approx(995.6486, rel=1e-5)
    assert cisco.contention == pytest.approx(0.02671591, rel=1e-5)
    assert cisco.crosstalk == pytest.approx(0.0007690945, rel=1e-5)
    assert cisco.peak == pytest.approx(35.57, abs=0.01)
    assert ray_tracer.alone == pytest.approx(21.848843, rel=1e-6)
    assert ray_tracer.contention == pytest.approx(0.057771, rel=1e-4)
    assert (ray_tracer.crosstalk, ray_tracer.peak) == (0, inf)


def test_the_scalability_law_is_found_again_in_its_own_values() -> None:
    """The fit returns the γ, α and β of the throughput."""
    law = theory.Scalability(50.0, 0.1, 0.002)

    found = theory.fit_scalability([1, 2, 4, 8, 16], law.throughput([1, 2, 4, 8, 16]))

    assert (found.alone, found.contention, found.crosstalk) == pytest.approx((50.0, 0.1, 0.002))


def test_noise_does_not_upset_the_scalability_fit() -> None:
    """Of any measurements the fit makes sense, or says why it cannot; no coefficient near it fits better."""
    rng, fitted = np.random.default_rng(0), 0
    for _ in range(200):
        n = np.sort(rng.choice(np.arange(1.0, 65.0), rng.integers(4, 12), replace=False))
        law = theory.Scalability(rng.uniform(1, 1000), rng.choice([0, 0.3]), rng.choice([0, 0.005]))
        x = law.throughput(n) * np.exp(rng.normal(0, rng.choice([0, 0.05, 0.3, 0.8]), len(n)))
        try:
            found = theory.fit_scalability(n, x)
        except UsageError:  # this does not show the throughput of one worker does alone
            continue
        fitted += 1
        others = [
            replace(found, alone=found.alone * 1.01),
            replace(found, contention=found.contention + 0.01),
        ]
        missed, *more = (np.square(x - one.throughput(n)).sum() for one in (found, *others))
        assert missed <= min(more) + 1e-9 * np.square(x).sum()
    assert fitted > 150


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        (lambda: theory.mmc(4.0, 1.0, 4), "Work for 4 workers comes to 4: the queue grows for ever"),
        (lambda: theory.mm1(-1.0, 1.0), "Rates must be positive"),
        (lambda: theory.mmc(1.0, 1.0, 0), "1 worker or more"),
        (lambda: theory.erlang_b(-1.0, 3), "offered load must be positive"),
        (lambda: theory.erlang_a(1.0, 1.0, 1, patience=0.0), "Rates and patience must be positive"),
        (lambda: theory.erlang_a(1.0, 1.0, 1, patience=nan), "Rates and patience must be positive"),
        (lambda: theory.erlang_a(1.0, 1.0, 1, patience=inf), "Endless patience is Erlang C"),
        (lambda: theory.fluid_backlog(1.0, seconds=1.0, capacity=0.0), "no spike ever ends"),
        (
            lambda: theory.fluid_backlog(1.0, seconds=-1.0, capacity=1.0),
            "Rates and seconds cannot be negative",
        ),
        (
            lambda: theory.fluid_backlog(-1.0, seconds=1.0, capacity=1.0),
            "Rates and seconds cannot be negative",
        ),
        (lambda: theory.mg1(1.0, 0.0, 1.0), "mean service time must be positive"),
        (lambda: theory.mg1(1.0, -0.5, 1.0), "mean service time must be positive"),
        (lambda: theory.mg1(1.0, 0.5, -1.0), "variation cannot be negative"),
        (lambda: theory.allen_cunneen(1.0, 2.0, 1, service_scv=-1.0), "variation cannot be negative"),
        (lambda: theory.fit_scalability([1, 2, 2, 2], [1, 2, 2, 2]), "4 numbers of workers or more"),
        (lambda: theory.fit_scalability([1, 2, 3, 4], [1, 2, 3]), "a throughput for each measurement"),
        (lambda: theory.fit_scalability([1, 2, 3, 4], [1, 2, nan, 4]), "must be positive"),
        (lambda: theory.fit_scalability([1, 2, 3, 4], [1, 2, 0, 4]), "must be positive"),
        (lambda: theory.square_root_staffing(10.0, wait_probability=1.0), "between 0 and 1"),
        (lambda: theory.mmc_waiting_percentile(1.0, 2.0, 1, share=1.0), "at least 0 and below 1"),
    ],
)
def test_nonsense_is_an_error_with_a_reason(nonsense: Callable[[], object], sentence: str) -> None:
    """One sentence, and no nan."""
    with pytest.raises(UsageError, match=sentence):
        nonsense()
