"""How many workers a month-end needs: the requirement, the fleets that meet it, and the cheapest one.

Read next: pdflab/simulation/capacity/search.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isnan
from typing import Any

from pdflab.charts.capacity_plan import plan_figure
from pdflab.charts.style import Picture
from pdflab.errors import UsageError
from pdflab.experiments.figure_table import FigureTable
from pdflab.simulation.capacity import search
from pdflab.simulation.capacity.requirement import Requirement
from pdflab.simulation.capacity.search import FleetPlan

# The relative load of each tenth of a working day, with peaks before and after lunch.
PROFILES = {"day": (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0), "flat": (1.0,), "at-once": (1.0,)}

HOUR = 3600.0
_SPIKE, _CRASH_EVERY, _WHAT_IF_REPLICATIONS = 10.0, 60.0, 5  # of the what-ifs; times as high, seconds

_Refused = dict[str, list[str]]  # the fleets that could not be simulated, by the reason


@dataclass(frozen=True, slots=True)
class CapacityPlan:
    """The fleet of each policy, those of the what-ifs, and why others could not be simulated."""

    requirement: Requirement
    fleets: Sequence[FleetPlan]
    what_if: Sequence[FleetPlan] = ()
    notes: Sequence[str] = ()

    @property
    def best(self) -> FleetPlan:
        """The cheapest fleet that is sure enough, else the cheapest."""
        return min(self.fleets, key=lambda fleet: (not fleet.is_sure, fleet.cost))

    @property
    def verdict(self) -> str:
        """The required fleet in a sentence."""
        requirement, best = self.requirement, self.best
        if not best.is_sure:
            return f"No fleet that was tried is sure enough of this: {requirement.objective}; allow more time"
        documents = f"{requirement.demand.jobs:,} documents, {requirement.objective}"
        return f"{documents}: {_workers(best.workers)}, {best.policy}, for {best.cost:,.2f}"

    @property
    def shown(self) -> list[FleetPlan]:
        """The rows of the table: the fleets that are sure enough, and the what-ifs."""
        return [*(fleet for fleet in self.fleets if fleet.is_sure), *self.what_if]

    @property
    def table(self) -> FigureTable:
        """Fleets side by side: size, time, cost, and how many fresh replications met the target."""
        within = f"{self.requirement.objective.share:.0%} within"
        rows = []
        for p in self.shown:
            size, cost, met = f"{p.workers:,}", f"{p.cost:,.2f}", f"{p.met} of {p.replications}"
            rows.append((p.policy, size, format_seconds(p.finished), format_seconds(p.latency), cost, met))
        return FigureTable(("fleet", "workers", "done after", within, "cost", "met in"), rows)

    @property
    def job_by_job(self) -> bool:
        """Whether the fixed fleet was judged on every single document."""
        return self.fleets[0].is_sure and self.requirement.crash_every == inf

    def chart(self) -> Picture:
        """Draw each fleet that is sure enough, else all."""
        drawn = [fleet for fleet in self.fleets if fleet.is_sure] or self.fleets
        return plan_figure(self.verdict, self.requirement, drawn)

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


def make_plan(requirement: Requirement) -> CapacityPlan:
    """Find the smallest fleet of each policy, and try the fixed one under a spike and crashes.

    A batch has no schedule. Raises UsageError if no fleet can be simulated.
    """
    refused: _Refused = {}
    timetable = {search.SCHEDULED: search.scheduled} if requirement.demand.phase.seconds else {}
    policies = {search.FIXED: search.fixed, **timetable, search.AUTOSCALED: search.autoscaled}
    fleets = _possible({name: partial(find, requirement) for name, find in policies.items()}, refused)
    if not fleets:
        raise UsageError(_reasons(refused)[0])
    what_if = _possible(_what_ifs(requirement, fleets[0]), refused) if fleets[0].is_sure else []
    notes = [_shortfall(requirement, fleet) for fleet in fleets if not fleet.is_sure]
    return CapacityPlan(requirement, fleets, what_if, notes + _reasons(refused))


def format_seconds(seconds: float) -> str:
    """Return seconds as text, long ones in hours; nan is a dash."""
    if isnan(seconds):
        return "-"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / HOUR:.2f} h"


def _what_ifs(requirement: Requirement, fleet: FleetPlan) -> dict[str, Callable[[], FleetPlan]]:
    """Return the fixed fleet under a spike ten times as high, and with a worker that dies every minute."""
    few = replace(requirement, replications=_WHAT_IF_REPLICATIONS)
    harder = {
        f"{search.FIXED}, {_SPIKE:g} times the spike": replace(few, demand=few.demand.spiked(_SPIKE)),
        f"{search.FIXED}, a crash every {_CRASH_EVERY:g} s": replace(few, crash_every=_CRASH_EVERY),
    }
    return {name: partial(search.try_fleet, case, name, fleet.model) for name, case in harder.items()}


def _possible(attempts: Mapping[str, Callable[[], FleetPlan]], refused: _Refused) -> list[FleetPlan]:
    """Return the fleets that could be simulated, and add the others to `refused`."""
    fleets = []
    for name, attempt in attempts.items():
        try:
            fleets.append(attempt())
        except UsageError as error:
            refused.setdefault(str(error), []).append(name)
    return fleets


def _reasons(refused: _Refused) -> list[str]:
    return [f"{'; '.join(names)}: {reason}" for reason, names in refused.items()]


def _shortfall(requirement: Requirement, p: FleetPlan) -> str:
    """Return how near a fleet came that is not sure enough."""
    why = "size that was tried meets this"
    if p.policy == search.AUTOSCALED:
        jobs = search.jobs_a_worker(requirement)
        why = f"limit that was tried meets this with KEDA's rule at {jobs:,.0f} jobs a worker"
    seen = f"it did in {p.met} of {p.replications}, done after {format_seconds(p.finished)}"
    return f"{p.policy}: no {why}; with {_workers(p.workers)} {seen}."


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


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count:,} workers"
