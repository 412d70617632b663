"""`pdflab bench` and `pdflab soak`: measure this machine.

Read next: pdflab/benchmarks/render.py.
"""

import argparse
import json
import sys
from contextlib import closing
from importlib import import_module

from pdflab.benchmarks import soak
from pdflab.cli.arguments import add_json
from pdflab.errors import UsageError

BENCHMARKS = {name: f"pdflab.benchmarks.{name}" for name in ("render", "queue", "api", "chart", "simulation")}
_EPILOG = """on a shared machine with two cores, Python 3.11 and redis-server 7.0:

  bench render, ms per document    naive  platypus   ours
  invoice, 12 lines                33.18      8.63   2.50
  invoice, 300 lines              700.92         –  23.99
  Cyrillic invoice, 12 lines      116.51         –   3.54
  Cyrillic invoice, 300 lines     742.42         –  33.75
  report, two charts and a table       –         –   3.76
  text                             11.80         –   1.07

  bench queue, jobs per second  bare loop  one worker  one process  two processes
  invoice, 12 lines                   193         155          171            364
  empty job                             –       3,055        3,569          5,361
  beside rendering and storing, a job costs 2.3 pings (at most 2)
  an idle worker starts -0.37 ms after the 202 (at most 5; below 0: before it was read)
"""


def add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Add the arguments of `bench` or `soak`."""
    if name == "soak":
        command.set_defaults(run=_soak)
        command.add_argument("--jobs", type=int, default=200_000, help="how many (default 200000)")
    else:
        command.set_defaults(run=_bench)
        command.epilog = _EPILOG
        command.add_argument("what", choices=tuple(BENCHMARKS), help="which part of pdflab")
    add_json(command)


def _bench(arguments: argparse.Namespace) -> int:
    benchmark = import_module(BENCHMARKS[arguments.what])
    figures = benchmark.measure()
    if arguments.json:
        print(json.dumps(figures))
        return 0
    print(*benchmark.explain(figures), sep="\n")
    return 0


def _soak(arguments: argparse.Namespace) -> int:
    if arguments.jobs < soak.ROWS:
        raise UsageError(f"--jobs must be {soak.ROWS} or more.")
    rows, file = [], sys.stderr if arguments.json else sys.stdout
    print(soak.HEAD, file=file, flush=True)
    with closing(soak.soak(arguments.jobs)) as running:  # Ctrl-C ends it here, not at garbage collection
        for row in running:
            rows.append(row)
            print(row.text, file=file, flush=True)
    verdict = soak.SoakVerdict(rows)
    print(json.dumps(verdict.to_json()) if arguments.json else "\n".join(verdict.sentences()))
    return 0 if verdict.flat and verdict.stats_as_fast else 1
