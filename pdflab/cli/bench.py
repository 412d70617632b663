"""`pdflab bench` and `pdflab soak`: measure this machine.

Read next: benchmarks/render.py.
"""

import argparse
import json
import sys
from contextlib import closing
from importlib import import_module

from pdflab.cli.arguments import Commands, add_command, add_json
from pdflab.errors import UsageError

BENCHMARKS = {name: f"pdflab.benchmarks.{name}" for name in ("render", "queue", "api", "chart", "simulation")}


def add_bench_commands(commands: Commands) -> None:
    """Add `bench` and `soak`."""
    bench = add_command(commands, "bench", "measure this machine", _bench)
    bench.add_argument("what", choices=tuple(BENCHMARKS), help="which part of pdflab")
    add_json(bench)
    soak = add_command(commands, "soak", "run many small jobs, to see whether anything grows", _soak)
    soak.add_argument("--jobs", type=int, default=200_000, help="how many (default 200000)")
    add_json(soak)


def _bench(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from pdflab.cli.terminal import print_lines, rich_table

    benchmark = import_module(BENCHMARKS[arguments.what])
    figures = benchmark.measure()
    if arguments.json:
        print(json.dumps(figures))
        return 0
    console = Console()
    for part in benchmark.describe(figures):
        if isinstance(part, str):
            print_lines(console, part)
        else:
            console.print(rich_table(part))
    return 0


def _soak(arguments: argparse.Namespace) -> int:
    from pdflab.benchmarks import soak

    if arguments.jobs < soak.ROWS:
        raise UsageError(f"--jobs must be {soak.ROWS} or more.")
    rows, file = [], sys.stderr if arguments.json else sys.stdout
    print(soak.HEAD, file=file, flush=True)
    with closing(soak.soak(arguments.jobs)) as running:  # Ctrl-C ends it here, not when it is collected
        for row in running:
            rows.append(row)
            print(row.text, file=file, flush=True)
    verdict = soak.SoakVerdict(rows)
    print(json.dumps(verdict.to_json()) if arguments.json else "\n".join(verdict.sentences()))
    return 0 if verdict.flat and verdict.stats_as_fast else 1
