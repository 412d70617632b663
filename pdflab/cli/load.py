"""`pdflab load`: send a plan to a running service, show its progress, and report its outcomes.

Read next: pdflab/load/generator.py.
"""

import argparse
import asyncio
import gc
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import asdict
from functools import partial
from math import inf
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from rich.live import Live

from pdflab.analysis.metrics import Percentiles
from pdflab.analysis.run import Send
from pdflab.analysis.validity import late_reason
from pdflab.child_process import stop_event
from pdflab.cli.arguments import add_folder, add_url
from pdflab.errors import LoadFailed, UsageError, require
from pdflab.experiments.figure_table import FigureTable
from pdflab.load.generator import Target, send_plan
from pdflab.load.launcher import read_plan, send_until
from pdflab.load.plan import Plan
from pdflab.load.progress import ProgressCounter
from pdflab.load.retries import Retries
from pdflab.load.scenarios import plan_for, scenarios
from pdflab.load.send_log import SendLog
from pdflab.service.http.connections import raise_file_limit
from pdflab.service.token_file import token_for
from pdflab.settings import Settings

_OPEN_FILES = 10_240  # an open loop may have thousands of requests in flight
_INTERRUPTED = 130  # the exit code after Ctrl-C
_LATENCIES = {
    "acknowledgement": "acknowledgement",
    "uncorrected": "  uncorrected: from when it was sent",
    "send_lag": "send lag",
}


def add_arguments(load: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `load`."""
    load.set_defaults(run=_load)
    load.add_argument("scenario", nargs="?", help=f"one of {', '.join(scenarios())}")
    load.add_argument("--plan", type=Path, help=argparse.SUPPRESS)
    load.add_argument("--n", type=int, default=50, help="documents, for batch and burst (default 50)")
    load.add_argument("--seconds", type=float, default=30.0, help="of a month, or steady (default 30)")
    load.add_argument("--rate", type=float, default=5.0, help="per second; a month's mean (default 5)")
    load.add_argument("--seed", type=int, default=0, help="the same seed sends the same documents")
    add_url(load)
    load.add_argument("--endpoint", choices=("queued", "synchronous"), default="queued")
    load.add_argument("--timeout", type=float, default=30.0, help="how long a client waits (default 30)")
    load.add_argument("--clients", type=int, help="number of closed-loop clients (default: open loop)")
    load.add_argument("--tries", type=int, default=1, help="requests of a client that is refused (default 1)")
    load.add_argument("--backoff", type=float, default=1.0, help="seconds before the second try; it doubles")
    load.add_argument("--jitter", type=float, default=0.5, help="random share of a backoff (default 0.5)")
    load.add_argument("--budget", type=float, default=inf, help="retries, as a share of all first requests")
    add_folder(load, "folder of the log of sends, and of the token")
    load.add_argument("--yes", action="store_true", help="do not ask before load goes to another machine")
    load.add_argument("--guarded", action="store_true", help=argparse.SUPPRESS)


def _load(a: argparse.Namespace) -> int:
    """Send a scenario, or a written plan; return 0 if any request was accepted."""
    settings, plan = Settings.from_env(os.environ, folder=a.folder), _plan(a)
    retries = Retries(a.tries, a.backoff, a.jitter, a.budget)
    target = Target(a.url, a.endpoint, a.timeout, a.clients, token_for(a.url, settings), retries)
    if not a.yes:
        make_sure(target.url, plan)
    settings.folder.mkdir(parents=True, exist_ok=True)
    stop, counter = stop_event(guarded=a.guarded), ProgressCounter()
    with _live(counter) if sys.stdout.isatty() and not a.guarded else nullcontext():
        _send(plan, target, SendLog(settings, a.plan.stem if a.plan else None), counter, stop)
    if counter.outcomes.keys() == {"connection"}:
        raise LoadFailed(f"Nothing answers at {a.url}; start the service with `pdflab up`, or correct --url.")
    if counter.outcomes.keys() == {"HTTP 401"}:
        raise LoadFailed(f"{a.url} needs its token: set PDFLAB_TOKEN, or --folder to the system's folder.")
    if counter.outcomes.keys() == {"HTTP 404"}:
        raise LoadFailed(f"{a.url} is not the {a.endpoint} endpoint: correct --url or --endpoint.")
    _report(plan, counter, closed=bool(target.clients))
    if stop.is_set() and not a.guarded:
        return _INTERRUPTED
    return 0 if counter.outcomes.get("accepted") else 1


def _plan(a: argparse.Namespace) -> Plan:
    if a.plan:
        return read_plan(a.plan)
    scenario = scenarios().get(a.scenario)
    names = [name for name in scenario.parameters if hasattr(a, name)] if scenario else []
    return plan_for(a.scenario or "", seed=a.seed, **{name: getattr(a, name) for name in names})


def make_sure(url: str, plan: Plan) -> None:
    """Ask before sending load to another machine. Raises UsageError for a no, or without a terminal."""
    host = urlsplit(url).hostname or ""
    if is_this_machine(host):
        return
    require(sys.stdin.isatty(), f"{host} is not this machine; add --yes if it may be put under load.")
    answer = input(f"{host} is not this machine. Send it {plan.count:,} requests ({plan.name})? [y/N] ")
    require(answer.strip().lower() in ("y", "yes"), "Nothing was sent.")


def is_this_machine(host: str) -> bool:
    """Return whether every address of a host is ours: a socket can be bound only to those.

    Raises UsageError for a name without an address.
    """
    try:
        for family, kind, _, _, address in socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM):
            with socket.socket(family, kind) as probe:
                probe.bind(address)
    except socket.gaierror:
        raise UsageError(f"There is no machine called {host!r}; correct --url.") from None
    except OSError:
        return False
    return True


def _send(plan: Plan, target: Target, log: SendLog, counter: ProgressCounter, stop: Event) -> None:
    """Send everything, and log each send."""
    raise_file_limit(_OPEN_FILES)
    gc.collect()
    gc.freeze()  # a later collection would scan all of this again, and block sending for 13 to 26 ms
    with closing(log):

        def on_send(send: Send) -> None:
            log(send)
            counter.end(send)

        begin = partial(log.begin, plan, target)
        sending = send_plan(plan, target, on_send=on_send, on_start=counter.start, on_begin=begin)
        asyncio.run(send_until(stop, sending))


def _live(counter: ProgressCounter) -> Live:
    sys.setswitchinterval(0.001)  # so that drawing delays sending less
    return Live(get_renderable=lambda: live_view(counter), refresh_per_second=2, transient=True)


def live_view(counter: ProgressCounter) -> str:
    """Return the live view of a load that is being sent."""
    head = f"{counter.sent} sent, {counter.in_flight} in flight; {_counts(counter)}"
    return f"{head}\n{_percentiles(counter.latencies())}"


def _report(plan: Plan, counter: ProgressCounter, *, closed: bool) -> None:
    print(f"{plan.name}: {_counts(counter) or 'nothing was sent'}")
    found = counter.latencies()
    if found["acknowledgement"].p99 is not None:
        print(_percentiles(found))
    late = None if closed else late_reason(found["send_lag"].p99, found["acknowledgement"].p99)
    if late:
        print(late)


def _counts(counter: ProgressCounter) -> str:
    return ", ".join(f"{count} {outcome}" for outcome, count in counter.outcomes.items())


def _percentiles(latencies: Mapping[str, Percentiles]) -> FigureTable:
    """Return the acknowledgement latency from the intended and from the real send time, and the send lag."""
    rows = []
    for name, found in latencies.items():
        figures = ("–" if value is None else f"{1000 * value:,.1f}" for value in asdict(found).values())
        rows.append((_LATENCIES[name], *figures))
    return FigureTable(("milliseconds", *asdict(Percentiles())), rows)
