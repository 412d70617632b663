"""`pdflab plan`: how many workers a month-end needs, as a table, a chart and what may go wrong.

Read next: simulation/planner.py.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from pdflab.columns import Floats
from pdflab.documents.samples import KINDS, sample
from pdflab.errors import UsageError
from pdflab.load.arrivals import MOSTLY_INVOICES, Phase
from pdflab.run import Run
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.demand import Demand
from pdflab.simulation.planner import (
    FIXED,
    Proposal,
    Question,
    Target,
    autoscaled,
    fixed,
    job_by_job,
    scheduled,
    try_fleet,
)

# How busy each tenth of the time is. A day at the office has its peaks before and after lunch.
PROFILES = {"day": (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0), "flat": (1.0,), "at-once": (1.0,)}

_HOUR = 3600.0
_MEASURED = 20  # documents of each kind, where nothing is said about service times
_WHAT_IF_SPIKE, _WHAT_IF_CRASH = 10.0, 60.0
_WHAT_IF_REPLICATIONS = 5


def plan(arguments: argparse.Namespace) -> int:
    """Find the fleets, print their cost and risk, and draw the chart; give 1 when none is sure enough."""
    question = read_question(arguments)
    proposals = [fixed(question), autoscaled(question)]
    if question.demand.phase.seconds:
        proposals.insert(1, scheduled(question))
    best = min(proposals, key=lambda proposal: (not proposal.is_sure, proposal.cost))
    what_if = _what_if(question, proposals[0])
    checked = job_by_job(question, proposals[0].workers) if question.crash_every == inf else None
    if arguments.json:
        policies = [_figures(proposal) for proposal in proposals]
        told = {
            "policies": policies,
            "what_if": [_figures(p) for p in what_if],
            "job_by_job_s": checked,
        }
        about = {"target": str(question.target), "service_s": question.demand.mean}
        print(json.dumps(_figures(best) | about | told))
    else:
        _show(question, proposals, what_if)
        _draw(question, proposals, best, arguments.chart)
        print(_verdict(best, question))
        if checked is not None:
            print(
                f"{FIXED}, on all {question.demand.jobs:,} documents one by one: done after {_span(checked)}"
            )
    return 0 if best.is_sure else 1


def read_question(arguments: argparse.Namespace) -> Question:
    """Make the question of the command's arguments. Raises UsageError for what cannot be asked."""
    a = arguments
    _require(1 <= a.jobs <= 100_000_000, "--jobs must be between 1 and 100,000,000.")
    _require(0 < a.hours <= 10_000, "--hours must be more than 0, and at most 10,000.")
    _require(a.spike >= 1, "--spike must be 1 or more: so many times the densest hour.")
    _require(a.deadline is None or a.within is None, "Give either --deadline or --within.")
    service, mix = _service(a.service, a.run_file)
    phase = Phase(0.0 if a.profile == "at-once" else a.hours * _HOUR, PROFILES[a.profile], a.jobs)
    demand = Demand(phase, service, mix)
    if a.within is None:
        target = Target(deadline=(a.hours + 2 if a.deadline is None else a.deadline) * _HOUR)
    else:
        target = Target(latency=a.within)
    return Question(
        demand.spiked(a.spike), target, a.price, start_up=a.start_up, crash_every=a.crash_every, seed=a.seed
    )


def _service(seconds: float | None, run_file: Path | None) -> tuple[ServiceTimes, tuple[float, ...]]:
    """Give service times and mix: as told, as a real run has them, or as measured here and now."""
    mix = tuple(MOSTLY_INVOICES[kind] for kind in KINDS)
    if run_file is not None:
        _require(seconds is None, "Give either --service or --run.")
        return _learn(run_file)
    return measure_rendering() if seconds is None else ServiceTimes.lognormal(seconds), mix


def measure_rendering() -> ServiceTimes:
    """Render some documents of each kind here and now, and take the processor's time for each."""
    from pdflab.documents.fonts import FontBook
    from pdflab.documents.render import render
    from pdflab.documents.requests import parse_request

    fonts, taken = FontBook(), {kind: np.zeros(_MEASURED) for kind in KINDS}
    for number, kind in product(range(-1, _MEASURED), KINDS):
        document = parse_request(sample(kind, number + 1))
        began = time.thread_time()
        render(document, created_at=0.0, fonts=fonts)
        taken[kind][number] = time.thread_time() - began  # the first is the warm-up: the last overwrites it
    return ServiceTimes(taken)


def _learn(run_file: Path) -> tuple[ServiceTimes, tuple[float, ...]]:
    try:
        run = Run.load(run_file)
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{run_file} is not a run that pdflab has saved; name one that is.") from None
    service = calibrate(run).service
    counts = [len(service.seconds.get(kind, ())) for kind in KINDS]
    return service, tuple(count / sum(counts) for count in counts)


def _what_if(question: Question, proposal: Proposal) -> list[Proposal]:
    """Try the fixed fleet on a spike ten times as high, and with a worker that dies every minute."""
    few = replace(question, replications=_WHAT_IF_REPLICATIONS)
    spiked = replace(few, demand=few.demand.spiked(_WHAT_IF_SPIKE))
    dying = replace(few, crash_every=_WHAT_IF_CRASH)
    return [
        try_fleet(spiked, f"{FIXED}, {_WHAT_IF_SPIKE:g} times the spike", proposal.model),
        try_fleet(dying, f"{FIXED}, a death each {_WHAT_IF_CRASH:g} s", proposal.model),
    ]


def _figures(proposal: Proposal) -> dict[str, Any]:
    return {
        "policy": proposal.policy,
        "workers": proposal.workers,
        "finished_s": round(proposal.finished, 1),
        "latency_s": round(proposal.latency, 3),
        "cost": round(proposal.cost, 2),
        "confidence": proposal.confidence,
    }


def _show(question: Question, proposals: Sequence[Proposal], what_if: Sequence[Proposal]) -> None:
    share = f"{question.target.share:.0%} within"
    table = Table("fleet", "workers", "done after", share, "cost", "sure", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for proposal in (*proposals, *what_if):
        p = proposal
        figures = (
            f"{p.workers:,}",
            _span(p.finished),
            _span(p.latency),
            f"{p.cost:,.2f}",
            f"{p.confidence:.0%}",
        )
        table.add_row(p.policy, *figures)
    Console().print(table)


def _draw(question: Question, proposals: Sequence[Proposal], best: Proposal, file: Path) -> None:
    from pdflab.notebook.canvas import png  # matplotlib is slow to load: who asks for JSON need not wait
    from pdflab.notebook.plan_charts import Fleet, plan_figure

    fleets = [Fleet(p.policy, _steps(p.staffing, p.finished), p.line) for p in proposals]
    busy = question.demand.busy if question.demand.phase.seconds else np.zeros(1)
    asked = np.linspace(0.0, question.demand.phase.seconds, len(busy) + 1), np.append(busy, 0.0)
    figure = plan_figure(_verdict(best, question), fleets, asked=asked, deadline=question.target.deadline)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png(figure))
    print(f"chart: {file}")


def _steps(staffing: Sequence[tuple[float, int]], finished: float) -> tuple[Floats, Floats]:
    at, workers = np.array([*staffing, (finished, 0)], dtype=np.float64).T
    return at, workers


def _verdict(best: Proposal, question: Question) -> str:
    if not best.is_sure:
        return f"No fleet that was tried is sure enough of this: {question.target}; allow more time"
    hours = f"{question.demand.jobs:,} documents, {question.target}"
    return f"{hours}: {best.workers:,} workers, {best.policy}, for {best.cost:,.2f}"


def _span(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / _HOUR:.2f} h"


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
