"""Lesson 04's overload is one that retries sustain, in the model; and its buttons send what they say."""

from math import inf
from typing import Any

import pytest

from pdflab.analysis.run import Run, Send, Sends
from pdflab.experiments import service_times
from pdflab.experiments.runner import Capacity
from pdflab.jobs import Endpoint
from pdflab.notebook.lessons.setups import overload
from pdflab.simulation.goodput import share_in_time
from pdflab.simulation.model import Model

CAPACITY = Capacity(per_s=40.0, lines=400, workers=2, documents=80)
PLAN = overload.plan_spike(CAPACITY)


class Bounded:
    """A lab that remembers its targets and the limits of its synchronous endpoint."""

    def __init__(self) -> None:
        self.limits: list[int | None] = []

    def set_sync_backlog(self, limit: int | None) -> None:
        self.limits.append(limit)

    def target(self, endpoint: Endpoint, **client: Any) -> tuple[Endpoint, Any]:
        return endpoint, client["retries"]


def run_of(statuses: list[int]) -> Run:
    """One client, at the first instant of the plan, whose tries were answered like this."""
    sends = [
        Send(Endpoint.SYNCHRONOUS, "invoice", 100.0, 100.0 + n, 100.5 + n, status, attempt=n + 1)
        for n, status in enumerate(statuses)
    ]
    return Run("", Endpoint.SYNCHRONOUS, PLAN.describe(), Sends.of(sends))


@pytest.mark.parametrize(
    ("model", "ends"),
    [
        (Model(workers=1, tries=1), True),
        (Model(workers=1, tries=3, backoff=0.5), False),
        (Model(workers=1, tries=3, backoff=20.0), False),
        (Model(workers=1, tries=3, backoff=0.5, queue_capacity=10), True),
        (Model(workers=1, tries=3, backoff=0.5, queue_capacity=40), False),
        (Model(workers=1, tries=3, backoff=0.5, budget=0.1), True),
    ],
)
def test_retries_sustain_the_overload_until_they_are_bounded_or_refused_early(
    model: Model, ends: bool
) -> None:
    """Nearly all clients of the last ten seconds have their PDF, or hardly one."""
    share = overload.share_later(overload.simulate_spike(model))

    assert share > 0.95 if ends else share < 0.15


def test_a_worker_that_serves_nobody_has_no_rest() -> None:
    """As many clients come as without retries, and nearly three times as many requests."""
    retrying, single = (
        overload.count_later(overload.simulate_spike(Model(workers=1, tries=n, backoff=0.5))) for n in (3, 1)
    )

    assert retrying.clients == single.clients == single.requests
    assert retrying.requests > 2.5 * single.requests
    assert retrying.rendered > 1.5 * single.rendered
    assert (retrying.in_time, single.in_time) == (0, single.rendered)


def test_an_explored_spike_names_its_clients_and_their_outcome() -> None:
    """The headline is what a screen reader says of it."""
    client = {"tries": 1, "backoff": 0.5, "timeout": 1.0, "limit": inf, "budget": 2.0}

    assert overload.explore_spike(**client).get_suptitle() == "60 s after the spike, 1 try: 100% in time"  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "lines"), [(0.001, 400), (0.2, 200), (50.0, 20)])
def test_documents_are_so_long_that_the_machine_makes_as_many_as_the_model(
    seconds: float, lines: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow machine a long one would take longer than its client waits."""
    monkeypatch.setattr(service_times, "seconds_to_render", lambda lines: seconds)

    assert service_times.lines_to_render(2 / overload.CAPACITY) == lines


def test_the_real_spike_is_a_multiple_of_the_capacity() -> None:
    """Two seconds at its half, one at five times it, twelve at its half."""
    assert [phase.count for phase in PLAN.phases] == [40, 200, 240]
    assert PLAN.lines == 400


def test_each_button_sends_to_its_endpoint_within_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is gone after the run."""
    monkeypatch.setattr(overload, "run_plan", lambda lab, plan, at: (plan.seconds, *at))
    lab, runs = Bounded(), overload.overload_runs(CAPACITY)

    done = {name: act(lab) for name, (_, act) in runs.items()}  # type: ignore[arg-type]
    sent = {name: at for name, (_, *at) in done.items()}  # type: ignore[misc]

    assert {name: endpoint for name, (endpoint, _) in sent.items()} == dict.fromkeys(
        ("once", "retries", "limit", "budget"), Endpoint.SYNCHRONOUS
    ) | {"queue": Endpoint.QUEUED}
    assert [retries.tries for _, retries in sent.values()] == [1, 3, 3, 3, 3]
    assert [retries.budget for _, retries in sent.values()] == [inf, inf, inf, 0.1, inf]
    assert [seconds for seconds, *_ in done.values()] == [15, 15, 15, 15, 3]  # type: ignore[misc]
    assert lab.limits == [None, None, None, None, 6, None, None, None, None, None]


def test_a_real_client_is_counted_like_a_simulated_one() -> None:
    """Whichever of its tries was answered; instants are those of the plan."""
    first = next(PLAN.arrivals()).at

    late, never = (overload.requests_of(run_of(answers)) for answers in ([0, 503, 200], [0, 503, 0]))

    assert late.number.tolist() == [0, 0, 0]
    assert late.attempt.tolist() == [1, 2, 3]
    assert late.at.tolist() == pytest.approx([first, first + 1, first + 2])
    assert [share_in_time(requests, 0.0, inf) for requests in (late, never)] == [1.0, 0.0]


def test_real_runs_are_drawn_side_by_side() -> None:
    """The headline has the worst and the best."""
    figure = overload.draw_runs({"1 try": run_of([0]), "3 tries": run_of([0, 0, 200])})

    assert len(figure.axes) == 2
    assert figure.get_suptitle().startswith("8 s after the spike")
