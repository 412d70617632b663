"""`pdflab chaos`: the promise, attacked, and then audited.

Read next: chaos/faults.py, what is done; chaos/impact.py, what it hit; audit.py, what is asked afterwards.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pdflab.audit import Audit, audit
from pdflab.chaos.background_load import pressure
from pdflab.chaos.faults import NEED_A_SERVER, WORKER, Kind, inject, plan
from pdflab.chaos.impact import damage
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.settings import Settings

LEASE = 1.5  # seconds: short, so that it often runs out
_PATIENCE = {"reliable": 12.0, "naive": 3.0}  # seconds of silence: a retry may take 6, a naive one has none
_GLANCE = 0.1

_DONE = {
    Kind.KILL: "killed with SIGKILL",
    Kind.FREEZE: "frozen for 2.5 leases or more, and woken",
    Kind.CUT: "all connections to Redis cut",
    Kind.RESTART: "Redis killed and started again",
    Kind.OUTAGE: "pdf_storage took no file for 1 s, so that no job fails",
}
_HIT = {
    "hits": "of these blows, on a worker with a job in hand",
    "completed_meanwhile": "jobs completed during the attack",
    "returned": "jobs that came back from a silent worker",
    "fenced": "late finishers refused (stale token)",
}
_KEYS = {kind: f"{kind}s" for kind in Kind}
_FOUND = {
    "sent": "documents asked for",
    "accepted": "accepted: the client was told 202",
    "unheard": "accepted, but the answer was lost",
    "completed": "completed",
    "failed": "failed, with a reason",
    "open": "open: may still end",
    "lost": "lost: will never end",
    "doubled": "doubled: ended twice",
    "invalid": "invalid: without a whole PDF or a reason",
    "holes": "holes in jobs.log",
}

_APPENDFSYNC = (
    "Redis ran with appendfsync always: what it has answered is on the disk. With everysec, the default of "
    "`pdflab up`, a killed Redis forgets nothing either, unless a slow disk held a write back: the kernel "
    "has each write before the answer goes out. When the machine itself dies (power, kernel), everysec loses "
    "up to a second, two at worst; PDFLAB_APPENDFSYNC=always closes that too."
)
_NO_SERVER = (
    "Skipped: cutting connections and killing Redis. The embedded Redis has nothing to cut, and no file to "
    "begin again from; install redis-server for that."
)
_NAIVE = (
    "The naive workers lost {lost:,} documents that had been accepted, and {invalid:,} of their PDFs are not "
    "whole: that was to be expected, and is why this ends with exit code 1."
)
_KEPT = "The promise was kept: each accepted document has exactly one ending."
_FEEBLE = (
    "Nothing was broken, but the attack was too inconclusive to prove anything: {why}. "
    "Take more --seconds, and two --workers or more."
)
_LUCKY = "The naive workers were lucky this time; take another --seed, or more --seconds."


def chaos(settings: Settings, *, seconds: float, seed: int, naive: bool, as_json: bool) -> int:
    """Attack a private lab while documents are asked for, audit it, and return 0 if the promise was kept.

    Naive workers meet the same attacks, but for the outage of the storage: they don't write where it strikes.
    """
    if not 5 <= seconds <= 600:
        raise UsageError("--seconds must be between 5 and 600.")
    if seed < 0:
        raise UsageError("--seed must be 0 or more.")
    private = replace(settings, redis_url=None, storage=None, log=None, lease=LEASE, appendfsync="always")
    worker = "naive" if naive else "reliable"
    lab = Lab(worker=worker, workers=private.workers, folder=private.folder, settings=private, fresh=True)
    told = Console(stderr=True)
    with _hushed(), lab:
        about = {
            "worker": worker,
            "workers": private.workers,
            "seconds": seconds,
            "seed": seed,
            "redis": lab.redis,
        }
        kinds = _kinds(lab, naive=naive)
        figures = (
            about | {"skipped": sorted(NEED_A_SERVER - kinds)} | _attacked(lab, seconds, seed, kinds, told)
        )
    verdict = audit(lab.settings)
    figures |= _counts(lab, verdict) | {"audit": verdict.summary}
    if as_json:
        print(json.dumps(figures))
    else:
        _show(figures, verdict, Console())
    return 0 if verdict.clean else 1


def _kinds(lab: Lab, *, naive: bool) -> frozenset[Kind]:
    kinds = frozenset(Kind)
    if lab.embedded:
        kinds -= NEED_A_SERVER
    return kinds - {Kind.OUTAGE} if naive else kinds


def _attacked(
    lab: Lab, seconds: float, seed: int, kinds: frozenset[Kind], console: Console
) -> dict[str, Any]:
    """Send, attack, wait for calm; tell what was done how often, and what it hit."""
    lease = lab.settings.lease
    attacks = plan(seed, seconds=seconds, parts=("recorder", "api", WORKER), lease=lease, kinds=kinds)
    with _progress(console, seconds) as progress:
        [bar] = progress.task_ids
        with pressure(lab, seed=seed):
            _await_first_answer(lab)
            began = time.time()
            blows = inject(
                lab,
                attacks,
                tell=lambda at, what: progress.console.print(f"{at:5.1f} s  {what}", highlight=False),
                watch=lambda at: progress.update(bar, completed=at, description=_glance(lab)),
            )
            over = time.time()
        progress.console.print("The attack is over; every job may now come to its end.")
        _await_calm(lab)
    times, hit = Counter(blow.kind for blow in blows), damage(lab.events(), blows, began=began, over=over)
    return {_KEYS[kind]: times[kind] for kind in Kind} | {
        "hits": hit.hits,
        "completed_meanwhile": hit.completed,
        "returned": hit.returned,
        "slowest_return_s": hit.slowest,
        "slowest_return_leases": None if hit.slowest is None else hit.slowest / lease,
        "fenced": lab.stats().fenced,
    }


def _await_first_answer(lab: Lab) -> None:
    deadline = time.monotonic() + _PATIENCE[lab.worker]
    while not lab.sends() and time.monotonic() < deadline:
        time.sleep(_GLANCE)


def _await_calm(lab: Lab) -> None:
    """Wait until every job has ended, or nothing happens any more: what has no ending then will have none."""
    events, since = 0, time.monotonic()
    while time.monotonic() - since < _PATIENCE[lab.worker]:
        try:
            return lab.wait(1.0)
        except (TimeoutError, BrokerUnavailable):
            if len(lab.events()) > events:
                events, since = len(lab.events()), time.monotonic()
            time.sleep(_GLANCE)
    return None


def _counts(lab: Lab, verdict: Audit) -> dict[str, int]:
    """Return the audit's counts and what became of the requests; what is open when all is calm is lost."""
    counts, sends = asdict(verdict.counts), lab.sends()
    counts |= {"open": 0, "lost": counts["lost"] + counts["open"]}
    told = {send.job_id for send in sends if send.accepted}
    return counts | {"sent": len(sends), "unheard": len({event.job_id for event in lab.events()} - told)}


def _show(figures: dict[str, Any], verdict: Audit, console: Console) -> None:
    about = "{seconds:g} s of attack (seed {seed}) on {workers} {worker} workers; {redis}".format(**figures)
    console.print(about, soft_wrap=True)
    console.print(_table("what was done", "times", {_DONE[kind]: figures[_KEYS[kind]] for kind in Kind}))
    console.print(_table("what it hit", "", _hit(figures)))
    console.print(_table("what became of it", "jobs", {words: figures[key] for key, words in _FOUND.items()}))
    for sentence in (*_notes(figures), _verdict(figures, verdict)):
        console.print(sentence, soft_wrap=True, highlight=False)


def _hit(figures: dict[str, Any]) -> dict[str, int | str]:
    rows: dict[str, int | str] = {words: figures[key] for key, words in _HIT.items()}
    if figures["returned"]:
        slowest = "{slowest_return_s:.1f} s, {slowest_return_leases:.1f} leases".format(**figures)
        rows["slowest return, from its claim into the line again"] = slowest
    return rows


def _table(title: str, unit: str, rows: Mapping[str, int | str]) -> Table:
    table = Table(title, unit, box=None, header_style="bold", min_width=64, pad_edge=False)
    table.columns[1].justify = "right"
    for words, count in rows.items():
        table.add_row(words, count if isinstance(count, str) else f"{count:,}")
    return table


def _notes(figures: dict[str, Any]) -> Iterator[str]:
    yield _NO_SERVER if figures["skipped"] else _APPENDFSYNC
    if figures["worker"] == "naive":
        yield "The storage was left in peace: a naive worker writes past the place that is struck."


def _verdict(figures: dict[str, Any], verdict: Audit) -> str:
    if figures["worker"] == "naive":
        return _LUCKY if verdict.clean else _NAIVE.format(**figures)
    if not verdict.clean:
        return "\n".join(["The promise was BROKEN:", *verdict.findings[:10]])
    why = _feeble(figures)
    return _FEEBLE.format(why=why) if why else _KEPT


def _feeble(figures: dict[str, Any]) -> str:
    """Say what was never put to the test, if so: a queue without leases or tokens would have passed."""
    wanting = {"returned": "no job came back from a silent worker", "fenced": "no late finisher was refused"}
    return " and ".join(words for key, words in wanting.items() if not figures[key])


def _glance(lab: Lab) -> str:
    ended = sum(event.state.is_ending for event in lab.events())
    return f"{len(lab.sends()):,} sent, {ended:,} ended"


def _progress(console: Console, seconds: float) -> Progress:
    columns = (TextColumn("{task.description:>24}"), BarColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=console, transient=True)
    progress.add_task("", total=seconds)
    return progress


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep the supervisor from warning of each death: it is told as what we did."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
