"""`pdflab demo`: both endpoints under the same plan, or coordinated omission at a frozen endpoint.

Read next: pdflab/experiments/comparison.py, pdflab/experiments/coordinated_omission.py.
"""

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress, TaskID

from pdflab.analysis.run import Send
from pdflab.audit import audit
from pdflab.cli.arguments import add_folder, print_report, private_settings
from pdflab.errors import require
from pdflab.experiments.comparison import Comparison
from pdflab.experiments.coordinated_omission import (
    describe_omission,
    measure_omission,
    omission_figures,
    omission_text,
)
from pdflab.experiments.report import save_animation, save_comparison, save_omission
from pdflab.experiments.runner import measure_capacity, run_alone, scenario
from pdflab.jobs import Endpoint
from pdflab.load.scenarios import OPERATIONS


def add_arguments(demo: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `demo`."""
    demo.set_defaults(run=_demo)
    add, what = demo.add_argument, "what is sent, or an endpoint that stands still (default burst)"
    add("--scenario", choices=(*OPERATIONS, "freeze"), default="burst", help=what)
    add("--seconds", type=float, default=20.0, help="how long each endpoint is under load (default 20)")
    add("--timeout", type=float, default=30.0, help="how long a client waits for its answer (default 30)")
    add("--workers", type=int, help="workers, and rendering servers (default 2)")
    add("--gif", action="store_true", help="save an animation of both endpoints, too")
    add_folder(demo)


def _demo(arguments: argparse.Namespace) -> int:
    require(arguments.timeout > 0, "--timeout must be more than 0 seconds.")
    return _show_omission(arguments) if arguments.scenario == "freeze" else _compare(arguments)


def _compare(a: argparse.Namespace) -> int:
    require(1 <= a.seconds <= 600, "--seconds must be between 1 and 600.")
    settings, out, runs = private_settings(a), sys.stderr if a.json else sys.stdout, {}
    capacity = measure_capacity(settings)
    plan = scenario(a.scenario, capacity, seconds=a.seconds)
    print(f"{capacity};\n{plan.count:,} documents to each endpoint: {plan.name}", file=out, flush=True)
    with Progress(console=Console(file=out), transient=True) as progress:
        for endpoint in (Endpoint.SYNCHRONOUS, Endpoint.QUEUED):
            bar = progress.add_task(endpoint, total=plan.count)

            def during(sends: Sequence[Send], bar: TaskID = bar) -> None:
                progress.update(bar, completed=len(sends))

            runs[endpoint] = run_alone(plan, endpoint, settings=settings, timeout=a.timeout, during=during)
    comparison, verdict = Comparison(capacity, runs), audit(settings)
    files = save_comparison(comparison, settings.folder)
    files |= save_animation(comparison, settings.folder) if a.gif else {}
    figures = comparison.to_json() | {"audit": verdict.summary, "plan": plan.name} | files
    print_report(a, figures, [comparison.text, f"audit: {verdict.summary}", *_listing(files)])
    return 0 if verdict.clean else 1


def _show_omission(a: argparse.Namespace) -> int:
    settings = private_settings(a)
    print(describe_omission(a.seconds), file=sys.stderr if a.json else sys.stdout, flush=True)
    run = measure_omission(settings, seconds=a.seconds, timeout=a.timeout)
    files = save_omission(run, settings.folder)
    print_report(a, omission_figures(run) | files, [omission_text(run), *_listing(files)])
    return 0


def _listing(files: dict[str, str]) -> list[str]:
    return [f"{name}: {path}" for name, path in files.items()]
