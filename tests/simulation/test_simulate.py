"""Both engines behind one function: what comes out does not depend on which did it; no job is an object."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from pdflab.analysis import metrics
from pdflab.analysis.run import Send
from pdflab.jobs import JobEvent
from pdflab.load.plan import MOSTLY_INVOICES, Plan, batch, burst, steady
from pdflab.simulation import twin
from pdflab.simulation.autoscaling import Schedule
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.model import Model, RequestColumns
from pdflab.simulation.twin import jobs_of, queued_endpoint, simulate, simulate_requests

SERVICE = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=0.2, scv=1.0)
PLAN = steady(19.0, seconds=200.0, seed=4)


@pytest.fixture
def no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that uses the engine of events."""

    def refuse(*_: object, **__: object) -> RequestColumns:
        raise AssertionError("event by event")

    monkeypatch.setattr(twin, "Simulation", refuse)


@pytest.mark.usefixtures("no_events")
@pytest.mark.parametrize(
    "model",
    [
        Model(4),
        Model(4, cores=4),
        Model(4, cores=5, api_service_time=0.01),
        Model(4, queue_capacity=600),
        Model(6),
    ],
)
def test_a_plain_queue_is_left_to_the_recursion_and_comes_out_the_same(model: Model) -> None:
    """A core for each worker and one for the API, a queue that is never full: to the last bit."""
    jobs = list(jobs_of(PLAN, SERVICE))

    ours, theirs = simulate_requests(jobs, model), Simulation(model).run(jobs)

    for field in fields(RequestColumns):
        assert np.array_equal(getattr(ours, field.name), getattr(theirs, field.name)), field.name


@pytest.mark.usefixtures("no_events")
@pytest.mark.parametrize(
    "model",
    [
        Model(4, cores=3),
        Model(4, cores=4, api_service_time=0.01),
        Model(4, queue_capacity=5),
        Model(0, scaling=Schedule(((0.0, 4),))),
    ],
)
def test_what_is_more_than_a_plain_queue_goes_event_by_event(model: Model) -> None:
    """Shared cores, a queue that was full, a fleet that changes; and a client that may give up."""
    with pytest.raises(AssertionError, match="event by event"):
        simulate_requests(jobs_of(PLAN, SERVICE), model)
    with pytest.raises(AssertionError, match="event by event"):
        simulate_requests(jobs_of(PLAN, SERVICE, patience=30.0), Model(4))


def test_a_queue_is_full_at_its_capacity() -> None:
    """The limit at which the first is refused, and the one at which none is: both engines agree."""
    jobs = list(jobs_of(burst(300, seconds=4.0), SERVICE))
    longest = next(
        n for n in range(300) if not Simulation(Model(4, queue_capacity=n)).run(jobs).outcome.any()
    )

    assert longest > 10
    for limit in (longest - 1, longest):
        requests = simulate_requests(jobs, Model(4, queue_capacity=limit))
        assert bool(requests.outcome.any()) is (limit < longest)


@pytest.mark.parametrize(
    ("plan", "model"),
    [
        (PLAN, queued_endpoint(4)),
        (batch(2_500), queued_endpoint(4, api_service_time=0.001)),
        (PLAN, queued_endpoint(4, cores=2)),
    ],
)
def test_a_run_is_filled_without_an_object_for_a_job(
    monkeypatch: pytest.MonkeyPatch, plan: Plan, model: Model
) -> None:
    """Ten million jobs are a Run of columns: neither the twin nor the figures make a Send or an event."""
    for row in (Send, JobEvent):
        monkeypatch.setattr(row, "__init__", _refuse(row.__name__))

    figures = metrics.summary(simulate(plan, model, SERVICE))

    assert figures.accepted == plan.count
    assert figures.failed == 0


def test_a_batch_is_queued_by_the_thousand() -> None:
    """Its documents wait for the last of their batch: two batches of a thousand, and one of the rest."""
    run = simulate(batch(2_500), queued_endpoint(4, api_service_time=0.001), SERVICE)

    entered = np.unique(run.sends.answered_at.round(6), return_counts=True)

    assert entered[0].tolist() == [1.0, 2.0, 2.5]
    assert entered[1].tolist() == [1_000, 1_000, 500]
    assert not run.sends.intended_at.any()


def test_an_empty_plan_is_an_empty_run() -> None:
    """A rate so low that no client came."""
    plan = replace(PLAN, phases=())

    assert metrics.summary(simulate(plan, queued_endpoint(2), SERVICE)).sent == 0


def _refuse(name: str) -> Callable[..., None]:
    def init(*_: object, **__: object) -> None:
        raise AssertionError(f"a {name} was made")

    return init
