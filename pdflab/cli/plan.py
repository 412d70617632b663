"""`pdflab plan` and `pdflab twin`: size a fleet by simulation, and measure how wrong the simulation is.

Read next: pdflab/experiments/capacity.py, pdflab/experiments/prediction_error.py.
"""

import argparse
from collections.abc import Iterator
from math import inf, isnan
from pathlib import Path

from pdflab.charts.style import png
from pdflab.cli.arguments import print_report
from pdflab.errors import require
from pdflab.experiments import prediction_error
from pdflab.experiments.capacity import HOUR, PROFILES, CapacityPlan, format_seconds, make_plan
from pdflab.experiments.service_times import name_source, service_times
from pdflab.load.plan import Phase
from pdflab.simulation.capacity.requirement import Demand, Objective, Requirement

_MAX_JOBS = 100_000_000
_MAX_NUMBER = 1_000_000  # of seconds, times or money


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of `plan` or `twin`."""
    if name == "twin":
        command.set_defaults(run=_twin)
        command.add_argument("--rounds", type=int, default=3, help="the middle one counts (default 3)")
    else:
        command.set_defaults(run=_plan)
        _add_requirement(command)


def _add_requirement(plan: argparse.ArgumentParser) -> None:
    plan.add_argument("--jobs", type=int, default=10_000_000, help="documents (default 10000000)")
    plan.add_argument("--profile", choices=tuple(PROFILES), default="day", help="when they arrive")
    plan.add_argument("--hours", type=float, default=10.0, help="for how long they arrive (default 10)")
    plan.add_argument("--deadline", type=float, help="hours until all are done (default 2 after the last)")
    plan.add_argument("--within", type=float, help="instead: seconds within which 95 of 100 are done")
    plan.add_argument("--service", type=float, help="seconds of work per document (default: measured here)")
    plan.add_argument("--run", dest="run_file", type=Path, help="instead: a saved run to learn them from")
    plan.add_argument("--price", type=float, default=0.05, help="of a core for an hour (default 0.05)")
    plan.add_argument("--start-up", type=float, default=60.0, help="seconds of a new worker (default 60)")
    plan.add_argument("--spike", type=float, default=1.0, help="times as many in the densest hour")
    plan.add_argument("--crash-every", type=float, default=inf, help="seconds between two crashes")
    plan.add_argument("--seed", type=int, default=0, help="the same seed makes the same plan")
    plan.add_argument("--chart", type=Path, default=Path("pdflab-data/plan.png"), help="file of the chart")


def _plan(a: argparse.Namespace) -> int:
    """Find the fleets, print their cost and risk, and draw the chart; return 1 if none is sure enough."""
    plan = make_plan(_requirement(a))
    print_report(a, plan.to_json(), _report(plan, name_source(a.service, a.run_file)))
    if not a.json:
        a.chart.parent.mkdir(parents=True, exist_ok=True)
        a.chart.write_bytes(png(plan.chart()))
        print(f"chart: {a.chart}")
    return 0 if plan.best.is_sure else 1


def _requirement(a: argparse.Namespace) -> Requirement:
    """Return the requirement of the arguments. Raises UsageError if it cannot be met."""
    require(1 <= a.jobs <= _MAX_JOBS, "--jobs must be between 1 and 100,000,000.")
    require(0 < a.hours <= 1_000, "--hours must be more than 0, and at most 1,000.")
    for name in ("spike", "service", "price"):
        fits = not _MAX_NUMBER < (getattr(a, name) or 0.0) < inf
        require(fits, f"--{name} must be at most {_MAX_NUMBER:,}.")
    require(a.deadline is None or a.within is None, "Give either --deadline or --within.")
    service, mix = service_times(a.service, a.run_file)
    phase = Phase(0.0 if a.profile == "at-once" else a.hours * HOUR, PROFILES[a.profile], a.jobs)
    demand = Demand(phase, service, mix).spiked(a.spike)
    require(demand.jobs <= _MAX_JOBS, f"--spike makes more than {_MAX_JOBS:,} documents of these.")
    deadline = (a.hours + 2 if a.deadline is None else a.deadline) * HOUR
    target = Objective(deadline=deadline) if a.within is None else Objective(latency=a.within)
    return Requirement(demand, target, a.price, start_up=a.start_up, crash_every=a.crash_every, seed=a.seed)


def _report(plan: CapacityPlan, source: str) -> Iterator[str]:
    requirement, fixed = plan.requirement, plan.fleets[0]
    yield f"A document takes {1000 * requirement.demand.mean:.3g} ms of work ({source}).\n"
    if shown := plan.shown:
        yield str(plan.table)
    proofs = sorted({(p.replications, p.at_least) for p in shown if p.is_sure}, reverse=True)
    if proofs:
        proven = ", ".join(f"{chance:.0%} by {times} of {times}" for times, chance in proofs)
        yield f"Chance of meeting the target, proven with a confidence of 95 %: at least {proven}."
    if any(isnan(p.latency) for p in shown):
        yield "-: shorter than the simulation of bundles of documents can resolve."
    yield from plan.notes
    yield plan.verdict
    if plan.job_by_job:
        jobs = f"all {requirement.demand.jobs:,} documents one by one"
        yield f"{fixed.policy}, on {jobs}: done after {format_seconds(fixed.finished)}"
    yield prediction_error.published()


def _twin(arguments: argparse.Namespace) -> int:
    """Measure how wrong the simulation is here, print it case by case, and save it."""
    found = prediction_error.hold_out_all(rounds=arguments.rounds)
    prediction_error.save_verdict(found)
    print_report(arguments, found.to_json(), [found.text])
    return 0
