"""The engines against theory, each figure within its 99 % interval; and mutants, which must not be.

20 replications each, always of the same seed: the verdict is the same tomorrow. The first fifth of each is
left out: five times as long as a line takes to forget that it was empty, 1/(√(cμ) − √λ)² (Gross and Harris).
Of so many intervals at 99 % one might miss its value by mere chance; none did.
"""

from collections.abc import Callable

import numpy as np
import pytest
from estimates import Estimate, replicate
from mutants import MUTANTS, Engine, a_job_not_worked_on_now_and_then, a_worker_too_many, events, recursion
from paths import poisson, violations, whole

from pdflab.analysis.columns import Floats
from pdflab.simulation import theory
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.model import Model, Outcome

WARM_UP = 0.2
LINES = [(1, 0.5), (1, 0.8), (1, 0.95), (4, 0.7), (4, 0.9), (16, 0.8), (16, 0.95), (64, 0.9), (200, 0.95)]
SHAPES = {"deterministic": 0.0, "Erlang of 4": 0.25, "exponential": 1.0, "lognormal": 2.0}


def draw_service(scv: float, count: int, rng: np.random.Generator) -> Floats:
    """Service times with a mean of 1 s and a given variation."""
    if scv == 0:
        return np.ones(count)
    if scv <= 1:
        return rng.gamma(1 / scv, scv, count)
    sigma = np.sqrt(np.log1p(scv))
    return rng.lognormal(-(sigma**2) / 2, sigma, count)


def measure(
    engine: Engine, workers: int, load: float, *, scv: float = 1.0, waited: bool = False, count: int = 40_000
) -> Estimate:
    """Estimate the mean wait, or the share of jobs that waited."""

    def one(rng: np.random.Generator) -> Floats:
        at = np.cumsum(rng.exponential(1 / (load * workers), count))
        waiting = engine(Jobs(at, draw_service(scv, count, rng)), workers).waiting
        return (waiting > 1e-9).astype(np.float64) if waited else waiting

    return replicate(one, warm_up=WARM_UP, seed=workers)


def measure_events(model: Model, jobs: Callable[[np.random.Generator], Jobs], figure: Outcome) -> Estimate:
    """Estimate the share of requests that ended in a way."""

    def one(rng: np.random.Generator) -> Floats:
        return (Simulation(model).run([jobs(rng)]).outcome == figure).astype(np.float64)

    return replicate(one, warm_up=WARM_UP, seed=model.workers)


@pytest.mark.parametrize(("workers", "load"), LINES)
def test_jobs_wait_as_erlang_c_says(workers: int, load: float) -> None:
    """M/M/c over a grid of sizes and loads: the mean wait, and the share of jobs that wait."""
    expected = theory.mmc(load * workers, 1.0, workers)

    assert measure(recursion, workers, load).holds(expected.waiting)
    assert measure(recursion, workers, load, waited=True).holds(expected.wait_probability or 0.0)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_worker_waits_as_pollaczek_and_khinchine_say(shape: str, load: float) -> None:
    """M/D/1 and M/G/1, by the variation of the service times."""
    expected = theory.mg1(load, 1.0, SHAPES[shape])

    assert measure(recursion, 1, load, scv=SHAPES[shape]).holds(expected.waiting)


@pytest.mark.parametrize(("workers", "load"), [(1, 0.8), (4, 0.9), (16, 0.8)])
def test_the_event_engine_waits_as_erlang_c_says(workers: int, load: float) -> None:
    """The other engine, on jobs of its own."""
    expected = theory.mmc(load * workers, 1.0, workers)

    assert measure(events, workers, load, count=10_000).holds(expected.waiting)


@pytest.mark.parametrize(("workers", "offered"), [(1, 0.5), (4, 3.0), (10, 12.0), (30, 25.0)])
@pytest.mark.parametrize("scv", [0.0, 1.0])
def test_without_a_queue_as_many_are_refused_as_erlang_b_says(
    workers: int, offered: float, scv: float
) -> None:
    """M/M/c/c and M/D/c/c: the shape of the service times does not matter."""
    count = 8_000

    def jobs(rng: np.random.Generator) -> Jobs:
        return Jobs(np.cumsum(rng.exponential(1 / offered, count)), draw_service(scv, count, rng))

    refused = measure_events(Model(workers=workers, queue_capacity=0), jobs, Outcome.REFUSED)

    assert refused.holds(theory.erlang_b(offered, workers))


@pytest.mark.parametrize(
    ("workers", "load", "patience"), [(1, 0.8, 2.0), (4, 1.2, 1.0), (20, 0.95, 5.0), (20, 1.1, 2.0)]
)
def test_as_many_clients_renege_as_erlang_a_says(workers: int, load: float, patience: float) -> None:
    """M/M/c+M, beyond what the workers can do, too."""
    count = 8_000

    def jobs(rng: np.random.Generator) -> Jobs:
        at = np.cumsum(rng.exponential(1 / (load * workers), count))
        return Jobs(at, rng.exponential(1.0, count), rng.exponential(patience, count))

    gone = measure_events(Model(workers=workers, reneges=True), jobs, Outcome.RENEGED)

    assert gone.holds(theory.erlang_a(load * workers, 1.0, workers, patience=patience).reneged_share)


def test_departures_are_as_arrivals() -> None:
    """Burke's theorem: departures from M/M/c are a Poisson process; their gaps have its mean and variance."""

    def gaps(rng: np.random.Generator) -> Floats:
        at = np.cumsum(rng.exponential(1 / 3.2, 40_000))
        return np.diff(np.sort(recursion(Jobs(at, rng.exponential(1.0, 40_000)), 4).ended_at))

    assert replicate(gaps, warm_up=WARM_UP).holds(1 / 3.2)
    assert replicate(lambda rng: gaps(rng) ** 2, warm_up=WARM_UP).holds(2 / 3.2**2)


@pytest.mark.parametrize("engine", [recursion, events])
def test_a_sound_engine_breaks_no_rule(engine: Engine) -> None:
    """The rules that the mutants break, on the same jobs."""
    jobs = whole(poisson(2_000, 3))

    assert not violations(jobs, engine(jobs, 3), 3)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_mutant_breaks_the_rule_that_is_for_it(mutant: Engine) -> None:
    """A check that lets a wrong engine pass is not worth anything."""
    jobs = whole(poisson(2_000, 3))

    assert MUTANTS[mutant] in violations(jobs, mutant(jobs, 3), 3)


@pytest.mark.parametrize("mutant", [a_worker_too_many, a_job_not_worked_on_now_and_then])
@pytest.mark.parametrize(("workers", "load"), [(1, 0.8), (4, 0.9), (16, 0.95)])
def test_theory_detects_mutants(mutant: Engine, workers: int, load: float) -> None:
    """The intervals are narrow enough to miss an engine that does 2 % less work, or has one worker more."""
    expected = theory.mmc(load * workers, 1.0, workers)

    assert not measure(mutant, workers, load, count=160_000).holds(expected.waiting)
