"""What each command does, once its arguments are read.

Read next: lab/system.py for `up`, audit.py for `audit`; cli/course.py, cli/chaos.py and cli/plan.py have
files of their own.
"""

import argparse
import importlib
import json
import os
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from pdflab.errors import UsageError
from pdflab.settings import Settings

BENCHMARKS = {name: f"pdflab.benchmarks.{name}" for name in ("render", "queue", "api", "chart", "simulation")}
_SAMPLE_DATE = 1_767_225_600  # 2026-01-01: the same seed makes the same bytes, today and tomorrow


def run_role(role: str, settings: Settings, *, guarded: bool, fd: int | None) -> int:
    """Run one role as this process, until told to stop."""
    from pdflab.child_process import stop_event
    from pdflab.service import entrypoints as roles
    from pdflab.service.http.server import listen, listener
    from pdflab.service.jobqueue.redis_server import Broker, broker_at

    if role == "sync-api":
        sock = (
            listener(fd)
            if fd is not None
            else listen(settings.host, settings.sync_port, setting="--sync-port")
        )
        roles.run_sync_api(settings, stop_event(guarded=guarded), sock)
        return 0
    if settings.redis_url is None:
        raise UsageError(
            f"A {role} alone needs a Redis that the others share: set PDFLAB_REDIS_URL or --redis-url."
        )
    # A guarded role was started by one who has seen Redis answer; it may be away just now, and we wait.
    broker = Broker("", settings.redis_url) if guarded else broker_at(settings.redis_url)
    stop = stop_event(guarded=guarded)
    match role:
        case "api":
            sock = listener(fd) if fd is not None else listen(settings.host, settings.port, setting="--port")
            roles.run_api(broker, settings, stop, sock)
        case "recorder":
            roles.run_recorder(broker, settings, stop)
        case "naive-worker":
            roles.run_naive_worker(broker, settings, stop)
        case _:
            roles.run_worker(broker, settings, stop)
    return 0


def embedded_redis(path: str) -> int:
    """Serve the embedded Redis to the processes of one lab."""
    from pdflab.service.jobqueue.embedded_redis import serve_embedded

    serve_embedded(path)
    return 0


def up(settings: Settings) -> int:
    """Run the whole system until Ctrl-C."""
    from pdflab.child_process import stop_event
    from pdflab.lab.system import System

    stop = stop_event(guarded=False)
    system = System(settings)
    try:
        print(f"pdflab is up: {system.url}  (synchronous: {system.sync_url})")
        print(f"  {settings.workers} workers, {system.broker.name}, everything in {settings.folder}/")
        print(
            "  Ctrl-C stops it; then check the promise with: pdflab audit " + str(settings.folder), flush=True
        )
        while not stop.wait(0.2):
            system.check()
    finally:
        system.stop()
    return 0


def load(arguments: argparse.Namespace) -> int:
    """Send an operation, or a written plan, to a running service, and tell what became of it."""
    from pdflab.cli.load import load as fire_at

    return fire_at(arguments)


def demo(arguments: argparse.Namespace) -> int:
    """Compare both endpoints under the same load, or both ways to count when one of them stands still."""
    from pdflab.experiments.comparison import (
        demo as compare,  # matplotlib, which the workers and the API need not load
    )
    from pdflab.experiments.coordinated_omission import show_omission

    a = arguments
    if not a.timeout > 0:
        raise UsageError("--timeout must be more than 0 seconds.")
    chosen = _private(a)
    if a.scenario == "freeze":
        return show_omission(chosen, seconds=a.seconds, timeout=a.timeout, as_json=a.json)
    return compare(chosen, scenario=a.scenario, seconds=a.seconds, timeout=a.timeout, as_json=a.json)


def audit(arguments: argparse.Namespace) -> int:
    """Hold what clients were told against what there is."""
    from pdflab.audit import audit as check

    verdict = check(Settings.from_env(os.environ, folder=arguments.folder))
    print(json.dumps(asdict(verdict.counts)) if arguments.json else verdict.text)
    return 0 if verdict.clean else 1


def dead_letters(arguments: argparse.Namespace) -> int:
    """List what failed at a running service, or try it again."""
    from pdflab.cli.dead_letters import list_dead_letters, retry, retry_all

    a = arguments
    if a.retry:
        print(retry(a.url, a.retry, as_json=a.json))
    else:
        print((retry_all if a.retry_all else list_dead_letters)(a.url, as_json=a.json))
    return 0


def chaos(arguments: argparse.Namespace) -> int:
    """Attack a private system, and audit it."""
    from pdflab.cli.chaos import chaos as attack

    a = arguments
    return attack(_private(a), seconds=a.seconds, seed=a.seed, naive=a.naive, as_json=a.json)


def plan(arguments: argparse.Namespace) -> int:
    """Size a fleet."""
    from pdflab.cli.plan import plan as size  # the simulation, which nobody else needs

    return size(arguments)


def twin(arguments: argparse.Namespace) -> int:
    """Measure how wrong the simulation is here, print it case by case, and keep it."""
    from pdflab.experiments.prediction_error import figures, hold_out_all, keep, table

    verdict = hold_out_all(rounds=arguments.rounds)
    keep(verdict)
    print(json.dumps(figures(verdict)) if arguments.json else table(verdict))
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """Measure this machine, and print a table or one JSON object."""
    from rich.console import Console

    benchmark = importlib.import_module(BENCHMARKS[arguments.what])
    figures = benchmark.measure()
    if arguments.json:
        print(json.dumps(figures))
    else:
        benchmark.show(figures, Console())
    return 0


def soak(arguments: argparse.Namespace) -> int:
    """Run many small jobs, and tell whether anything has grown or slowed down."""
    from pdflab.benchmarks import soak

    if arguments.jobs < soak.ROWS:
        raise UsageError(f"--jobs must be {soak.ROWS} or more.")
    rows, file = [], sys.stderr if arguments.json else sys.stdout
    print(soak.HEAD, file=file, flush=True)
    with closing(soak.soak(arguments.jobs)) as running:  # Ctrl-C ends it here, not when it is forgotten
        for row in running:
            rows.append(row)
            print(row.text, file=file, flush=True)
    verdict = soak.verdict(rows)
    print(json.dumps(verdict) if arguments.json else "\n".join(soak.sentences(verdict)))
    return 0 if verdict["flat"] and verdict["stats_as_fast"] else 1


def sample(arguments: argparse.Namespace) -> int:
    """Render a made-up document into a file, or for a pipe."""
    from pdflab.documents.kinds import parse_request, sample_request
    from pdflab.documents.render import render
    from pdflab.service.worker.font_files import find_fonts

    a = arguments
    if a.out == "-" and sys.stdout.isatty():
        raise UsageError(
            f"A PDF is not for a terminal; name a file: pdflab sample {a.kind} --out {a.kind}.pdf"
        )
    if a.lines is not None and not 1 <= a.lines <= 1_000:
        raise UsageError("--lines must be between 1 and 1000.")
    request = parse_request(sample_request(a.kind, a.seed, lines=a.lines))
    fonts = find_fonts(Settings.from_env(os.environ).fonts)
    pdf = render(request, created_at=_SAMPLE_DATE, fonts=fonts).pdf
    if a.out == "-":
        sys.stdout.buffer.write(pdf)
        return 0
    try:
        Path(a.out).write_bytes(pdf)
    except OSError as error:
        raise UsageError(
            f"{a.out} cannot be written ({error.strerror}); name another file with --out."
        ) from None
    return 0


def _private(arguments: argparse.Namespace) -> Settings:
    """Return the settings of a system of its own, at ports that are free."""
    a = arguments
    return Settings.from_env(os.environ, folder=a.folder, port=0, sync_port=0, workers=a.workers)
