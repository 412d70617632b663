"""Lesson 04's overload: a half-busy service and one spike, simulated for a minute and run for some seconds.

Read next: pdflab/load/retries.py.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from pdflab.analysis.metrics import summary
from pdflab.analysis.run import Run
from pdflab.charts.abandonment import recovery_figure
from pdflab.charts.style import Picture, stamp
from pdflab.errors import require
from pdflab.experiments.runner import Capacity, run_plan
from pdflab.experiments.service_times import lines_to_render
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import MOSTLY_INVOICES, Phase, Plan, burst
from pdflab.load.retries import NO_RETRIES, Retries
from pdflab.notebook.parts.runs import Runs
from pdflab.settings import Settings
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.goodput import first_requests, share_in_time
from pdflab.simulation.model import Model, Outcome, RequestColumns
from pdflab.simulation.twin import simulate_requests

CAPACITY, BASELINE = 20, 0.5  # PDFs a second of the simulated service; load as a share of the capacity
SPIKE = (20.0, 25.0)  # seconds: it begins and ends
LATER, END = 60.0, 95.0  # seconds after the spike, from which on clients count; the last one comes
TIMES = 4  # the capacity, in the spike

RETRYING = Retries(tries=3, backoff=0.5)  # of the real clients
TIMEOUT = 1.0  # seconds that they wait for an answer
_PHASES = ((2.0, BASELINE), (1.0, 5.0), (12.0, BASELINE))  # seconds, and times the capacity
_REAL_SPIKE, _REAL_LATER, _REAL_END = (2.0, 3.0), 8.0, 15.0  # as above
_DOCUMENTS = 60  # in the burst that measures the capacity
_LIMIT, _BUDGET = 0.15, 0.1  # seconds of work inside; of the first requests


class Later(NamedTuple):
    """Clients that come, requests that they send, and PDFs: rendered, and of these in time."""

    clients: int
    requests: int
    rendered: int
    in_time: int


def simulate_spike(model: Model, *, timeout: float = 1.0) -> RequestColumns:
    """Simulate the half-busy service across a spike; the n-th client and its document are always the same."""
    spike = (SPIKE[0], BASELINE), (SPIKE[1] - SPIKE[0], TIMES), (END - SPIKE[1], BASELINE)
    phases = tuple(Phase(seconds, (load * CAPACITY,)) for seconds, load in spike)
    plan = Plan("a spike", phases, dict(MOSTLY_INVOICES), seed=4)
    at = np.concatenate([block.at for block in plan.blocks()])
    service = np.random.default_rng(4).uniform(0.5, 1.5, len(at)) / CAPACITY
    return simulate_requests([Jobs(at, service, np.full(len(at), timeout))], model, seed=4)


def share_later(requests: RequestColumns) -> float:
    """Return the share of the clients from a minute after the spike on that had their PDF in time."""
    return share_in_time(requests, SPIKE[1] + LATER, END)


def count_later(requests: RequestColumns) -> Later:
    """Count what goes on from a minute after the spike on."""
    start, ended = SPIKE[1] + LATER, requests.ended_at
    is_rendered = (ended >= start) & (ended < END)
    return Later(
        clients=first_requests(requests, start, END),
        requests=int(np.count_nonzero((requests.at >= start) & (requests.at < END))),
        rendered=int(np.count_nonzero(is_rendered)),
        in_time=int(np.count_nonzero(is_rendered & (requests.outcome == Outcome.COMPLETED))),
    )


def draw_spike(cases: Mapping[str, RequestColumns], *, predicted: float | None = None) -> Picture:
    """Draw the spike and the minute after it for each case, by its name."""
    return recovery_figure(cases, spike=SPIKE, end=END, after=LATER, predicted=predicted)


def explore_spike(*, tries: int, backoff: float, timeout: float, limit: float, budget: float) -> Picture:
    """Draw the spike for clients and a queue limit of the reader's choice."""
    model = Model(workers=1, tries=tries, backoff=backoff, queue_capacity=limit, budget=budget)
    name = f"{tries} {'try' if tries == 1 else 'tries'}"
    return draw_spike({name: simulate_spike(model, timeout=timeout)})


def fitting_capacity(settings: Settings) -> Capacity:
    """Measure the synchronous endpoint, for documents of which it should make about `CAPACITY` a second."""
    lines = lines_to_render(min(settings.workers, os.cpu_count() or 1) / CAPACITY)
    plan = replace(burst(_DOCUMENTS, seed=4), lines=lines)
    with Lab(workers=settings.workers, settings=replace(settings, storage=None, log=None)) as lab:
        made = summary(run_plan(lab, plan, lab.target(Endpoint.SYNCHRONOUS, timeout=60.0)))
    require(bool(made.throughput_per_s), "This endpoint has rendered nothing: run the cell again.")
    return Capacity(made.throughput_per_s or 0.0, lines, settings.workers, _DOCUMENTS)


def plan_spike(capacity: Capacity) -> Plan:
    """Plan the spike for a real service of this capacity, within some seconds."""
    phases = tuple(Phase(s, count=max(1, round(s * load * capacity.per_s))) for s, load in _PHASES)
    return Plan("a spike", phases, dict(MOSTLY_INVOICES), seed=4, lines=capacity.lines)


def overload_runs(capacity: Capacity) -> Runs:
    """Return the spike with five kinds of clients and endpoints, for the buttons of a room.

    At the queued endpoint the load ends with the spike, so that its queue is soon empty.
    """
    plan = plan_spike(capacity)
    send, queued = partial(_send, plan=plan), replace(plan, phases=plan.phases[:2])
    limit = max(3, round(_LIMIT * capacity.per_s))
    budget = replace(RETRYING, budget=_BUDGET)
    return {
        "once": ("1 try", partial(send, retries=NO_RETRIES)),
        "retries": (f"{RETRYING.tries} tries", partial(send, retries=RETRYING)),
        "limit": (f"3 tries, at most {limit} inside", partial(send, retries=RETRYING, limit=limit)),
        "budget": (f"3 tries, retry budget {_BUDGET:.0%}", partial(send, retries=budget)),
        "queue": (
            "3 tries, queued endpoint",
            partial(_send, plan=queued, retries=RETRYING, endpoint=Endpoint.QUEUED),
        ),
    }


def requests_of(run: Run) -> RequestColumns:
    """Return what the clients of the synchronous endpoint sent, as a simulation would.

    Instants count from the beginning of the plan. Its queue is not seen: queued_at and started_at are nan.
    """
    sends, unknown = run.sends, np.full(len(run.sends), np.nan)
    began_at = run.began_at - next(Plan.from_description(run.plan).arrivals()).at
    return RequestColumns(
        number=np.unique(sends.intended_at, return_inverse=True)[1],
        attempt=np.asarray(sends.attempt, np.int64),
        at=sends.sent_at - began_at,
        queued_at=unknown,
        started_at=unknown,
        ended_at=np.where(sends.accepted, sends.answered_at - began_at, np.nan),
        outcome=np.where(sends.accepted, Outcome.COMPLETED, Outcome.RENEGED).astype(np.uint8),
    )


def draw_runs(runs: Mapping[str, Run]) -> Picture:
    """Draw real runs, by their names, like simulated ones; one that is not valid says so."""
    cases = {name: requests_of(run) for name, run in runs.items()}
    figure = recovery_figure(cases, spike=_REAL_SPIKE, end=_REAL_END, after=_REAL_LATER)
    for ax, run in zip(figure.axes, runs.values(), strict=True):
        stamp(ax, run)
    return figure


def _send(
    lab: Lab,
    *,
    plan: Plan,
    retries: Retries,
    limit: int | None = None,
    endpoint: Endpoint = Endpoint.SYNCHRONOUS,
) -> Run:
    """Send the plan to an endpoint, which has no limit afterwards."""
    lab.set_sync_backlog(limit)
    try:
        return run_plan(lab, plan, lab.target(endpoint, timeout=TIMEOUT, retries=retries))
    finally:
        lab.set_sync_backlog(None)
