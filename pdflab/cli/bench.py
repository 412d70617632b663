"""`pdflab bench` and `pdflab soak`: measure this machine.

Read next: pdflab/benchmarks/render.py.
"""

import argparse
import sys
from contextlib import closing
from dataclasses import asdict
from importlib import import_module

from pdflab.benchmarks import soak
from pdflab.cli.arguments import print_report
from pdflab.errors import require

_NAMES = ("render", "queue", "api", "chart", "simulation", "classroom")
BENCHMARKS = {name: f"pdflab.benchmarks.{name}" for name in _NAMES}


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of `bench` or `soak`."""
    if name == "soak":
        command.set_defaults(run=_soak)
        command.add_argument("--jobs", type=int, default=200_000, help="how many (default 200000)")
    else:
        command.set_defaults(run=_bench)
        command.add_argument("what", choices=tuple(BENCHMARKS), help="which part of pdflab")


def _bench(arguments: argparse.Namespace) -> int:
    benchmark = import_module(BENCHMARKS[arguments.what])
    figures = benchmark.measure()
    print_report(arguments, figures, benchmark.explain(figures))
    return 0


def _soak(arguments: argparse.Namespace) -> int:
    require(arguments.jobs >= soak.ROWS, f"--jobs must be {soak.ROWS} or more.")
    rows, file = [], sys.stderr if arguments.json else sys.stdout
    print(soak.HEAD, file=file, flush=True)
    with closing(soak.soak(arguments.jobs)) as running:  # Ctrl-C ends it here, not at garbage collection
        for row in running:
            rows.append(row)
            print(row.text, file=file, flush=True)
    verdict = soak.verdict_of(rows)
    print_report(arguments, asdict(verdict), verdict.sentences())
    return 0 if verdict.flat and verdict.stats_as_fast else 1
