"""How many workers a month-end needs: the question, the fleets that answer it, and the best of them.

Read next: pdflab/simulation/capacity/search.py.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from pdflab.analysis.columns import Floats
from pdflab.errors import UsageError
from pdflab.experiments.figure_table import FigureTable
from pdflab.load.plan import MOSTLY_INVOICES, Phase
from pdflab.simulation.calibration import ServiceTimes
from pdflab.simulation.capacity.search import (
    AUTOSCALED,
    FIXED,
    SCHEDULED,
    Proposal,
    Question,
    Target,
    autoscaled,
    fixed,
    jobs_a_worker,
    scheduled,
    try_fleet,
)
from pdflab.simulation.capacity.workload import Demand

if TYPE_CHECKING:
    from pdflab.charts.style import Picture

# How busy each tenth of the time is. A day at the office has its peaks before and after lunch.
PROFILES = {"day": (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0), "flat": (1.0,), "at-once": (1.0,)}

HOUR = 3600.0
_PRICE = 0.05  # of a core for an hour, in dollars or euros
_WHAT_IF_SPIKE, _WHAT_IF_CRASH = 10.0, 60.0
_WHAT_IF_REPLICATIONS = 5

_Attempts = Mapping[str, Callable[[], Proposal]]


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """The fleets of each policy, those of the what-ifs, and why others could not be simulated."""

    question: Question
    proposals: Sequence[Proposal]
    what_if: Sequence[Proposal]
    notes: Sequence[str]

    @property
    def best(self) -> Proposal:
        """The cheapest fleet that is sure enough, else the cheapest."""
        return cheapest(self.proposals)

    @property
    def job_by_job(self) -> bool:
        """Whether the fixed fleet was judged on every single document."""
        return self.proposals[0].is_sure and self.question.crash_every == inf

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data; `confidence` is a share of fresh replications."""
        return _figures(self.best) | {
            "target": str(self.question.target),
            "service_s": self.question.demand.mean,
            "policies": [_figures(proposal) for proposal in self.proposals],
            "what_if": [_figures(proposal) for proposal in self.what_if],
            "job_by_job_s": self.proposals[0].finished if self.job_by_job else None,
            "notes": list(self.notes),
        }


def month_end_question(
    jobs: int = 10_000_000, *, work: float = 0.2, hours: float = 10.0, deadline: float = 12.0
) -> Question:
    """Return the question for documents of `work` seconds each that arrive over a day at the office."""
    arrivals = Phase(hours * HOUR, PROFILES["day"], jobs)
    demand = Demand(arrivals, ServiceTimes.lognormal(MOSTLY_INVOICES, mean=work), MOSTLY_INVOICES)
    return Question(demand, Target(deadline=deadline * HOUR), _PRICE)


def make_plan(question: Question) -> CapacityPlan:
    """Find the smallest fleet of each policy, and try the fixed one on accidents.

    Raises UsageError if no fleet can be simulated.
    """
    proposals, refused = _collect(_policies(question))
    if not proposals:
        raise UsageError(next(_reasons(refused)))
    what_if, untried = _collect(_what_ifs(question, proposals[0]) if proposals[0].is_sure else {})
    notes = [*_shortfalls(question, proposals), *_reasons(refused | untried)]
    return CapacityPlan(question, proposals, what_if, notes)


def propose(question: Question) -> list[Proposal]:
    """Return the smallest fleet of each policy that can be simulated; all at once has no schedule."""
    return _collect(_policies(question))[0]


def cheapest(proposals: Sequence[Proposal]) -> Proposal:
    """Return the cheapest of those that are sure enough, else of all."""
    return min(proposals, key=lambda proposal: (not proposal.is_sure, proposal.cost))


def try_what_if(question: Question, proposal: Proposal) -> list[Proposal]:
    """Return the fixed fleet under a spike ten times as high, and with a worker that dies every minute."""
    return _collect(_what_ifs(question, proposal))[0]


def plan_table(question: Question, proposals: Sequence[Proposal]) -> FigureTable:
    """Return fleets side by side: size, time, cost, and how many fresh replications met the target."""
    columns = ("fleet", "workers", "done after", f"{share(question)} within", "cost", "met in")
    rows = [
        (
            p.policy,
            f"{p.workers:,}",
            format_seconds(p.finished),
            format_seconds(p.latency),
            f"{p.cost:,.2f}",
            f"{p.met} of {p.replications}",
        )
        for p in proposals
    ]
    return FigureTable(columns, rows)


def plan_chart(
    question: Question, proposals: Sequence[Proposal], *, predicted: float | None = None
) -> "Picture":
    """Draw each fleet that is sure enough, or all if none is, beside the number of workers `predicted`."""
    from pdflab.charts.capacity_plan import Fleet, plan_figure  # matplotlib is slow to load

    shown = [p for p in proposals if p.is_sure] or proposals
    fleets = [Fleet(p.policy, _steps(p.staffing, p.finished), p.line) for p in shown]
    busy = question.demand.busy if question.demand.phase.seconds else np.zeros(1)
    asked = np.linspace(0.0, question.demand.phase.seconds, len(busy) + 1), np.append(busy, 0.0)
    title, deadline = verdict(question, cheapest(proposals)), question.target.deadline
    return plan_figure(title, fleets, asked=asked, deadline=deadline, predicted=predicted)


def verdict(question: Question, best: Proposal) -> str:
    """Return in a sentence which fleet it takes."""
    if not best.is_sure:
        return f"No fleet that was tried is sure enough of this: {question.target}; allow more time"
    documents = f"{question.demand.jobs:,} documents, {question.target}"
    return f"{documents}: {_workers(best.workers)}, {best.policy}, for {best.cost:,.2f}"


def share(question: Question) -> str:
    """Return the share of documents whose latency counts, as text."""
    return f"{question.target.share:.0%}"


def format_seconds(seconds: float) -> str:
    """Return seconds as text, long ones in hours; nan is a dash."""
    if isnan(seconds):
        return "-"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / HOUR:.2f} h"


def _policies(question: Question) -> _Attempts:
    timetable = {SCHEDULED: partial(scheduled, question)} if question.demand.phase.seconds else {}
    return {FIXED: partial(fixed, question), **timetable, AUTOSCALED: partial(autoscaled, question)}


def _what_ifs(question: Question, proposal: Proposal) -> _Attempts:
    few = replace(question, replications=_WHAT_IF_REPLICATIONS)
    spiked = replace(few, demand=few.demand.spiked(_WHAT_IF_SPIKE))
    crashing = replace(few, crash_every=_WHAT_IF_CRASH)
    spike = f"{FIXED}, {_WHAT_IF_SPIKE:g} times the spike"
    crash = f"{FIXED}, a crash every {_WHAT_IF_CRASH:g} s"
    return {
        spike: lambda: try_fleet(spiked, spike, proposal.model),
        crash: lambda: try_fleet(crashing, crash, proposal.model),
    }


def _collect(attempts: _Attempts) -> tuple[list[Proposal], dict[str, str]]:
    """Return what could be simulated, and why the others could not."""
    proposals, refused = [], {}
    for name, attempt in attempts.items():
        try:
            proposals.append(attempt())
        except UsageError as error:
            refused[name] = str(error)
    return proposals, refused


def _reasons(refused: Mapping[str, str]) -> Iterator[str]:
    """Return a sentence for each reason, with all that were refused for it."""
    for reason in dict.fromkeys(refused.values()):
        yield f"{'; '.join(name for name, why in refused.items() if why == reason)}: {reason}"


def _shortfalls(question: Question, proposals: Sequence[Proposal]) -> Iterator[str]:
    """Return for each fleet that is not sure enough how near it came."""
    for p in proposals:
        if not p.is_sure:
            why = "no size that was tried meets this"
            if p.policy == AUTOSCALED:
                jobs = f"{jobs_a_worker(question):,.0f} jobs a worker"
                why = f"no limit that was tried meets this with KEDA's rule at {jobs}"
            yield (
                f"{p.policy}: {why}; with {_workers(p.workers)} it did in {p.met} of {p.replications}, "
                f"done after {format_seconds(p.finished)}, {share(question)} within "
                f"{format_seconds(p.latency)}."
            )


def _figures(proposal: Proposal) -> dict[str, Any]:
    return {
        "policy": proposal.policy,
        "workers": proposal.workers,
        "finished_s": round(proposal.finished, 1),
        "latency_s": None if isnan(proposal.latency) else round(proposal.latency, 3),
        "cost": round(proposal.cost, 2),
        "confidence": proposal.confidence,
        "replications": proposal.replications,
        "at_least": round(proposal.at_least, 3),
    }


def _steps(staffing: Sequence[tuple[float, int]], finished: float) -> tuple[Floats, Floats]:
    at, workers = np.array([*staffing, (finished, 0)], dtype=np.float64).T
    return at, workers


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count:,} workers"
