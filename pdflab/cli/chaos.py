"""`pdflab chaos`: inject faults into a private system, and then audit it.

Read next: pdflab/chaos/attack.py.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pdflab.audit import Audit
from pdflab.chaos.attack import attack
from pdflab.cli.arguments import print_report, private_settings
from pdflab.experiments.figure_table import FigureTable

_ROWS = {
    "kills": "killed with SIGKILL",
    "freezes": "frozen for 2.5 leases or more, and woken",
    "cuts": "all connections to Redis cut",
    "restarts": "Redis killed and started again",
    "outages": "pdf_storage took no file for 1 s; no job fails of it",
    "jumps": "the clock of Redis set forth or back, for 3 s",
    "fills": "the disk full for 3 s",
    "evictions": "keys evicted from Redis",
    "hits": "faults that hit a worker with a claimed job",
    "completed_meanwhile": "jobs completed during the attack",
    "returned": "jobs that came back from a lost worker",
    "fenced": "late finishers refused (stale token)",
    "sent": "documents requested",
    "accepted": "accepted: the client got a 202",
    "unheard": "accepted, but the answer was lost",
    "completed": "completed",
    "failed": "failed, with a reason",
    "evicted": "ended because their records were evicted",
    "lost": "lost: will never end",
    "doubled": "ended twice",
    "invalid": "invalid: without a whole PDF or a reason",
    "holes": "gaps in jobs.log",
}
_SLOWEST = "The slowest return to the queue, from the kill of the worker, took {slowest_return:.1f} leases."
_APPENDFSYNC = (
    "Redis ran with appendfsync always: what it has answered is on the disk. What everysec, the default of "
    "`pdflab up`, may lose, and when, is said in README; PDFLAB_APPENDFSYNC=always prevents it."
)
_SKIPPED = {
    "cut": "Skipped: cutting connections and killing Redis, as it is embedded; install redis-server for it.",
    "jump": "Skipped: setting the clock of Redis; install redis-server and libfaketime for it.",
    "fill": "Skipped: a full disk; give a --folder on a file system of its own, below 1 GB, such as a tmpfs.",
    "outage": "Skipped: the outage of the storage. A naive worker bypasses the folder that it blocks.",
    "eviction": "Skipped: evicting keys from Redis. A naive worker's steps trust that each is there.",
}
_NAIVE = (
    "The naive workers lost {lost:,} accepted documents, and {invalid:,} of their PDFs are not whole. "
    "That was to be expected, and is why the exit code is 1."
)
_LUCKY = "The naive workers were lucky this time; take another --seed, or more --seconds."
_KEPT = "The promise was kept: each accepted document has exactly one ending."
_UNTESTED = {  # without these, a queue without leases or tokens would have passed
    "returned": "no job came back from a lost worker",
    "fenced": "no late finisher was refused",
}
_INCONCLUSIVE = (
    "Nothing was broken, but the attack proves little: {reasons}. "
    "Take more --seconds, and two --workers or more."
)


def add_arguments(chaos: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `chaos`."""
    chaos.set_defaults(run=_chaos)
    chaos.add_argument(
        "--seconds", type=float, help="how long the attack lasts (default 30, or 600 if --hard)"
    )
    chaos.add_argument("--hard", action="store_true", help="200 kills, 100 other faults, 10,000 documents")
    chaos.add_argument("--seed", type=int, default=1, help="the same seed plans the same attack (default 1)")
    chaos.add_argument("--workers", type=int, help="how many workers (default 2)")
    chaos.add_argument("--naive", action="store_true", help="attack workers as tutorials write them")
    apart = Path("pdflab-chaos")  # not PDFLAB_FOLDER, which may hold a run of the user
    chaos.add_argument("--folder", type=Path, default=apart, help=f"folder of all files (default {apart})")


def _chaos(a: argparse.Namespace) -> int:
    """Attack, print the figures, and return 0 if the promise was kept."""
    logging.disable(logging.WARNING)  # of the supervisor: each death is reported as an injected fault
    seconds = a.seconds if a.seconds is not None else 600.0 if a.hard else 30.0
    options = {"naive": a.naive, "hard": a.hard, "on_fault": _print_fault}
    try:
        figures, audit = attack(private_settings(a), seconds, a.seed, **options)
    finally:
        logging.disable(logging.NOTSET)
    print_report(a, figures, _report(figures, audit))
    return 0 if audit.clean else 1


def _print_fault(at: float, what: str) -> None:
    print(f"{at:5.1f} s  {what}", file=sys.stderr)


def _report(figures: Mapping[str, Any], audit: Audit) -> Iterator[str]:
    yield "{seconds:g} s of attack (seed {seed}) on {workers} {worker} workers; {redis}".format(**figures)
    rows = [(name, f"{figures[key]:,}") for key, name in _ROWS.items()]
    yield str(FigureTable(("what happened", "times"), rows))
    if figures["slowest_return"] is not None:
        yield _SLOWEST.format(**figures)
    yield from (_SKIPPED[kind] for kind in figures["skipped"] if kind in _SKIPPED)
    if "cut" not in figures["skipped"]:
        yield _APPENDFSYNC
    yield from _verdict(figures, audit)


def _verdict(figures: Mapping[str, Any], audit: Audit) -> list[str]:
    if figures["worker"] == "naive":
        return [_LUCKY if audit.clean else _NAIVE.format(**figures)]
    if not audit.clean:
        return ["The promise was BROKEN:", *audit.findings[:10]]
    reasons = " and ".join(reason for name, reason in _UNTESTED.items() if not figures[name])
    return [_INCONCLUSIVE.format(reasons=reasons) if reasons else _KEPT]
