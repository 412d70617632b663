"""Plans: the least fleet, its price and its risk; and bundles that stand for jobs."""

from collections.abc import Callable
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from pdflab.errors import UsageError
from pdflab.load.plan import Phase
from pdflab.simulation import theory
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.capacity import replication as trials
from pdflab.simulation.capacity import search as planner
from pdflab.simulation.capacity.requirement import Demand, Objective, Requirement
from pdflab.simulation.capacity.search import autoscaled, chance_at_least, fixed, scheduled, try_fleet
from pdflab.simulation.fcfs import simulate_fcfs

MIX = {"custom": 0.1, "invoice": 0.8, "report": 0.1}
TENTHS = (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0)


def demand(jobs: int = 3_000, *, seconds: float = 3_600.0, mean: float = 5.0) -> Demand:
    return Demand(Phase(seconds, TENTHS, jobs), ServiceTimes.lognormal(MIX, mean=mean), MIX)


def requirement(
    jobs: int = 3_000, *, deadline: float | None = 4_000.0, latency: float | None = None
) -> Requirement:
    return Requirement(demand(jobs), Objective(deadline, latency), price=0.36, replications=10)


def test_all_at_once_needs_the_work_divided_by_the_time() -> None:
    """A thousand jobs of exactly 6 s in 600 s are ten workers, a hundred jobs each: no fewer, and no more."""
    at_once = Demand(Phase(0.0, count=1_000), ServiceTimes.lognormal(MIX, mean=6.0, scv=0), MIX)

    fleet = fixed(Requirement(at_once, Objective(deadline=600.0), price=3.0))

    assert (fleet.workers, fleet.finished, fleet.confidence) == (10, 600.0, 1.0)
    assert fleet.cost == pytest.approx(10 * 600 / 3600 * 3.0)


def test_a_worker_less_is_not_sure_enough() -> None:
    """The fleet is the least one: with one worker less, too many replications miss the deadline."""
    asked = requirement()

    fleet = fixed(asked)
    fewer = try_fleet(asked, "fewer", replace(fleet.model, workers=fleet.workers - 1))

    assert fleet.is_sure
    assert not fewer.is_sure
    assert trials.every_job(asked, fleet.workers, 999).finished <= 4_000.0


def test_for_a_latency_the_fleet_is_about_what_erlang_c_says() -> None:
    """A flat demand: the workers with which 95 of 100 are done within the objective, plus or minus one."""
    flat = Demand(Phase(36_000.0, (1.0,), 36_000), ServiceTimes.lognormal(MIX, mean=5.0, scv=1.0), MIX)
    asked = Requirement(flat, Objective(latency=16.0), price=1.0, replications=10)
    waits = 16.0 - asked.service_quantile()
    by_theory = next(
        c for c in range(6, 20) if theory.mmc_waiting_percentile(1.0, 0.2, c, share=0.95) <= waits
    )

    assert abs(fixed(asked).workers - by_theory) <= 1


def share_in_time(asked: Requirement, workers: int, seed: int) -> float:
    """Serve every single job with nothing but the engine."""
    served = simulate_fcfs(asked.demand.one_by_one(np.random.default_rng(seed)), workers)
    in_time = sum(np.count_nonzero(block.latency <= asked.objective.latency) for block in served)
    return in_time / asked.demand.jobs


def tight(jobs: int = 1_000_000) -> Requirement:
    """Ask for 95 of 100 within 0.12 s where 0.115 s are the work alone, and fourteen workers are busy."""
    flat = Demand(Phase(jobs / 277.8, (1.0,), jobs), ServiceTimes.lognormal(MIX, mean=0.05), MIX)
    return Requirement(flat, Objective(latency=0.12), price=1.0, replications=3)


def test_waits_that_are_shorter_than_a_bundle_count() -> None:
    """Twenty jobs a bundle are a second of work: whether 0.12 s are kept, only single jobs show."""
    asked = tight()

    fleet = fixed(asked)

    assert fleet.is_sure
    assert all(share_in_time(asked, fleet.workers, seed) >= 0.95 for seed in (100, 101))
    assert share_in_time(asked, fleet.workers - 1, 100) < 0.95
    assert fleet.latency == pytest.approx(0.12, rel=0.02)


def test_what_only_bundles_can_simulate_is_refused_where_they_are_too_coarse() -> None:
    """A schedule, an autoscaler and crashes are simulated event by event: never on every job of so many."""
    asked = tight()
    dying = replace(asked, crash_every=60.0)

    for attempt in (lambda: scheduled(asked), lambda: autoscaled(asked), lambda: fixed(dying)):
        with pytest.raises(
            UsageError, match=r"in bundles of 50 documents, 2\.5 s of work each, is too coarse"
        ):
            attempt()


def test_a_deadline_that_no_bundle_can_keep_is_refused() -> None:
    """A bundle is 10 s of work: no fleet seems to keep a deadline 4 s after the last document."""
    flat = Demand(Phase(3_600.0, (1.0,), 10_000_000), ServiceTimes.lognormal(MIX, mean=0.05), MIX)
    at_once = replace(flat, phase=Phase(0.0, (1.0,), 10_000_000))

    with pytest.raises(UsageError, match=r"too coarse for all done after 1\.001 h; set a later deadline"):
        fixed(Requirement(flat, Objective(deadline=3_604.0), price=1.0))
    with pytest.raises(UsageError, match="plan for 1/200 of the documents, and take 200 times as many"):
        fixed(Requirement(at_once, Objective(latency=5.0), price=1.0))


def test_a_latency_near_a_bundle_is_refused_and_a_longer_one_kept_on_every_document() -> None:
    """Waits and the spread of the documents' own times add up: what bundles promise, single jobs keep."""
    day = Demand(Phase(3_600.0, TENTHS, 40_000), ServiceTimes.lognormal(MIX, mean=1.0), MIX)

    with pytest.raises(UsageError, match=r"in bundles of 2 documents, 2 s of work each.*allow 4 s or more"):
        scheduled(Requirement(day, Objective(latency=2.4), price=1.0))
    asked = Requirement(day, Objective(latency=4.5), price=1.0)
    fleet = scheduled(asked)
    single = [trials.in_bundles(asked, fleet.model, 500 + n, finer=2) for n in range(3)]

    assert fleet.is_sure
    assert [trial.jobs_per_bundle for trial in single] == [1, 1, 1]
    assert min(trial.in_time for trial in single) >= 0.95


def test_a_crash_costs_a_bundle_no_more_than_a_document() -> None:
    """A worker crashes every 20 s, in a bundle of 10 s: all is done when finer bundles say it is."""
    day = Demand(Phase(36_000.0, TENTHS, 1_000_000), ServiceTimes.lognormal(MIX, mean=0.2), MIX)
    asked = Requirement(day, Objective(deadline=80_000.0), price=1.0, crash_every=20.0)
    model = planner._model(asked, 6)

    coarse, fine = (trials.in_bundles(asked, model, 1, finer=finer) for finer in (1, 20))

    assert (coarse.jobs_per_bundle, fine.jobs_per_bundle) == (50, 3)
    assert coarse.finished == pytest.approx(fine.finished, rel=0.005)


def test_a_few_replications_of_every_job_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many jobs that each can be tried in two replications only: the others are tried in bundles."""
    monkeypatch.setattr(planner, "_EVERY_JOB", 200_000)
    day = Demand(Phase(3_600.0, TENTHS, 100_000), ServiceTimes.lognormal(MIX, mean=0.2), MIX)

    assert fixed(Requirement(day, Objective(latency=2.0), price=1.0, replications=30)).replications == 30


@pytest.mark.parametrize("seed", [0, 1])
def test_a_fleet_that_is_sure_is_sure_on_other_seeds_too(seed: int) -> None:
    """What so many replications prove, 300 others confirm, by which it was neither found nor judged."""
    month = Demand(Phase(3_600.0, TENTHS, 500), ServiceTimes.lognormal(MIX, mean=20.0), MIX)
    asked = Requirement(month, Objective(latency=60.0), price=1.0, seed=seed)

    fleet = fixed(asked)
    others = [trials.in_bundles(asked, fleet.model, 10_000 + n).meets(asked.objective) for n in range(300)]

    assert (fleet.met, fleet.replications) == (59, 59)
    assert fleet.at_least == pytest.approx(0.05 ** (1 / 59))
    assert sum(others) / len(others) >= fleet.at_least


def test_no_seed_judges_that_searched_and_none_judges_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search has number 0 for itself; each round of judging goes on where the last one ended."""
    numbers: list[tuple[int, int]] = []
    in_bundles = trials.in_bundles

    def watch(asked: Requirement, model: planner.Model, number: int) -> trials.Replication:
        numbers.append((model.workers, number))
        return in_bundles(asked, model, number)

    monkeypatch.setattr(planner, "in_bundles", watch)
    fleet = fixed(Requirement(demand(500, mean=20.0), Objective(latency=60.0), price=1.0))

    judged = [number for _, number in numbers if number]
    assert judged == list(range(1, len(judged) + 1))
    assert numbers[-fleet.replications :] == [(fleet.workers, n) for n in judged[-59:]]


def test_the_rows_of_every_job_are_the_rows_of_one_block() -> None:
    """What is tallied block by block is what all jobs together say, to a thousandth."""
    asked = tight(60_000)

    trial = trials.every_job(asked, 14, 1)
    served = trials.collect(simulate_fcfs(asked.demand.one_by_one(np.random.default_rng([0, 1])), 14))

    assert trial.finished == served.ended_at.max()
    assert trial.latency == pytest.approx(float(np.quantile(served.latency, 0.95)), rel=1e-3)
    assert trial.in_time == np.mean(served.latency <= 0.12)
    waiting = [
        np.count_nonzero((served.at <= t) & (served.started_at > t)) for t in trial.waiting[0].tolist()
    ]
    assert trial.waiting[1].tolist() == waiting
    assert max(waiting) > 100


def test_a_schedule_and_an_autoscaler_meet_the_deadline_too() -> None:
    """Each with its own number of workers over time, and its own bill: only present workers are paid."""
    asked = replace(requirement(), start_up=5.0)

    fleets = [scheduled(asked), autoscaled(asked)]

    assert all(fleet.is_sure for fleet in fleets)
    assert all(len({workers for _, workers in fleet.staffing}) > 2 for fleet in fleets)
    for fleet in fleets:
        assert fleet.cost < fleet.workers * fleet.finished / 3600 * 0.36


def test_a_spike_and_crashes_make_it_late() -> None:
    """The same fleet, asked what if: ten times the densest tenth, or a crash every ten seconds."""
    asked = requirement()
    fleet = fixed(asked)

    spike = try_fleet(replace(asked, demand=asked.demand.spiked(10.0)), "spike", fleet.model)
    deaths = try_fleet(replace(asked, crash_every=10.0), "deaths", fleet.model)

    assert spike.finished > 1.5 * fleet.finished
    assert deaths.finished > fleet.finished
    assert (spike.confidence, deaths.confidence) == (0, 0)
    assert fleet.confidence == 1


def test_a_fleet_that_cannot_be_in_time_has_no_confidence() -> None:
    """An autoscaler whose workers start for ten minutes has no chance at a latency of 30 s."""
    asked = replace(requirement(deadline=None, latency=30.0), start_up=600.0, replications=2)

    assert not autoscaled(asked).is_sure


@pytest.mark.parametrize("model", ["static", "events"])
def test_bundles_show_what_jobs_show(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bundles of ten the same fleet is done at the same time, or later by what two bundles take."""
    asked = requirement(20_000)
    fleet = (
        planner._model(asked, 31)
        if model == "static"
        else replace(scheduled(requirement()).model, workers=31)
    )
    one_by_one = planner.try_fleet(asked, "jobs", fleet).finished

    monkeypatch.setattr(trials, "STATIC_BUNDLES", 2_000)
    monkeypatch.setattr(trials, "_EVENT_BUNDLES", 2_000)
    bundled = planner.try_fleet(asked, "bundles", fleet).finished

    assert -1 <= bundled - one_by_one <= 2 * 10 * 5.0


@pytest.mark.parametrize("jobs_per_bundle", [1, 7, 100])
def test_bundles_hold_the_work_of_all_jobs(jobs_per_bundle: int) -> None:
    """As much in all, spread in the same way, whatever the size of a bundle."""
    asked = demand(200_000)

    jobs = asked.bundles(jobs_per_bundle, np.random.default_rng(1))

    assert jobs.service.sum() == pytest.approx(200_000 * 5.0, rel=0.01)
    assert jobs.service.var() == pytest.approx(jobs_per_bundle * 0.5 * 25.0, rel=0.1)
    assert np.all(np.diff(jobs.at) >= 0)
    shares = np.histogram(jobs.at, bins=10, range=(0, 3_600))[0] / len(jobs.at)
    assert shares == pytest.approx(np.array(TENTHS) / sum(TENTHS), abs=0.01)


def test_jobs_drawn_in_blocks_are_as_many_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly; they ascend across blocks, and lie where the profile is dense."""
    monkeypatch.setattr("pdflab.simulation.capacity.requirement._BLOCK", 999)

    blocks = list(demand(10_000).one_by_one(np.random.default_rng(2)))
    at = np.concatenate([block.at for block in blocks])

    assert (len(blocks), len(at)) == (11, 10_000)
    assert np.all(np.diff(at) >= 0)
    shares = np.histogram(at, bins=10, range=(0, 3_600))[0] / len(at)
    assert shares == pytest.approx(np.array(TENTHS) / sum(TENTHS), abs=0.015)


def test_the_demand_knows_how_many_workers_it_keeps_busy() -> None:
    """3,000 jobs of 5 s in an hour are four workers and a sixth; 30 of 22 times that in the densest tenth."""
    assert demand().busy.mean() == pytest.approx(3_000 * 5 / 3_600)
    assert demand().busy.max() == pytest.approx(3_000 * 5 / 3_600 * 10 * 3 / 22)
    assert demand().spiked(3.0).jobs == pytest.approx(3_000 * (1 + 2 * 3 / 22), abs=1)


@pytest.mark.parametrize(
    ("met", "tried", "proven"),
    [(10, 10, 0.7411), (9, 10, 0.6058), (20, 20, 0.8609), (59, 59, 0.9505), (0, 5, 0)],
)
def test_successes_prove_what_clopper_and_pearson_say(met: int, tried: int, proven: float) -> None:
    """Their one-sided bound at 95 %, as tables of tolerance have it: 59 of 59 are the fewest for 95 %."""
    assert chance_at_least(met, tried) == pytest.approx(proven, abs=5e-5)
    assert chance_at_least(58, 58) < 0.95 < chance_at_least(59, 59)


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        (
            lambda: requirement(deadline=3_500.0),
            "No fleet can meet this: the last documents are asked for at 3,600 s",
        ),
        (
            lambda: requirement(deadline=None, latency=1.0),
            "No fleet can meet this: 95% of the documents take up to",
        ),
        (lambda: Objective(), "Give a deadline, or a latency"),
        (lambda: Objective(deadline=1.0, latency=1.0), "Give a deadline, or a latency"),
        (lambda: Objective(deadline=-1.0), "A target needs seconds above 0"),
        (lambda: replace(requirement(), price=-1.0), "A price and a start-up time must be 0 or more"),
        (lambda: replace(requirement(), start_up=inf), "A price and a start-up time must be 0 or more"),
        (lambda: replace(requirement(), crash_every=0.0), "more than 0 seconds apart"),
        (lambda: replace(requirement(), crash_every=nan), "more than 0 seconds apart"),
        (lambda: replace(requirement(), crash_every=1e-4), "Crashes 0.0001 s apart are too many"),
        (lambda: replace(requirement(), seed=-1), "A seed must be 0 or more"),
        (lambda: demand().spiked(inf), "A spike must be 1 or more, and finite"),
        (lambda: demand().spiked(nan), "A spike must be 1 or more, and finite"),
        (
            lambda: Demand(Phase(1.0, (0.0,), 5), ServiceTimes.lognormal(MIX, mean=1.0), MIX),
            "a time at which they are",
        ),
        (
            lambda: Demand(Phase(1.0, (1.0,)), ServiceTimes.lognormal(MIX, mean=1.0), MIX),
            "needs a number of documents",
        ),
        (lambda: ServiceTimes.lognormal(MIX, mean=-1.0), "needs a mean above 0"),
    ],
)
def test_nonsense_is_an_error_with_a_reason(nonsense: Callable[[], object], sentence: str) -> None:
    """A sentence that says why nothing can meet it, or what is missing."""
    with pytest.raises(UsageError, match=sentence):
        nonsense()
