"""`pdflab chaos`: inject faults into a private system, and then audit it.

Read next: pdflab/chaos/attack.py.
"""

import argparse
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from pdflab.chaos.attack import Attack, attack
from pdflab.cli.arguments import add_json, private_settings
from pdflab.cli.terminal import print_lines, progress_bars, rich_table
from pdflab.experiments.figure_table import FigureTable

_FAULTS = {
    "kills": "killed with SIGKILL",
    "freezes": "frozen for 2.5 leases or more, and woken",
    "cuts": "all connections to Redis cut",
    "restarts": "Redis killed and started again",
    "outages": "pdf_storage took no file for 1 s; no job fails of it",
}
_IMPACT = {
    "hits": "faults that hit a worker with a claimed job",
    "completed_meanwhile": "jobs completed during the attack",
    "returned": "jobs that came back from a lost worker",
    "fenced": "late finishers refused (stale token)",
}
_AUDIT = {
    "sent": "documents requested",
    "accepted": "accepted: the client got a 202",
    "unheard": "accepted, but the answer was lost",
    "completed": "completed",
    "failed": "failed, with a reason",
    "open": "open: may still end",
    "lost": "lost: will never end",
    "doubled": "ended twice",
    "invalid": "invalid: without a whole PDF or a reason",
    "holes": "gaps in jobs.log",
}
_APPENDFSYNC = (
    "Redis ran with appendfsync always: what it has answered is on the disk. With everysec, the default of "
    "`pdflab up`, a killed Redis forgets nothing either, unless a slow disk delayed a write: the kernel "
    "has each write before the answer goes out. When the machine itself dies (power, kernel), everysec loses "
    "up to a second, two at worst; PDFLAB_APPENDFSYNC=always prevents that too."
)
_NO_SERVER = (
    "Skipped: cutting connections and killing Redis. The embedded Redis has no connections to cut, and no "
    "file to start again from; install redis-server for that."
)
_NO_OUTAGE = "Skipped: the outage of the storage. A naive worker bypasses the folder that it blocks."
_NAIVE = (
    "The naive workers lost {lost:,} accepted documents, and {invalid:,} of their PDFs are not whole. "
    "That was to be expected, and is why the exit code is 1."
)
_LUCKY = "The naive workers were lucky this time; take another --seed, or more --seconds."
_KEPT = "The promise was kept: each accepted document has exactly one ending."
_INCONCLUSIVE = (
    "Nothing was broken, but the attack proves little: {reasons}. "
    "Take more --seconds, and two --workers or more."
)


def add_arguments(chaos: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `chaos`."""
    chaos.set_defaults(run=_chaos)
    chaos.add_argument("--seconds", type=float, default=30.0, help="how long the attack lasts (default 30)")
    chaos.add_argument("--seed", type=int, default=1, help="the same seed plans the same attack (default 1)")
    chaos.add_argument("--workers", type=int, help="how many workers (default 2)")
    chaos.add_argument("--naive", action="store_true", help="attack workers as tutorials write them")
    apart = Path("pdflab-chaos")  # not PDFLAB_FOLDER, which may hold a run of the user
    chaos.add_argument("--folder", type=Path, default=apart, help=f"folder of all files (default {apart})")
    add_json(chaos)


def _chaos(arguments: argparse.Namespace) -> int:
    """Attack, print the figures, and return 0 if the promise was kept."""
    a, settings, console = arguments, private_settings(arguments), Console(stderr=True)
    progress = progress_bars(console, counted=False)
    bar = progress.add_task("", total=a.seconds)

    def on_fault(at: float, what: str) -> None:
        console.print(f"{at:5.1f} s  {what}", highlight=False)

    def on_progress(at: float, sent: int, ended: int) -> None:
        progress.start()
        progress.update(bar, completed=at, description=f"{sent:,} sent, {ended:,} ended")

    with _no_warnings():
        try:
            found = attack(
                settings,
                a.seconds,
                a.seed,
                naive=a.naive,
                on_fault=on_fault,
                on_progress=on_progress,
            )
        finally:
            if progress.live.is_started:
                progress.stop()
    if a.json:
        print(json.dumps(found.to_json()))
    else:
        _print(found, Console())
    return 0 if found.audit.clean else 1


def _print(found: Attack, console: Console) -> None:
    figures = found.to_json()
    about = "{seconds:g} s of attack (seed {seed}) on {workers} {worker} workers; {redis}"
    print_lines(console, about.format(**figures))
    slowest = "slowest return, from its claim into the queue again"
    for title, names in (("fault", _FAULTS), ("impact", _IMPACT), ("what became of the documents", _AUDIT)):
        rows = [(name, f"{figures[key]:,}") for key, name in names.items()]
        if names is _IMPACT and figures["returned"]:
            rows.append((slowest, f"{figures['slowest_return_s']:.1f} s"))
        console.print(rich_table(FigureTable((f"{title:<{len(slowest)}}", "times"), rows)))
    naive = figures["worker"] == "naive"
    print_lines(console, _NO_SERVER if figures["skipped"] else _APPENDFSYNC, *[_NO_OUTAGE] * naive)
    print_lines(console, *_verdict(found, naive=naive))


def _verdict(found: Attack, *, naive: bool) -> list[str]:
    if naive:
        return [_LUCKY if found.audit.clean else _NAIVE.format(**found.counts)]
    if not found.audit.clean:
        return ["The promise was BROKEN:", *found.audit.findings[:10]]
    reasons = " and ".join(found.untested)
    return [_INCONCLUSIVE.format(reasons=reasons) if reasons else _KEPT]


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Silence the supervisor's warnings: each death is reported as an injected fault."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
