"""What each command takes, and which function it runs.

Read next: cli/commands.py.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pdflab import __version__
from pdflab.cli import commands, course
from pdflab.settings import PRESETS, Settings

if TYPE_CHECKING:
    _SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]

_EPILOG = """examples:
  pdflab                                        open the lab in JupyterLab
  pdflab demo --scenario month-end              synchronous against queued: a table, a chart, a report
  pdflab up --workers 4                         API, dashboard, recorder and workers, until Ctrl-C
  pdflab load burst --n 200 --url http://127.0.0.1:8000
  pdflab audit pdflab-data                      was every accepted document kept?
  pdflab dead-letters --retry-all               ask again for all that failed
  pdflab chaos --seconds 30                     attack everything, then audit
  pdflab sample invoice --out invoice.pdf       a made-up document, rendered here and now
  pdflab bench render                           how long documents take on this machine
  pdflab plan --jobs 1000000 --deadline 12      how many workers, and what they cost

Settings can also come from PDFLAB_* variables, such as PDFLAB_REDIS_URL; an option wins.
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line; what it reads has a function `run`, which gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="pdflab",
        description="A teaching lab about asynchronous PDF generation.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pdflab {__version__}")
    parser.set_defaults(run=lambda _: course.open_lab())
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_services(subparsers)
    _add_experiments(subparsers)
    _add_load(subparsers)
    _add_measurements(subparsers)
    _add_plan(subparsers)
    _add_sample(subparsers)
    return parser


def _add_services(subparsers: "_SubParsers") -> None:
    up = _add(subparsers, "up", "run the whole system until Ctrl-C", lambda a: commands.up(_settings(a)))
    _add_system_options(up)
    for role, what in (
        ("api", "run the queued endpoint alone"),
        ("sync-api", "run the synchronous endpoint alone"),
        ("worker", "run one worker"),
        ("naive-worker", "run one worker as tutorials write it, to see what it loses"),
        ("recorder", "run the recorder alone"),
    ):
        parser = _add(
            subparsers,
            role,
            what,
            lambda a: commands.run_role(a.command, _settings(a), guarded=a.guarded, fd=a.fd),
        )
        parser.set_defaults(command=role)
        parser.add_argument("--guarded", action="store_true", help=argparse.SUPPRESS)
        parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
        _add_role_options(parser)
    embedded = _add(subparsers, "embedded-redis", None, lambda a: commands.embedded_redis(a.socket))
    embedded.add_argument("--socket", required=True)


def _add_experiments(subparsers: "_SubParsers") -> None:
    comparison = _add(subparsers, "demo", "compare the synchronous and the queued service", commands.demo)
    comparison.add_argument(
        "--scenario",
        choices=("burst", "month-end", "freeze"),
        default="burst",
        help="what is sent, or an endpoint that stands still (default burst)",
    )
    comparison.add_argument(
        "--seconds", type=float, default=20.0, help="how long each endpoint is under load (default 20)"
    )
    comparison.add_argument(
        "--timeout", type=float, default=30.0, help="how long a client waits for its answer (default 30)"
    )
    comparison.add_argument("--workers", type=int, help="workers, and rendering servers (default 2)")
    comparison.add_argument("--folder", type=Path, help="where everything is left (default pdflab-data)")
    _add_json(comparison)

    audit = _add(subparsers, "audit", "check that every accepted document was kept", commands.audit)
    audit.add_argument("folder", type=Path, nargs="?", help="what was left behind (default pdflab-data)")
    _add_json(audit)

    dead = _add(
        subparsers, "dead-letters", "list jobs that failed, and try them again", commands.dead_letters
    )
    which = dead.add_mutually_exclusive_group()
    which.add_argument("--retry", nargs="+", metavar="JOB_ID", help="ask for these again, each as a new job")
    which.add_argument("--retry-all", action="store_true", help="ask for all of them again")
    _add_url(dead)
    _add_json(dead)

    attack = _add(subparsers, "chaos", "attack a private system, and then audit it", commands.chaos)
    attack.add_argument("--seconds", type=float, default=30.0, help="how long the attack lasts (default 30)")
    attack.add_argument("--seed", type=int, default=1, help="the same seed plans the same attack (default 1)")
    attack.add_argument("--workers", type=int, help="how many workers (default 2)")
    attack.add_argument("--naive", action="store_true", help="attack workers as tutorials write them")
    apart = Path("pdflab-chaos")  # not PDFLAB_FOLDER either: what lies there is somebody's own run
    attack.add_argument(
        "--folder", type=Path, default=apart, help=f"where everything is left (default {apart})"
    )
    _add_json(attack)


def _add_measurements(subparsers: "_SubParsers") -> None:
    bench = _add(subparsers, "bench", "measure this machine", commands.bench)
    bench.add_argument("what", choices=tuple(commands.BENCHMARKS), help="which part of pdflab")
    _add_json(bench)

    soak = _add(subparsers, "soak", "run many small jobs, to see whether anything grows", commands.soak)
    soak.add_argument("--jobs", type=int, default=200_000, help="how many (default 200000)")
    _add_json(soak)


def _add_load(subparsers: "_SubParsers") -> None:
    load = _add(subparsers, "load", "send an operation to a running pdflab", commands.load)
    load.add_argument(
        "scenario", nargs="?", help="custom, invoice, report, batch, burst, month-end, steady or ramp"
    )
    load.add_argument("--plan", type=Path, help=argparse.SUPPRESS)
    load.add_argument("--n", type=int, default=50, help="documents, for batch and burst (default 50)")
    load.add_argument("--seconds", type=float, default=30.0, help="of a month, steady, ramp (default 30)")
    load.add_argument(
        "--rate",
        type=float,
        default=5.0,
        help="a second: steady, a month's mean, a ramp's last (default 5)",
    )
    load.add_argument("--seed", type=int, default=0, help="the same seed sends the same documents")
    _add_url(load)
    load.add_argument("--endpoint", choices=("queued", "synchronous"), default="queued")
    load.add_argument("--timeout", type=float, default=30.0, help="how long a client waits (default 30)")
    load.add_argument(
        "--clients", type=int, help="a closed loop of so many, as most tools have it: to see what it hides"
    )
    load.add_argument("--folder", type=Path, help="where sends are written down (default pdflab-data)")
    load.add_argument("--yes", action="store_true", help="do not ask before load goes to another machine")
    load.add_argument("--guarded", action="store_true", help=argparse.SUPPRESS)


def _add_plan(subparsers: "_SubParsers") -> None:
    plan = _add(subparsers, "plan", "size a fleet: how many workers, at what cost, how surely", commands.plan)
    plan.add_argument("--jobs", type=int, default=10_000_000, help="documents (default 10000000)")
    plan.add_argument("--profile", choices=("day", "flat", "at-once"), default="day", help="when they come")
    plan.add_argument("--hours", type=float, default=10.0, help="for how long they come (default 10)")
    plan.add_argument("--deadline", type=float, help="hours until all are done (default 2 after the last)")
    plan.add_argument("--within", type=float, help="instead: seconds within which 95 of 100 are done")
    plan.add_argument("--service", type=float, help="seconds of work a document (default: measured here)")
    plan.add_argument("--run", dest="run_file", type=Path, help="instead: a saved run to learn them from")
    plan.add_argument("--price", type=float, default=0.05, help="of a core for an hour (default 0.05)")
    plan.add_argument("--start-up", type=float, default=60.0, help="seconds of a new worker (default 60)")
    plan.add_argument("--spike", type=float, default=1.0, help="times as many in the densest hour")
    plan.add_argument("--crash-every", type=float, default=float("inf"), help="seconds between two crashes")
    plan.add_argument("--seed", type=int, default=0, help="the same seed makes the same plan")
    plan.add_argument("--chart", type=Path, default=Path("pdflab-data/plan.png"), help="where it is drawn")
    _add_json(plan)

    twin = _add(subparsers, "twin", "measure how wrong the simulation is here, by real runs", commands.twin)
    twin.add_argument("--rounds", type=int, default=3, help="the middle one counts (default 3)")
    _add_json(twin)


def _add_sample(subparsers: "_SubParsers") -> None:
    sample = _add(subparsers, "sample", "render a made-up document", commands.sample)
    sample.add_argument("kind", choices=("custom", "invoice", "report"))
    sample.add_argument("--seed", type=int, default=0, help="the same seed makes the same document")
    sample.add_argument("--lines", type=int, help="of the invoice, or rows of the report's table")
    sample.add_argument("--out", default="-", metavar="FILE", help="the PDF (default -, for a pipe)")


def _add(
    subparsers: "_SubParsers",
    name: str,
    what: str | None,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    if what is None:
        parser = subparsers.add_parser(name)  # not for people: it is left out of the help
    else:
        parser = subparsers.add_parser(name, help=what, description=f"{what.capitalize()}.")
    parser.set_defaults(run=run)
    return parser


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _add_url(parser: argparse.ArgumentParser) -> None:
    where = "http://127.0.0.1:8000"
    parser.add_argument("--url", default=where, help=f"the service (default {where})")


def _add_system_options(parser: argparse.ArgumentParser) -> None:
    _add_role_options(parser)
    parser.add_argument("--preset", choices=tuple(PRESETS), help="settings that belong together, by name")
    parser.add_argument("--workers", type=int, help="workers, and rendering servers (default 2)")
    parser.add_argument("--sync-port", type=int, help="the synchronous endpoint (default 8001; 0 is any)")


def _add_role_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--redis-url", help="redis://, rediss:// or unix:// (default: a private Redis)")
    parser.add_argument("--folder", type=Path, help="where everything is left (default pdflab-data)")
    parser.add_argument("--host", help="the address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="the queued endpoint (default 8000; 0 is any)")


def _settings(arguments: argparse.Namespace) -> Settings:
    names = ("redis_url", "folder", "host", "port", "sync_port", "workers")
    chosen = {name: getattr(arguments, name, None) for name in names}
    preset = PRESETS[getattr(arguments, "preset", None) or "standard"]
    return Settings.from_env(os.environ, **preset, **chosen)
