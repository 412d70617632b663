"""A hundred statements at once, for lesson 00; an evening with a spike, for 01: one plan for all endpoints.

Read next: pdflab/experiments/runner.py.
"""

from dataclasses import replace
from functools import partial

from pdflab.analysis.metrics import summary
from pdflab.analysis.run import Run
from pdflab.experiments.runner import run_plan
from pdflab.experiments.service_times import lines_to_render
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import Plan, batch, burst
from pdflab.notebook.parts.runs import Runs

_TIMEOUT = 90.0  # seconds, in lesson 00: nobody leaves, on a slow machine either
_BASELINE, _SPIKE = 0.25, 6.0  # times the capacity
_RENDERING = 0.06  # seconds for one document of the evening: short against half a second of patience
_INVOICES = {"invoice": 1.0}


def statement_runs(count: int, lines: int) -> Runs:
    """Return a run of so many statements within a second for each endpoint."""
    plan = replace(burst(count, seed=1, mix=_INVOICES), lines=lines)
    return {
        endpoint: (f"Burst of {count}, {endpoint} endpoint", partial(_run, plan, endpoint, _TIMEOUT))
        for endpoint in (Endpoint.SYNCHRONOUS, Endpoint.QUEUED)
    }


def plan_evening(lab: Lab) -> tuple[float, Plan]:
    """Measure the capacity of the synchronous endpoint, in PDFs a second, and plan a spike in its multiples.

    The best of three rates counts: other programs only make it lower.
    """
    lines = lines_to_render(_RENDERING)
    many = replace(batch(30), lines=lines, mix=_INVOICES)
    tried = [run_plan(lab, many, lab.target(Endpoint.SYNCHRONOUS)) for _ in range(3)]
    capacity = max(summary(run).throughput_per_s or 1.0 for run in tried)
    spike = burst(round(_SPIKE * capacity), baseline=_BASELINE * capacity, seed=1, mix=_INVOICES)
    return capacity, replace(spike, lines=lines)


def evening_runs(plan: Plan, patience: float, *, bound: int) -> Runs:
    """Return an evening at three endpoints, with clients that leave after so many seconds of patience.

    One of them refuses a request if `bound` others are inside.
    """
    bounded = partial(_run, plan, Endpoint.SYNCHRONOUS, patience, bound=bound)
    return {
        "synchronous": ("Synchronous", partial(_run, plan, Endpoint.SYNCHRONOUS, patience)),
        "bounded": (f"Bounded, at most {bound} inside", bounded),
        "queued": ("Queued", partial(_run, plan, Endpoint.QUEUED, patience)),
    }


def patient_runs(plan: Plan, timeout: float) -> Runs:
    """Return an evening at the synchronous endpoint, with clients that wait so many seconds."""
    run = partial(_run, plan, Endpoint.SYNCHRONOUS, timeout)
    return {"raised": (f"Synchronous, a timeout of {timeout:g} s", run)}


def _run(plan: Plan, endpoint: Endpoint, timeout: float, lab: Lab, *, bound: int | None = None) -> Run:
    lab.set_sync_backlog(bound)
    try:
        return run_plan(lab, plan, lab.target(endpoint, timeout=timeout))
    finally:
        lab.set_sync_backlog(None)
