"""The twin: a Run like that of an experiment, calibrated on one and held against another.

The real runs here are made up by the twin itself, with a system that we know: what is learnt from them must
be what we put in.
"""

from dataclasses import replace

import numpy as np
import pytest

from pdflab.analysis import metrics
from pdflab.analysis.columns import Categorical
from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.load.plan import MOSTLY_INVOICES, Plan, batch, burst, steady
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.holdout import hold_out, replay, rescaled
from pdflab.simulation.model import Model
from pdflab.simulation.twin import Twin, jobs_of, queued_endpoint, simulate, synchronous_endpoint

SERVICE = ServiceTimes(
    {kind: np.array([0.05, 0.06, 0.07]) * (1 + n) for n, kind in enumerate(MOSTLY_INVOICES)}
)
PLAN = burst(300, seconds=4.0, seed=3)


def made_up(workers: int = 4, *, cores: float = 2.0, api_service_time: float = 0.0, seed: int = 1) -> Run:
    """A run of a machine with two cores, as an experiment would have saved it."""
    run = simulate(
        PLAN, queued_endpoint(workers, cores=cores, api_service_time=api_service_time), SERVICE, seed=seed
    )
    return replace(run, machine={"cores": 2})


def test_a_simulated_run_reads_like_a_measured_one() -> None:
    """The same sends, events and figures: every document is asked for when planned, and becomes a PDF."""
    run = made_up()

    figures = metrics.summary(run)
    columns = metrics.job_columns(run.events)

    assert (figures.sent, figures.accepted, figures.failed) == (300, 300, 0)
    assert [send.intended_at for send in run.sends] == [arrival.at for arrival in PLAN.arrivals()]
    assert [send.kind for send in run.sends] == [arrival.kind for arrival in PLAN.arrivals()]
    assert np.all(columns.ended_at > columns.started_at)
    assert columns.waiting.max() > 1, "four seconds of a burst are too much for two cores"
    assert [event.at for event in run.events] == sorted(event.at for event in run.events)


def test_at_the_synchronous_endpoint_clients_time_out() -> None:
    """A burst that takes a minute: a client that has waited for 30 s has no PDF, though it was made."""
    slow = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.4, scv=0)

    run = simulate(PLAN, synchronous_endpoint(4, cores=2), slow, endpoint=Endpoint.SYNCHRONOUS)
    figures = metrics.summary(run)

    assert 0 < figures.failed < 300
    assert {send.error for send in run.sends if not send.accepted} == {"timeout"}
    assert len({event.job_id for event in run.events if event.state == "COMPLETED"}) == 300
    assert all(send.status == 200 and send.answered_at for send in run.sends if send.accepted)


def test_a_full_queue_refuses_as_the_service_does() -> None:
    """429 is "refused", at once; the API's time is the client's wait."""
    run = simulate(PLAN, queued_endpoint(1, api_service_time=0.01, queue_capacity=20), SERVICE)
    refused = [send for send in run.sends if send.status == 429]

    assert len(refused) > 50
    assert {send.error for send in refused} == {"refused"}
    assert {send.job_id for send in refused} == {None}
    assert min(send.answered_at - send.sent_at for send in run.sends if send.accepted) == pytest.approx(0.01)


@pytest.mark.parametrize("plan", [PLAN, batch(300)])
def test_a_retry_is_a_send_of_its_own_whose_latency_counts_from_the_first(plan: Plan) -> None:
    """It is for the same document, intended when that was asked for first, and sent later."""
    run = simulate(plan, replace(queued_endpoint(1, queue_capacity=20), tries=3), SERVICE)
    arrivals = {arrival.seed: arrival for arrival in plan.arrivals()}

    sends = list(run.sends)
    retries = [send for send in sends if send.sent_at > send.intended_at]

    assert len(sends) == 300 + len(retries)
    assert any(send.accepted for send in retries)
    assert {send.seed for send in sends} == arrivals.keys()
    for send in sends:
        assert (send.kind, send.intended_at) == (arrivals[send.seed].kind, arrivals[send.seed].at)


def test_documents_and_their_times_do_not_depend_on_the_fleet() -> None:
    """Two models of one plan and one seed meet the same jobs: what differs is the fleet."""
    one, other = (list(jobs_of(PLAN, SERVICE, seed=5)) for _ in range(2))

    assert np.array_equal(one[0].service, other[0].service)
    assert not np.array_equal(one[0].service, next(jobs_of(PLAN, SERVICE, seed=6)).service)


@pytest.mark.parametrize(
    ("workers", "cores", "api_service_time"),
    [(4, 2.0, 0.0), (2, 2.0, 0.0), (4, 1.0, 0.0), (2, 2.0, 0.01), (4, 1.5, 0.01)],
)
def test_calibration_finds_the_work_behind_the_seconds(
    workers: int, cores: float, api_service_time: float
) -> None:
    """A job that shares cores, with the API too, takes longer than its work; we find what was put in."""
    learnt = calibrate(made_up(workers, cores=cores, api_service_time=api_service_time), cores=cores)

    for kind, seconds in learnt.service.seconds.items():
        nearest = np.abs(seconds[:, None] - SERVICE.seconds[kind]).min(axis=1)
        assert nearest.max() < 1e-6, kind
    assert sum(map(len, learnt.service.seconds.values())) == 300
    assert learnt.api_service_time == pytest.approx(api_service_time)


def test_calibration_finds_out_how_many_cores_there_were() -> None:
    """The machine says two; the workers had one and a half: a burst and its baseline show it."""
    plan = burst(400, seconds=3.0, baseline=8.0, seed=2)
    run = replace(simulate(plan, queued_endpoint(4, cores=1.5), SERVICE), machine={"cores": 2})

    learnt = calibrate(run)

    assert learnt.cores == 1.5


def test_where_concurrency_shows_nothing_the_machines_cores_are_taken() -> None:
    """Two workers on two cores never wait for one another."""
    assert calibrate(made_up(2)).cores == 2


def test_a_run_on_shared_cores_is_replayed_job_by_job() -> None:
    """Its arrivals and service times determine its starts and ends."""
    measured, replayed = replay(made_up(4), 4)

    assert np.allclose(measured.started_at, replayed.started_at, atol=1e-6)
    assert np.allclose(measured.ended_at, replayed.ended_at, atol=1e-6)
    assert not np.allclose(measured.started_at, replay(made_up(4), 5)[1].started_at, atol=1e-3)


def test_a_held_out_run_is_predicted_from_another() -> None:
    """Learn from a burst on two workers, and predict a steady load on four: within 10 %, figure by figure."""
    twin = Twin.learn(made_up(2), workers=4)
    plan = steady(24.0, seconds=20.0, seed=9)
    unseen = simulate(plan, queued_endpoint(4, cores=2), SERVICE, seed=8)

    verdict = hold_out(twin, unseen)
    wrong = hold_out(replace(twin, model=Model(workers=4)), unseen)

    assert verdict.errors.keys() == {"p50", "p95", "makespan"}
    assert max(map(abs, verdict.errors.values())) < 0.1
    assert abs(wrong.errors["p50"]) > 0.2, "a twin that forgets the cores is reported apart"
    assert "makespan" in str(verdict)
    assert "%" in str(verdict)


def test_a_rescaled_twin_is_wrong_by_chance_only() -> None:
    """The machine became slower, rendering and at the API: rescaled, the twin is right again."""
    twin = Twin.learn(made_up(2, api_service_time=0.006), workers=2)
    slower = ServiceTimes({kind: 1.5 * seconds for kind, seconds in SERVICE.seconds.items()})
    plan = burst(120, seconds=2.0, baseline=5.0, seed=4)
    unseen = simulate(plan, queued_endpoint(2, cores=2, api_service_time=0.009), slower, seed=8)

    reported = hold_out(rescaled(twin, unseen), unseen, replications=20)

    assert rescaled(twin, unseen).model.api_service_time == pytest.approx(0.009)
    assert abs(hold_out(twin, unseen).errors["p95"]) > 0.2
    assert max(map(abs, reported.errors.values())) < 0.1


def test_service_times_have_the_mean_and_variation_they_are_asked_for() -> None:
    """Lognormal, by quantiles: the mean and the SCV of a mix are those that were asked for."""
    mean, scv = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.2, scv=0.5).moments(MOSTLY_INVOICES)

    assert (mean, scv) == (pytest.approx(0.2), pytest.approx(0.5, rel=0.05))


def test_what_cannot_be_learnt_is_an_error_with_a_reason() -> None:
    """An empty run, a kind that never came, a time that cannot be."""
    empty = Run("nothing", Endpoint.QUEUED)

    with pytest.raises(UsageError, match="no job was completed"):
        calibrate(empty)
    with pytest.raises(UsageError, match="nothing to replay"):
        replay(empty, 2)
    with pytest.raises(UsageError, match="nothing to compare with"):
        hold_out(Twin(Model(), SERVICE), Run("unfinished", Endpoint.QUEUED, sends=made_up().sends))
    with pytest.raises(UsageError, match="No service times for kind 'custom'"):
        ServiceTimes({"invoice": np.ones(1)}).draw(Categorical.same("custom", 1), np.random.default_rng(0))
    with pytest.raises(UsageError, match="must be 0 or more"):
        ServiceTimes({"invoice": -np.ones(1)})
