"""`pdflab chaos`: inject faults into a private system, and then audit it.

Read next: chaos/attack.py.
"""

import argparse
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pdflab.cli.arguments import Commands, add_command, add_json, private_settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from pdflab.chaos.attack import Attack
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
_NO_OUTAGE = "Skipped: the outage of the storage. A naive worker does not write where it strikes."
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


def add_chaos_command(commands: Commands) -> None:
    """Add `chaos`."""
    chaos = add_command(commands, "chaos", "attack a private system, and then audit it", _chaos)
    chaos.add_argument("--seconds", type=float, default=30.0, help="how long the attack lasts (default 30)")
    chaos.add_argument("--seed", type=int, default=1, help="the same seed plans the same attack (default 1)")
    chaos.add_argument("--workers", type=int, help="how many workers (default 2)")
    chaos.add_argument("--naive", action="store_true", help="attack workers as tutorials write them")
    apart = Path("pdflab-chaos")  # not PDFLAB_FOLDER, which may hold somebody's own run
    chaos.add_argument("--folder", type=Path, default=apart, help=f"folder of all files (default {apart})")
    add_json(chaos)


def _chaos(arguments: argparse.Namespace) -> int:
    """Attack, print the figures, and return 0 if the promise was kept."""
    from rich.console import Console

    from pdflab.chaos.attack import attack
    from pdflab.cli.terminal import progress_bars

    a = arguments
    with _no_warnings(), progress_bars(Console(stderr=True), counted=False) as progress:
        observer = _Observer(progress, a.seconds)
        found = attack(private_settings(a), seconds=a.seconds, seed=a.seed, naive=a.naive, observer=observer)
    if a.json:
        print(json.dumps(found.to_json()))
    else:
        _print(found, Console())
    return 0 if found.audit.clean else 1


class _Observer:
    """Prints each fault, above a progress bar."""

    def __init__(self, progress: "Progress", seconds: float) -> None:
        self._progress = progress
        self._bar = progress.add_task("", total=seconds)

    def on_fault(self, at: float, what: str) -> None:
        self._progress.console.print(f"{at:5.1f} s  {what}", highlight=False)

    def on_progress(self, at: float, sent: int, ended: int) -> None:
        self._progress.update(self._bar, completed=at, description=f"{sent:,} sent, {ended:,} ended")

    def on_over(self) -> None:
        self._progress.console.print("The attack is over; waiting for every job to end.")


def _print(found: "Attack", console: "Console") -> None:
    from pdflab.cli.terminal import print_lines, rich_table

    about = f"{found.seconds:g} s of attack (seed {found.seed}) on {found.workers} {found.worker} workers"
    print_lines(console, f"{about}; {found.redis}")
    for table in _tables(found):
        console.print(rich_table(table))
    print_lines(console, *_notes(found), *_verdict(found))


def _tables(found: "Attack") -> Iterator["FigureTable"]:
    from pdflab.experiments.figure_table import FigureTable

    figures = found.to_json()
    for title, unit, names in (
        ("fault injected", "times", _FAULTS),
        ("impact", "", _IMPACT),
        ("what became of the documents", "jobs", _AUDIT),
    ):
        rows = [(name, f"{figures[key]:,}") for key, name in names.items()]
        if names is _IMPACT and found.impact.slowest is not None:
            slowest = f"{found.impact.slowest:.1f} s, {found.slowest_return_leases:.1f} leases"
            rows.append(("slowest return, from its claim into the queue again", slowest))
        yield FigureTable((f"{title:<55}", unit), rows)


def _notes(found: "Attack") -> Iterator[str]:
    yield _NO_SERVER if found.skipped else _APPENDFSYNC
    if found.worker == "naive":
        yield _NO_OUTAGE


def _verdict(found: "Attack") -> list[str]:
    if found.worker == "naive":
        return [_LUCKY if found.audit.clean else _NAIVE.format(**found.counts)]
    if not found.audit.clean:
        return ["The promise was BROKEN:", *found.audit.findings[:10]]
    reasons = " and ".join(found.untested)
    return [_INCONCLUSIVE.format(reasons=reasons) if reasons else _KEPT]


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Silence the supervisor's warnings: each death is reported as a fault of ours."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
