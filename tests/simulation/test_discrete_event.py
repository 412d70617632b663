"""The event engine: each event by hand, and what holds on every path."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import (
    AT,
    ENDED_AT,
    SERVICE,
    STARTED_AT,
    column,
    jobs_in_system,
    jobs_of_whole_seconds,
    poisson,
    seconds_spent,
    serve_by_events,
    violations,
)

from pdflab.errors import UsageError
from pdflab.simulation.autoscaling import Keda, Polled, Schedule, Seen
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, Served, collect, simulate_fcfs
from pdflab.simulation.goodput import share_in_time
from pdflab.simulation.model import Model, Outcome, RequestColumns

COMPLETED, REFUSED, RENEGED = Outcome


def run(
    at: list[float],
    service: list[float],
    model: Model,
    *,
    patience: float = inf,
    crashes: tuple[float, ...] = (),
) -> RequestColumns:
    """Simulate a handful of jobs."""
    waits = None if patience == inf else column([patience] * len(at))
    return Simulation(model, crashes=crashes).run([Jobs(column(at), column(service), waits)])


def test_eight_jobs_on_two_workers_go_as_worked_out_by_hand() -> None:
    """The same table as the recursion's."""
    served = serve_by_events(Jobs(column(AT), column(SERVICE)), Model(workers=2))

    assert served.started_at.tolist() == STARTED_AT
    assert served.ended_at.tolist() == ENDED_AT


@pytest.mark.parametrize("workers", [1, 3, 40])
def test_without_trouble_it_is_the_recursion_to_the_last_bit(workers: int) -> None:
    """With a core for each worker, both engines return the very same floats."""
    jobs = poisson(20_000, workers)

    one, other = collect(simulate_fcfs([jobs], workers)), serve_by_events(jobs, Model(workers=workers))

    assert np.array_equal(one.started_at, other.started_at)
    assert np.array_equal(one.ended_at, other.ended_at)


@given(jobs_of_whole_seconds(), st.integers(1, 5))
def test_every_path_keeps_the_rules_of_a_queue(jobs: Jobs, workers: int) -> None:
    """Also with many jobs at the same instant."""
    assert not violations(jobs, serve_by_events(jobs, Model(workers=workers)), workers)


def test_two_workers_on_one_core_are_half_as_quick() -> None:
    """Jobs of 2 and 4 s: side by side until the first is done at 4; then the other has the core for its rest.

    A job that comes at 1 waits for its turn at 4, shares until the second is done, and goes on alone.
    """
    requests = run([0, 0, 1], [2, 4, 3], Model(workers=2, cores=1))

    assert requests.started_at.tolist() == [0, 0, 4]
    assert requests.ended_at.tolist() == [4, 8, 9]


def test_the_api_takes_its_part_of_the_cores_first() -> None:
    """Each request costs it a second of the only core, for which the worker stands still."""
    requests = run([0, 2], [2, 1], Model(workers=1, cores=1, api_service_time=1.0))

    assert requests.queued_at.tolist() == [1, 3]
    assert requests.started_at.tolist() == [1, 4]
    assert requests.ended_at.tolist() == [4, 5]


def test_the_api_accepts_one_request_at_a_time() -> None:
    """Three clients at once are accepted one after another, though there are cores enough."""
    assert run([0, 0, 0], [1, 1, 1], Model(workers=3, api_service_time=0.5)).queued_at.tolist() == [
        0.5,
        1.0,
        1.5,
    ]


def test_a_full_queue_refuses() -> None:
    """One is served, one waits; the third is refused, the fourth finds room when one was taken."""
    requests = run([0, 0, 0, 2], [2, 2, 2, 2], Model(workers=1, queue_capacity=1))

    assert requests.outcome.tolist() == [COMPLETED, COMPLETED, REFUSED, COMPLETED]
    assert requests.ended_at[[0, 1, 3]].tolist() == [2, 4, 6]
    assert np.isnan(requests.queued_at[2]) & np.isnan(requests.ended_at[2])


def test_at_the_synchronous_endpoint_a_client_leaves_and_the_server_goes_on() -> None:
    """Its thread renders a document in vain: the next client waits for that, and leaves as well."""
    requests = run([0, 1, 9], [5, 4, 1], Model(workers=1), patience=3.0)

    assert requests.outcome.tolist() == [RENEGED, RENEGED, COMPLETED]
    assert requests.ended_at.tolist() == [5, 9, 10]


def test_a_client_that_reneges_leaves_the_queue() -> None:
    """It leaves the queue, which is then shorter, and costs nothing; a client in service stays."""
    model = Model(workers=1, queue_capacity=1, reneges=True)

    requests = run([0, 1, 4.5], [5, 4, 1], model, patience=3.0)

    assert requests.outcome.tolist() == [COMPLETED, RENEGED, COMPLETED]
    assert requests.started_at.tolist()[::2] == [0, 5]
    assert np.isnan(requests.started_at[1])


def test_a_client_that_reneges_at_the_api_is_never_queued() -> None:
    """The API takes 2 s for each of two clients with 3 s of patience: the second has gone by then."""
    model = Model(workers=1, api_service_time=2.0, queue_capacity=1, reneges=True)

    requests = run([0, 0, 6], [9, 1, 1], model, patience=3.0)

    assert requests.outcome.tolist() == [COMPLETED, RENEGED, RENEGED]
    assert np.isnan(requests.queued_at[1])
    assert requests.queued_at[2] == 8


def test_a_client_that_has_left_is_not_refused() -> None:
    """It has asked again long since, and asks no third time for that."""
    model = Model(workers=1, api_service_time=2.0, queue_capacity=0, tries=2, backoff=100.0)

    requests = run([0, 0], [50, 1], model, patience=3.0)

    assert requests.number.tolist() == [0, 0, 1, 1]
    assert requests.attempt.tolist() == [1, 2, 1, 2]
    assert requests.outcome.tolist()[2] == RENEGED, "and not refused, as it is at 4"
    assert np.isnan(requests.queued_at).tolist()[::2] == [False, True]


def test_a_refused_client_retries_with_longer_and_longer_pauses() -> None:
    """After a pause of the backoff, then twice that, half of it at random; at most so many times in all."""
    requests = run([0, 0], [100, 1], Model(workers=1, queue_capacity=0, tries=3, backoff=2.0))

    assert requests.number.tolist() == [0, 1, 1, 1]
    assert requests.attempt.tolist() == [1, 1, 2, 3]
    assert requests.outcome.tolist() == [COMPLETED, REFUSED, REFUSED, REFUSED]
    first, second = np.diff(requests.at[1:])
    assert 1 <= first <= 3
    assert 2 <= second <= 6


def test_without_jitter_clients_that_were_refused_together_ask_again_together() -> None:
    """At 2, and at 2 + 4; with all of the jitter, a pause is anything from none to twice as long."""
    model = Model(workers=1, queue_capacity=0, tries=3, backoff=2.0, jitter=0.0)
    together = run([0] * 50, [100] * 50, model)
    apart = run([0] * 50, [100] * 50, replace(model, jitter=1.0))

    assert [set(together.at[together.attempt == n].tolist()) for n in (1, 2, 3)] == [{0}, {2}, {6}]
    second = apart.at[apart.attempt == 2]
    assert 0 <= second.min() < 0.5
    assert 3.5 < second.max() <= 4


@pytest.mark.parametrize(("budget", "retries"), [(0.0, 0), (0.1, 2), (0.5, 10), (inf, 38)])
def test_a_budget_bounds_the_retries_of_all_clients(budget: float, retries: int) -> None:
    """Of 20 clients one is served; the others may ask again twice each, if the budget allows it."""
    model = Model(workers=1, queue_capacity=0, tries=3, backoff=1.0, budget=budget)

    requests = run([0] * 20, [100] * 20, model)

    assert (requests.attempt > 1).sum() == retries


def test_a_budget_counts_the_first_requests_so_far() -> None:
    """Half of them: one that was refused alone may not ask again, and the next one may."""
    model = Model(workers=1, queue_capacity=0, tries=2, backoff=1.0, budget=0.5)

    requests = run([0, 0, 0, 50, 50], [100] * 5, model)

    assert requests.number[requests.attempt == 2].tolist() == [1, 3]


def test_retries_add_work_at_the_synchronous_endpoint() -> None:
    """A client that left and retries leaves the old request behind, which is rendered in vain."""
    requests = run([0, 0], [4, 4], Model(workers=1, tries=2, backoff=2.0), patience=5.0)

    assert Counter(requests.outcome.tolist()) == {COMPLETED: 2, RENEGED: 1}
    assert requests.ended_at.max() == 12, "three documents for two clients"


@pytest.mark.parametrize(
    ("change", "served"),
    [
        ({"tries": 1}, 1.0),
        ({}, 0.0),
        ({"backoff": 5.0}, 0.0),  # the same retries, only later
        ({"jitter": 1.0}, 0.0),
        ({"reneges": True}, 1.0),
        ({"queue_capacity": 50}, 1.0),  # half a second of work
        ({"budget": 0.1}, 1.0),
    ],
)
def test_an_overload_outlives_its_spike_where_clients_retry_and_their_work_stays(
    change: dict[str, Any], served: float
) -> None:
    """A half-busy worker, 5 s of four times the load, time-outs of 1 s: the share of PDFs a minute later."""
    rng = np.random.default_rng(4)
    at = np.sort(np.concatenate([rng.uniform(20, 25, 750), rng.uniform(0, 120, 6_000)]))
    jobs = Jobs(at, rng.exponential(0.01, len(at)), np.ones(len(at)))

    requests = Simulation(replace(Model(workers=1, tries=3, backoff=0.5), **change)).run([jobs])

    assert share_in_time(requests, 85.0, 120.0) == served


def test_a_crash_costs_its_job_a_lease() -> None:
    """It crashes at 1 and is back at 3, and takes the other job; the lost one is first in the queue at 11."""
    model = Model(workers=1, lease=10.0, start_up=2.0)

    requests = run([0, 0.5, 10.5, 10.7], [3, 1, 2, 1], model, crashes=(1.0,))

    assert requests.started_at.tolist() == [12.5, 3, 10.5, 15.5]
    assert requests.ended_at.tolist() == [15.5, 4, 12.5, 16.5]


@pytest.mark.parametrize(("max_rework", "ended_at"), [(inf, 15 + 9), (2.0, 15 + 5), (20.0, 15 + 9)])
def test_a_crash_undoes_no_more_than_the_claimed_document(max_rework: float, ended_at: float) -> None:
    """Six of nine seconds are done when the worker crashes; two of them at most have to be done again."""
    model = Model(workers=1, lease=9.0, start_up=0.0, max_rework=max_rework)

    assert run([0], [9], model, crashes=(6.0,)).ended_at.tolist() == [ended_at]


def test_workers_come_when_they_are_called_and_have_started() -> None:
    """Called at 5, ready at 7: the job of 0 has waited for that."""
    model = Model(workers=0, start_up=2.0, scaling=Schedule(((0.0, 0), (5.0, 1))))

    assert run([0], [1], model).started_at.tolist() == [7]


def test_a_worker_that_has_to_go_does_its_job_first() -> None:
    """From 3 on one is too many; it is done at 4, and takes no other."""
    model = Model(workers=2, scaling=Schedule(((0.0, 2), (3.0, 1))))

    simulation = Simulation(model)
    requests = simulation.run([Jobs(column([0, 0, 0]), column([4, 6, 1]))])

    assert requests.started_at.tolist() == [0, 0, 6]
    assert simulation.pool.billed == 4 + 7, "who has to go is paid until it is done"


def test_a_draining_worker_that_crashes_is_paid_until_then() -> None:
    """From 3 on one of two is too many; it crashes at 8, when both were still busy."""
    model = Model(workers=2, lease=100.0, scaling=Schedule(((0.0, 2), (3.0, 1))))

    simulation = Simulation(model, crashes=(8.0,))
    simulation.run([Jobs(column([0, 0]), column([10, 10]))])

    assert simulation.pool.billed == 2 * 8 + (108 + 10 - 8)


def test_a_starting_worker_that_is_cancelled_takes_no_job() -> None:
    """Two are called at 0 for 4; at 2 one is enough; the other never shows."""
    model = Model(workers=0, start_up=4.0, scaling=Schedule(((0.0, 2), (2.0, 1))))

    simulation = Simulation(model)
    requests = simulation.run([Jobs(column([0, 0]), column([3, 3]))])

    assert requests.started_at.tolist() == [4, 7]
    assert simulation.pool.billed == 2 * 2 + 8


def test_an_empty_system_goes_on_in_a_lull() -> None:
    """Decisions and crashes that fall between two jobs come at their own time, and are paid for."""
    model = Model(workers=1, start_up=1.0, scaling=Schedule(((0.0, 1), (10.0, 3), (20.0, 1))))
    simulation = Simulation(model, crashes=(30.0,))

    simulation.run([Jobs(column([0, 100]), column([1, 1]))])

    assert simulation.pool.staffing == [(0, 1), (11, 3), (20, 1), (30, 0), (31, 1)]
    assert simulation.pool.billed == 10 + 3 * 10 + 81


def test_keda_asks_for_a_worker_for_each_so_many_waiting() -> None:
    """Up at once, but at most four more or twice as many; within a tenth nothing; down after the cooldown."""
    decide = Keda(jobs_per_worker=5, least=1, most=12).rule()

    looks = [(0, 0, 1), (15, 26, 1), (30, 200, 5), (45, 1000, 10), (60, 63, 12), (75, 5, 12), (374, 0, 12)]

    assert [decide(Seen(*look))[0] for look in looks] == [1, 5, 10, 12, 12, 12, 1]
    assert decide(Seen(390, 0, 12)) == (1, 405)


def test_any_rule_is_polled_and_holds_its_workers_for_a_while() -> None:
    """Rounded up, at most the limit; down only when no poll of the last minute wanted more."""
    decide = Polled(lambda seen: seen.busy + seen.oldest / 10, most=20, cooldown=60).rule()

    looks = [Seen(0, 0, 1), Seen(15, 9, 1, 1, 45), Seen(30, 99, 6, 6, 900), Seen(90, 0, 20), Seen(105, 0, 20)]

    assert [decide(look) for look in looks] == [(1, 15), (6, 30), (20, 45), (20, 105), (1, 120)]


def test_a_rule_sees_who_waits_and_who_works() -> None:
    """At 10 one of three jobs is in service; of the two that wait, the older came at 1."""
    looks: list[Seen] = []
    model = Model(workers=1, scaling=Polled(lambda seen: looks.append(seen) or 1, poll=10))  # type: ignore[func-returns-value]

    run([0, 1, 4], [15, 1, 1], model)

    assert looks == [Seen(0, 0, 1), Seen(10, 2, 1, 1, 9)]


def test_a_rule_that_wants_no_number_is_an_error() -> None:
    """A student's function that returns nothing gets a sentence."""
    with pytest.raises(UsageError, match="The rule returned None; return a number of workers"):
        run([0], [1], Model(scaling=Polled(lambda seen: None)))  # type: ignore[arg-type, return-value]


def test_jobs_without_workers_to_come_are_an_error() -> None:
    """A schedule that ends without workers cannot be simulated to its end."""
    with pytest.raises(UsageError, match="2 jobs wait for workers that never start"):
        run([0, 0], [1, 1], Model(workers=0, scaling=Schedule(((0.0, 0),))))


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        (lambda: Model(workers=0), "0 workers cannot do any work"),
        (lambda: Model(cores=0), "0 cores cannot do any work"),
        (lambda: Model(lease=-1), "lease cannot be -1"),
        (lambda: Model(queue_capacity=nan), "queue_capacity cannot be nan"),
        (lambda: Model(tries=0), "needs one try or more"),
        (lambda: Model(jitter=1.5), "A jitter of 1.5 makes pauses negative"),
        (lambda: Model(jitter=nan), "jitter cannot be nan"),
        (lambda: Model(budget=-0.1), "budget cannot be -0.1"),
        (lambda: Schedule(((5.0, 1), (0.0, 1))), "in the order of time"),
        (lambda: Schedule(()), "needs steps"),
        (lambda: Keda(jobs_per_worker=0), "KEDA's rule needs"),
        (lambda: Keda(least=5, most=4), "KEDA's rule needs"),
        (lambda: Keda(cooldown=-5.0), "no negative durations"),
        (lambda: Keda(poll=nan), "no negative durations"),
        (lambda: Model(start_up=-1.0), "start_up cannot be -1"),
    ],
)
def test_nonsense_is_an_error_with_a_reason(nonsense: Callable[[], object], sentence: str) -> None:
    """One sentence that says what cannot be."""
    with pytest.raises(UsageError, match=sentence):
        nonsense()


models = st.builds(
    Model,
    workers=st.integers(1, 4),
    cores=st.sampled_from([0.5, 1.0, 1.5, 3.0, inf]),
    api_service_time=st.sampled_from([0.0, 0.25]),
    queue_capacity=st.sampled_from([0, 2, inf]),
    reneges=st.booleans(),
    tries=st.integers(1, 3),
    jitter=st.sampled_from([0.0, 0.5, 1.0]),
    budget=st.sampled_from([0.0, 0.2, inf]),
    scaling=st.sampled_from([None, Keda(least=1, most=3), Schedule(((0.0, 1), (9.0, 3), (20.0, 1)))]),
)


@given(jobs_of_whole_seconds(), models, st.sampled_from([inf, 2.0, 7.0]), st.integers(0, 3))
def test_whatever_happens_every_document_has_its_ending(
    jobs: Jobs, model: Model, patience: float, seed: int
) -> None:
    """Every client asks, at most so often as it may, and each request ends once; a seed decides all."""
    patient = Jobs(jobs.at, jobs.service, np.full(len(jobs.at), patience))
    crashes = np.cumsum(np.random.default_rng(seed).exponential(8.0, 6)).tolist()

    requests, again = (Simulation(model, seed=seed, crashes=crashes).run([patient]) for _ in range(2))

    assert requests.at[requests.attempt == 1].tolist() == jobs.at.tolist()
    assert set(requests.number.tolist()) == set(range(len(jobs.at)))
    assert max(Counter(zip(requests.number, requests.attempt, strict=True)).values()) == 1
    assert requests.attempt.max() <= model.tries
    assert (requests.attempt > 1).sum() <= model.budget * len(jobs.at)
    assert np.array_equal(requests.ended_at, again.ended_at, equal_nan=True)
    completed = requests.outcome == COMPLETED
    assert np.all(requests.ended_at[completed] >= requests.started_at[completed])
    assert np.all(requests.started_at[completed] >= requests.queued_at[completed])


@given(jobs_of_whole_seconds(), st.integers(1, 4), st.sampled_from([0.5, 1.0, 1.5, 3.0]))
def test_littles_law_is_an_identity_on_shared_cores_too(jobs: Jobs, workers: int, cores: float) -> None:
    """However the pace changes: the area below the curve is the time spent, to the last digit."""
    served = serve_by_events(jobs, Model(workers=workers, cores=cores))

    assert jobs_in_system(served) == seconds_spent(served)


@given(jobs_of_whole_seconds(), st.integers(1, 4), st.sampled_from([0.5, 1.0, 1.5]))
def test_cores_do_all_work_and_no_more(jobs: Jobs, workers: int, cores: float) -> None:
    """The pace of each interval, over all intervals and busy workers, adds up to the work there was."""
    served = serve_by_events(jobs, Model(workers=workers, cores=cores))

    done = sum(length * min(busy, cores) for length, busy in stretches(served))

    assert done == pytest.approx(jobs.service.sum(), abs=1e-9)
    assert max((busy for _, busy in stretches(served)), default=0) <= workers


def stretches(served: Served) -> list[tuple[float, int]]:
    """How long each stretch lasts in which nothing changes, and how many are at work in it."""
    instants = np.unique(np.concatenate([served.started_at, served.ended_at]))
    began, ended = (
        np.searchsorted(np.sort(when), instants[:-1], side="right")
        for when in (served.started_at, served.ended_at)
    )
    return list(zip(np.diff(instants).tolist(), (began - ended).tolist(), strict=True))
