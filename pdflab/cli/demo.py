"""`pdflab demo`: both endpoints under the same plan, or coordinated omission at a frozen endpoint.

Read next: pdflab/experiments/comparison.py, pdflab/experiments/coordinated_omission.py.
"""

import argparse
import json

from rich.console import Console

from pdflab.audit import audit
from pdflab.cli.arguments import add_folder, add_json, private_settings
from pdflab.cli.terminal import print_files, print_lines, progress_bars, rich_table
from pdflab.errors import UsageError
from pdflab.experiments.comparison import Comparison
from pdflab.experiments.coordinated_omission import (
    EXPLANATION,
    describe_omission,
    measure_omission,
    save_omission,
)
from pdflab.experiments.report import save_comparison
from pdflab.experiments.runner import compare, measure_capacity, scenario
from pdflab.load.scenarios import OPERATIONS


def add_arguments(demo: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `demo`."""
    demo.set_defaults(run=_demo)
    demo.add_argument(
        "--scenario",
        choices=(*OPERATIONS, "freeze"),
        default="burst",
        help="what is sent, or an endpoint that stands still (default burst)",
    )
    demo.add_argument(
        "--seconds", type=float, default=20.0, help="how long each endpoint is under load (default 20)"
    )
    demo.add_argument(
        "--timeout", type=float, default=30.0, help="how long a client waits for its answer (default 30)"
    )
    demo.add_argument("--workers", type=int, help="workers, and rendering servers (default 2)")
    add_folder(demo)
    add_json(demo)


def _demo(arguments: argparse.Namespace) -> int:
    if not arguments.timeout > 0:
        raise UsageError("--timeout must be more than 0 seconds.")
    return _show_omission(arguments) if arguments.scenario == "freeze" else _compare(arguments)


def _compare(arguments: argparse.Namespace) -> int:

    a, settings = arguments, private_settings(arguments)
    if not 1 <= a.seconds <= 600:
        raise UsageError("--seconds must be between 1 and 600.")
    console = Console(stderr=a.json)
    capacity = measure_capacity(settings)
    plan = scenario(a.scenario, capacity, seconds=a.seconds)
    print_lines(console, f"{capacity};", f"{plan.count:,} documents to each endpoint: {plan.name}")
    with progress_bars(console, counted=True) as progress:
        bars = {}

        def watch(endpoint: str, answered: int, total: int) -> None:
            if endpoint not in bars:
                bars[endpoint] = progress.add_task(endpoint, total=total)
            progress.update(bars[endpoint], completed=answered)

        runs = compare(plan, settings=settings, timeout=a.timeout, watch=watch)
    comparison, verdict = Comparison(capacity, runs), audit(settings)
    files = save_comparison(comparison, settings.folder)
    if a.json:
        print(json.dumps(comparison.to_json() | {"audit": verdict.summary, "plan": plan.name} | files))
    else:
        _print_comparison(comparison, console)
        print_lines(console, f"audit: {verdict.summary}")
        print_files(console, files)
    return 0 if verdict.clean else 1


def _print_comparison(comparison: Comparison, console: Console) -> None:

    console.print(rich_table(comparison.table))
    print_lines(console, *comparison.not_accepted)
    print_lines(console, *comparison.warnings, style="bold")
    print_lines(console, comparison.conclusion)


def _show_omission(arguments: argparse.Namespace) -> int:

    a, settings = arguments, private_settings(arguments)
    console = Console(stderr=a.json)
    print_lines(console, describe_omission(a.seconds))
    found = measure_omission(settings, seconds=a.seconds, timeout=a.timeout)
    files = save_omission(found, settings.folder)
    if a.json:
        print(json.dumps(found.to_json() | files))
        return 0
    console.print(rich_table(found.table))
    print_lines(
        console, *(f"{number:,} {kind}: in neither row" for kind, number in found.not_accepted.items())
    )
    print_lines(console, EXPLANATION)
    print_files(console, files)
    return 0
