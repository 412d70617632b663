"""How many workers a month-end needs: the requirement, the fleets that meet it, and the cheapest one.

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
from pdflab.simulation.capacity.requirement import Objective, Requirement
from pdflab.simulation.capacity.search import (
    AUTOSCALED,
    FIXED,
    SCHEDULED,
    FleetPlan,
    autoscaled,
    fixed,
    jobs_a_worker,
    scheduled,
    try_fleet,
)
from pdflab.simulation.capacity.workload import Demand

if TYPE_CHECKING:
    from pdflab.charts.style import Picture

# The relative load of each tenth of a working day, with peaks before and after lunch.
PROFILES = {"day": (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0), "flat": (1.0,), "at-once": (1.0,)}

HOUR = 3600.0
_PRICE = 0.05  # of a core for an hour, in dollars or euros
_WHAT_IF_SPIKE, _WHAT_IF_CRASH = 10.0, 60.0
_WHAT_IF_REPLICATIONS = 5

_Attempts = Mapping[str, Callable[[], FleetPlan]]


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """The fleet of each policy, those of the what-ifs, and why others could not be simulated."""

    requirement: Requirement
    fleets: Sequence[FleetPlan]
    what_if: Sequence[FleetPlan]
    notes: Sequence[str]

    @property
    def best(self) -> FleetPlan:
        """The cheapest fleet that is sure enough, else the cheapest."""
        return cheapest(self.fleets)

    @property
    def job_by_job(self) -> bool:
        """Whether the fixed fleet was judged on every single document."""
        return self.fleets[0].is_sure and self.requirement.crash_every == inf

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain data; `confidence` is a share of fresh replications."""
        return _figures(self.best) | {
            "target": str(self.requirement.objective),
            "service_s": self.requirement.demand.mean,
            "policies": [_figures(fleet) for fleet in self.fleets],
            "what_if": [_figures(fleet) for fleet in self.what_if],
            "job_by_job_s": self.fleets[0].finished if self.job_by_job else None,
            "notes": list(self.notes),
        }


def month_end_requirement(
    jobs: int = 10_000_000, *, work: float = 0.2, hours: float = 10.0, deadline: float = 12.0
) -> Requirement:
    """Return the requirement for documents of `work` seconds each that arrive over a day at the office."""
    arrivals = Phase(hours * HOUR, PROFILES["day"], jobs)
    demand = Demand(arrivals, ServiceTimes.lognormal(MOSTLY_INVOICES, mean=work), MOSTLY_INVOICES)
    return Requirement(demand, Objective(deadline=deadline * HOUR), _PRICE)


def make_plan(requirement: Requirement) -> CapacityPlan:
    """Find the smallest fleet of each policy, and try the fixed one under a spike and crashes.

    Raises UsageError if no fleet can be simulated.
    """
    fleets, refused = _collect(_policies(requirement))
    if not fleets:
        raise UsageError(next(_reasons(refused)))
    what_if, untried = _collect(_what_ifs(requirement, fleets[0]) if fleets[0].is_sure else {})
    notes = [*_shortfalls(requirement, fleets), *_reasons(refused | untried)]
    return CapacityPlan(requirement, fleets, what_if, notes)


def propose(requirement: Requirement) -> list[FleetPlan]:
    """Return the smallest fleet of each policy that can be simulated; a batch has no schedule."""
    return _collect(_policies(requirement))[0]


def cheapest(fleets: Sequence[FleetPlan]) -> FleetPlan:
    """Return the cheapest fleet that is sure enough, else the cheapest of all."""
    return min(fleets, key=lambda fleet: (not fleet.is_sure, fleet.cost))


def try_what_if(requirement: Requirement, fleet: FleetPlan) -> list[FleetPlan]:
    """Return the fixed fleet under a spike ten times as high, and with a worker that dies every minute."""
    return _collect(_what_ifs(requirement, fleet))[0]


def plan_table(requirement: Requirement, fleets: Sequence[FleetPlan]) -> FigureTable:
    """Return fleets side by side: size, time, cost, and how many fresh replications met the target."""
    columns = ("fleet", "workers", "done after", f"{share(requirement)} within", "cost", "met in")
    rows = [
        (
            p.policy,
            f"{p.workers:,}",
            format_seconds(p.finished),
            format_seconds(p.latency),
            f"{p.cost:,.2f}",
            f"{p.met} of {p.replications}",
        )
        for p in fleets
    ]
    return FigureTable(columns, rows)


def plan_chart(
    requirement: Requirement, fleets: Sequence[FleetPlan], *, predicted: float | None = None
) -> "Picture":
    """Draw each fleet that is sure enough, or all if none is, beside the number of workers `predicted`."""
    from pdflab.charts.forecast import Fleet, plan_figure  # matplotlib is slow to load

    shown = [p for p in fleets if p.is_sure] or fleets
    drawn = [Fleet(p.policy, _steps(p.staffing, p.finished), p.waiting) for p in shown]
    busy = requirement.demand.busy if requirement.demand.phase.seconds else np.zeros(1)
    asked = np.linspace(0.0, requirement.demand.phase.seconds, len(busy) + 1), np.append(busy, 0.0)
    title, deadline = verdict(requirement, cheapest(fleets)), requirement.objective.deadline
    return plan_figure(title, drawn, asked=asked, deadline=deadline, predicted=predicted)


def verdict(requirement: Requirement, best: FleetPlan) -> str:
    """Return the required fleet in a sentence."""
    if not best.is_sure:
        return f"No fleet that was tried is sure enough of this: {requirement.objective}; allow more time"
    documents = f"{requirement.demand.jobs:,} documents, {requirement.objective}"
    return f"{documents}: {_workers(best.workers)}, {best.policy}, for {best.cost:,.2f}"


def share(requirement: Requirement) -> str:
    """Return the share of documents whose latency counts, as text."""
    return f"{requirement.objective.share:.0%}"


def format_seconds(seconds: float) -> str:
    """Return seconds as text, long ones in hours; nan is a dash."""
    if isnan(seconds):
        return "-"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / HOUR:.2f} h"


def _policies(requirement: Requirement) -> _Attempts:
    timetable = {SCHEDULED: partial(scheduled, requirement)} if requirement.demand.phase.seconds else {}
    return {FIXED: partial(fixed, requirement), **timetable, AUTOSCALED: partial(autoscaled, requirement)}


def _what_ifs(requirement: Requirement, fleet: FleetPlan) -> _Attempts:
    few = replace(requirement, replications=_WHAT_IF_REPLICATIONS)
    spiked = replace(few, demand=few.demand.spiked(_WHAT_IF_SPIKE))
    crashing = replace(few, crash_every=_WHAT_IF_CRASH)
    spike = f"{FIXED}, {_WHAT_IF_SPIKE:g} times the spike"
    crash = f"{FIXED}, a crash every {_WHAT_IF_CRASH:g} s"
    return {
        spike: lambda: try_fleet(spiked, spike, fleet.model),
        crash: lambda: try_fleet(crashing, crash, fleet.model),
    }


def _collect(attempts: _Attempts) -> tuple[list[FleetPlan], dict[str, str]]:
    """Return the fleets that could be simulated, and why the others could not."""
    fleets, refused = [], {}
    for name, attempt in attempts.items():
        try:
            fleets.append(attempt())
        except UsageError as error:
            refused[name] = str(error)
    return fleets, refused


def _reasons(refused: Mapping[str, str]) -> Iterator[str]:
    """Return a sentence for each reason, with all fleets that were refused for it."""
    for reason in dict.fromkeys(refused.values()):
        yield f"{'; '.join(name for name, why in refused.items() if why == reason)}: {reason}"


def _shortfalls(requirement: Requirement, fleets: Sequence[FleetPlan]) -> Iterator[str]:
    """Return how near each fleet came that is not sure enough."""
    for p in fleets:
        if not p.is_sure:
            why = "no size that was tried meets this"
            if p.policy == AUTOSCALED:
                jobs = f"{jobs_a_worker(requirement):,.0f} jobs a worker"
                why = f"no limit that was tried meets this with KEDA's rule at {jobs}"
            yield (
                f"{p.policy}: {why}; with {_workers(p.workers)} it did in {p.met} of {p.replications}, "
                f"done after {format_seconds(p.finished)}, {share(requirement)} within "
                f"{format_seconds(p.latency)}."
            )


def _figures(fleet: FleetPlan) -> dict[str, Any]:
    return {
        "policy": fleet.policy,
        "workers": fleet.workers,
        "finished_s": round(fleet.finished, 1),
        "latency_s": None if isnan(fleet.latency) else round(fleet.latency, 3),
        "cost": round(fleet.cost, 2),
        "confidence": fleet.confidence,
        "replications": fleet.replications,
        "at_least": round(fleet.at_least, 3),
    }


def _steps(staffing: Sequence[tuple[float, int]], finished: float) -> tuple[Floats, Floats]:
    at, workers = np.array([*staffing, (finished, 0)], dtype=np.float64).T
    return at, workers


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count:,} workers"
