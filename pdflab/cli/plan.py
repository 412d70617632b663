"""`pdflab plan`: how many workers a month-end needs, as a table, a chart and what may go wrong.

Read next: simulation/capacity/search.py.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from pdflab.analysis.columns import Floats
from pdflab.cli.terminal import figures_table
from pdflab.errors import UsageError
from pdflab.experiments.prediction_error import published
from pdflab.experiments.service_times import name_source, service_times
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

# How busy each tenth of the time is. A day at the office has its peaks before and after lunch.
PROFILES = {"day": (1.0, 2.0, 3.0, 3.0, 2.0, 2.0, 3.0, 3.0, 2.0, 1.0), "flat": (1.0,), "at-once": (1.0,)}

_HOUR = 3600.0
_PRICE = 0.05  # of a core for an hour, in dollars or euros
_MOST_JOBS = 100_000_000
_MOST = 1_000_000  # of anything else that is told: seconds, times, money
_WHAT_IF_SPIKE, _WHAT_IF_CRASH = 10.0, 60.0
_WHAT_IF_REPLICATIONS = 5


Tries = Mapping[str, Callable[[], FleetPlan]]


def plan(arguments: argparse.Namespace) -> int:
    """Find the fleets, print their cost and risk, and draw the chart; return 1 when none is sure enough."""
    requirement = read_requirement(arguments)
    fleets, refused = _collect(_policies(requirement))
    if not fleets:
        raise UsageError(next(_sentences(refused)))
    best = cheapest(fleets)
    what_if, untried = _collect(_what_ifs(requirement, fleets[0]) if fleets[0].is_sure else {})
    notes = [*_shortfalls(requirement, fleets), *_sentences(refused | untried)]
    if arguments.json:
        print(json.dumps(_told(requirement, fleets, what_if) | {"notes": notes}))
    else:
        source = name_source(arguments.service, arguments.run_file)
        print(f"A document takes {1000 * requirement.demand.mean:.3g} ms of work ({source}).\n")
        _print_table(requirement, [*(p for p in fleets if p.is_sure), *what_if])
        print(*notes, sep="\n", end="\n" * bool(notes))
        _draw(requirement, fleets, arguments.chart)
        print(verdict(requirement, best))
        if fleets[0].is_sure and requirement.crash_every == inf:
            print(_one_by_one(requirement, fleets[0]))
        print(published())
    return 0 if best.is_sure else 1


def month_end_requirement(
    jobs: int = 10_000_000, *, work: float = 0.2, hours: float = 10.0, deadline: float = 12.0
) -> Requirement:
    """Ask for a fleet for documents that take `work` seconds each and come over a day at the office."""
    service = ServiceTimes.lognormal(MOSTLY_INVOICES, mean=work)
    demand = Demand(Phase(hours * _HOUR, PROFILES["day"], jobs), service, MOSTLY_INVOICES)
    return Requirement(demand, Objective(deadline=deadline * _HOUR), _PRICE)


def propose(requirement: Requirement) -> list[FleetPlan]:
    """Find the smallest fleet of each policy that can be tried; what comes at once has no timetable."""
    return _collect(_policies(requirement))[0]


def cheapest(fleets: Sequence[FleetPlan]) -> FleetPlan:
    """Return the cheapest of those that are sure enough, else of all."""
    return min(fleets, key=lambda fleet: (not fleet.is_sure, fleet.cost))


def try_what_if(requirement: Requirement, fleet: FleetPlan) -> list[FleetPlan]:
    """Try the fixed fleet on a spike ten times as high, and with a worker that dies every minute."""
    return _collect(_what_ifs(requirement, fleet))[0]


def plan_table(requirement: Requirement, fleets: Sequence[FleetPlan]) -> Table:
    """Lay out fleets beside one another: how large, how soon, at what cost, how surely.

    It met the target in so many replications, by none of which it was chosen.
    """
    columns = "workers", "done after", f"{_share(requirement)} within"
    table = figures_table("fleet", *columns, "cost", "met in")
    for p in fleets:
        figures = f"{p.workers:,}", _span(p.finished), _span(p.latency), f"{p.cost:,.2f}"
        table.add_row(p.policy, *figures, f"{p.met} of {p.replications}")
    return table


def plan_chart(
    requirement: Requirement, fleets: Sequence[FleetPlan], *, predicted: float | None = None
) -> "Picture":
    """Draw each fleet that will do, or all if none will; `predicted` is how many workers one expected."""
    from pdflab.charts.capacity_plan import Fleet, plan_figure  # matplotlib is slow to load

    shown = [p for p in fleets if p.is_sure] or fleets
    drawn = [Fleet(p.policy, _steps(p.staffing, p.finished), p.waiting) for p in shown]
    busy = requirement.demand.busy if requirement.demand.phase.seconds else np.zeros(1)
    asked = np.linspace(0.0, requirement.demand.phase.seconds, len(busy) + 1), np.append(busy, 0.0)
    title, deadline = verdict(requirement, cheapest(fleets)), requirement.objective.deadline
    return plan_figure(title, drawn, asked=asked, deadline=deadline, predicted=predicted)


def verdict(requirement: Requirement, best: FleetPlan) -> str:
    """Say in a sentence which fleet it takes."""
    if not best.is_sure:
        return f"No fleet that was tried is sure enough of this: {requirement.objective}; allow more time"
    hours = f"{requirement.demand.jobs:,} documents, {requirement.objective}"
    return f"{hours}: {_workers(best.workers)}, {best.policy}, for {best.cost:,.2f}"


def read_requirement(arguments: argparse.Namespace) -> Requirement:
    """Make the requirement of the command's arguments. Raises UsageError for what cannot be asked."""
    a = arguments
    _require(1 <= a.jobs <= _MOST_JOBS, "--jobs must be between 1 and 100,000,000.")
    _require(0 < a.hours <= 1_000, "--hours must be more than 0, and at most 1,000.")
    for name in ("spike", "service", "price"):
        _require(not _MOST < (getattr(a, name) or 0.0) < inf, f"--{name} must be at most {_MOST:,}.")
    _require(a.deadline is None or a.within is None, "Give either --deadline or --within.")
    service, mix = service_times(a.service, a.run_file)
    phase = Phase(0.0 if a.profile == "at-once" else a.hours * _HOUR, PROFILES[a.profile], a.jobs)
    demand = Demand(phase, service, mix).spiked(a.spike)
    _require(demand.jobs <= _MOST_JOBS, f"--spike makes more than {_MOST_JOBS:,} documents of these.")
    if a.within is None:
        target = Objective(deadline=(a.hours + 2 if a.deadline is None else a.deadline) * _HOUR)
    else:
        target = Objective(latency=a.within)
    return Requirement(demand, target, a.price, start_up=a.start_up, crash_every=a.crash_every, seed=a.seed)


def _policies(requirement: Requirement) -> Tries:
    timetable = {SCHEDULED: partial(scheduled, requirement)} if requirement.demand.phase.seconds else {}
    return {FIXED: partial(fixed, requirement), **timetable, AUTOSCALED: partial(autoscaled, requirement)}


def _what_ifs(requirement: Requirement, fleet: FleetPlan) -> Tries:
    few = replace(requirement, replications=_WHAT_IF_REPLICATIONS)
    spiked = replace(few, demand=few.demand.spiked(_WHAT_IF_SPIKE))
    spike, death = (
        f"{FIXED}, {_WHAT_IF_SPIKE:g} times the spike",
        f"{FIXED}, a death each {_WHAT_IF_CRASH:g} s",
    )
    return {
        spike: lambda: try_fleet(spiked, spike, fleet.model),
        death: lambda: try_fleet(replace(few, crash_every=_WHAT_IF_CRASH), death, fleet.model),
    }


def _collect(tries: Tries) -> tuple[list[FleetPlan], dict[str, str]]:
    """Return what could be tried, and why the others could not."""
    fleets, refused = [], {}
    for name, attempt in tries.items():
        try:
            fleets.append(attempt())
        except UsageError as error:
            refused[name] = str(error)
    return fleets, refused


def _sentences(refused: Mapping[str, str]) -> Iterator[str]:
    """Say of all that were refused for the same reason, which they are and what it is."""
    for reason in dict.fromkeys(refused.values()):
        yield f"{'; '.join(name for name, why in refused.items() if why == reason)}: {reason}"


def _shortfalls(requirement: Requirement, fleets: Sequence[FleetPlan]) -> list[str]:
    """Say of each fleet that will not do how near it came."""
    jobs = f"{jobs_a_worker(requirement):,.0f}"
    why = {AUTOSCALED: f"no limit that was tried meets this with KEDA's rule at {jobs} jobs a worker"}
    return [
        f"{p.policy}: {why.get(p.policy, 'no size that was tried meets this')}; with {_workers(p.workers)} "
        f"it did in {p.met} of {p.replications}, done after {_span(p.finished)}, "
        f"{_share(requirement)} within {_span(p.latency)}."
        for p in fleets
        if not p.is_sure
    ]


def _one_by_one(requirement: Requirement, fleet: FleetPlan) -> str:
    """Say what the fixed fleet does; it was judged on every single document."""
    done, within = f"done after {_span(fleet.finished)}", _span(fleet.latency)
    documents = f"{requirement.demand.jobs:,} documents"
    return f"{FIXED}, on all {documents} one by one: {done}, {_share(requirement)} within {within}"


def _told(
    requirement: Requirement, fleets: Sequence[FleetPlan], what_if: Sequence[FleetPlan]
) -> dict[str, Any]:
    """Return the plan as data; `confidence` is the share of fresh replications that met the target."""
    one_by_one = fleets[0].is_sure and requirement.crash_every == inf
    return _figures(cheapest(fleets)) | {
        "target": str(requirement.objective),
        "service_s": requirement.demand.mean,
        "policies": [_figures(fleet) for fleet in fleets],
        "what_if": [_figures(fleet) for fleet in what_if],
        "job_by_job_s": fleets[0].finished if one_by_one else None,
    }


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


def _print_table(requirement: Requirement, fleets: Sequence[FleetPlan]) -> None:
    if fleets:
        Console().print(plan_table(requirement, fleets))
        proofs = sorted({(p.replications, p.at_least) for p in fleets if p.is_sure}, reverse=True)
        proven = ", ".join(f"{chance:.0%} by {times} of {times}" for times, chance in proofs)
        if proven:
            print(f"Chance of meeting the target, proven with a confidence of 95 %: at least {proven}.")
        if any(isnan(p.latency) for p in fleets):
            print("-: less than bundles of documents can tell, by which these fleets are tried.")


def _draw(requirement: Requirement, fleets: Sequence[FleetPlan], file: Path) -> None:
    from pdflab.charts.style import png

    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(png(plan_chart(requirement, fleets)))
    print(f"chart: {file}")


def _steps(staffing: Sequence[tuple[float, int]], finished: float) -> tuple[Floats, Floats]:
    at, workers = np.array([*staffing, (finished, 0)], dtype=np.float64).T
    return at, workers


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count:,} workers"


def _share(requirement: Requirement) -> str:
    return f"{requirement.objective.share:.0%}"


def _span(seconds: float) -> str:
    if isnan(seconds):
        return "-"
    return f"{seconds:.3g} s" if seconds < 600 else f"{seconds / _HOUR:.2f} h"


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(message)
