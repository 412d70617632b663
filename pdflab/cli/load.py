"""`pdflab load`: fire a plan at a running service, show how it goes, and tell what became of it.

Read next: generator.py.
"""

import argparse
import asyncio
import gc
import os
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pdflab.analysis.run import Send
from pdflab.analysis.validity import late_reason
from pdflab.child_process import stop_event
from pdflab.cli.terminal import figures_table
from pdflab.errors import LoadFailed, UsageError
from pdflab.load.generator import Target, send_plan
from pdflab.load.launcher import read_plan
from pdflab.load.plan import Plan
from pdflab.load.progress import Progress, ProgressCounter
from pdflab.load.scenarios import plan_for, scenarios
from pdflab.load.send_log import SendLog
from pdflab.settings import Settings

_FILES = 10_240  # open ones: an open loop may have thousands of requests under way
_INTERRUPTED = 130  # the exit code of what Ctrl-C has ended


def load(arguments: argparse.Namespace) -> int:
    """Send a scenario, or a written plan, to a running service; return 0 if any of it was accepted."""
    a = arguments
    target = Target(a.url, a.endpoint, timeout=a.timeout, clients=a.clients)
    plan = read_plan(a.plan) if a.plan else _plan(a)
    if not a.yes:
        make_sure(target.url, plan)
    settings = Settings.from_env(os.environ, folder=a.folder)
    settings.folder.mkdir(parents=True, exist_ok=True)
    stop, console = stop_event(guarded=a.guarded), Console()
    progress = _fire(plan, target, settings, stop=stop, console=None if a.guarded else console)
    if progress.outcomes.keys() == {"connection"}:
        raise LoadFailed(f"Nothing answers at {a.url}; start the service with `pdflab up`, or correct --url.")
    _tell(plan, progress, console, closed=bool(target.clients))
    if stop.is_set() and not a.guarded:
        return _INTERRUPTED
    return 0 if progress.outcomes.get("accepted") else 1


def make_sure(url: str, plan: Plan) -> None:
    """Ask before load is sent to another machine. Raises UsageError for a no, or where nobody can answer."""
    host = urlsplit(url).hostname or ""
    if is_this_machine(host):
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{host} is not this machine; add --yes if it may be put under load.")
    answer = input(f"{host} is not this machine. Send it {plan.count:,} requests ({plan.name})? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("Nothing was sent.")


def is_this_machine(host: str) -> bool:
    """Return whether every address of a host is one of ours: only to those can a socket be bound.

    Raises UsageError for a name without an address.
    """
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM)
    except OSError:
        raise UsageError(f"There is no machine called {host!r}; correct --url.") from None
    return all(_is_ours(family, address) for family, _, _, _, address in found)


def _is_ours(family: int, address: Any) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


def _plan(a: argparse.Namespace) -> Plan:
    scenario = scenarios().get(a.scenario)
    parameters = {name: getattr(a, name, None) for name in scenario.parameters} if scenario else {}
    return plan_for(a.scenario or "", seed=a.seed, **parameters)


def _fire(
    plan: Plan, target: Target, settings: Settings, *, stop: Event, console: Console | None
) -> Progress:
    """Send it all, writing down each send and showing how it goes where somebody looks on."""
    tally = ProgressCounter(plan)

    def note(send: Send) -> None:
        log(send)
        tally.end(send)

    _allow_many_files()
    gc.collect()
    gc.freeze()  # what is there by now is not looked at again: that took 13 to 26 ms, in which nothing left
    with closing(SendLog(settings.sends_file, settings.accepted_file)) as log, _shown(tally, console):
        firing = send_plan(plan, target, on_send=note, on_start=tally.start, stop=stop)
        asyncio.run(_until(stop, firing))
    return tally.progress()


async def _until(stop: Event, firing: Coroutine[Any, Any, None]) -> None:
    """Fire until all is answered, or we are told to stop: what is then open is written down as cancelled."""
    task = asyncio.create_task(firing)
    while not task.done():
        if stop.is_set():
            task.cancel()
        await asyncio.wait({task}, timeout=0.1)
    if not task.cancelled():
        task.result()


def _allow_many_files() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource  # which Windows lacks

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@contextmanager
def _shown(tally: ProgressCounter, console: Console | None) -> Iterator[None]:
    if console is None or not console.is_terminal:
        yield
        return
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.001)  # the thread that paints keeps the one that sends waiting no longer
    live = Live(get_renderable=lambda: _table(tally.progress()), console=console, refresh_per_second=2)
    try:
        with live:
            yield
    finally:
        sys.setswitchinterval(usual)


def _tell(plan: Plan, progress: Progress, console: Console, *, closed: bool) -> None:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in progress.outcomes.items())
    console.print(f"{plan.name}: {counts or 'nothing was sent'}", soft_wrap=True, highlight=False)
    if progress.acknowledgement.p99 is not None:
        console.print(_percentiles(progress))
    late = None if closed else late_reason(progress.send_lag.p99, progress.acknowledgement.p99)
    if late:
        console.print(late, soft_wrap=True, style="bold")


def _table(progress: Progress) -> Table:
    """What is shown while it goes on."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in progress.outcomes.items())
    whole = Table.grid()
    p = progress
    whole.add_row(f"{p.wanted} a second wanted, {p.achieved} sent, {p.in_flight} in flight; {counts}")
    whole.add_row(_percentiles(progress))
    return whole


def _percentiles(progress: Progress) -> Table:
    """The latencies until yes, from when a request was meant to go and from when it went; the send_lag."""
    table = figures_table("milliseconds", *asdict(progress.send_lag))
    table.columns[0].no_wrap = True
    rows = (
        ("until accepted", progress.acknowledgement),
        ("  naive: from when it was sent", progress.uncorrected),
        ("sent later than meant", progress.send_lag),
    )
    for name, figures in rows:
        values = asdict(figures).values()
        table.add_row(name, *("–" if value is None else f"{1000 * value:,.1f}" for value in values))
    return table
