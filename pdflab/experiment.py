"""Experiments: the same plan, the same documents, the same number of rendering processes, two doors.

Read next: run.py, then metrics.py.
"""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from pdflab.documents.fonts import FontBook
from pdflab.documents.render import render
from pdflab.documents.requests import parse_request
from pdflab.documents.samples import sample
from pdflab.errors import LoadFailed
from pdflab.jobs import JobEvent
from pdflab.lab import Lab
from pdflab.load.arrivals import MOSTLY_INVOICES, Phase, Plan
from pdflab.run import QUEUED, SYNCHRONOUS, Run, Send

Watch = Callable[[str, int, int], None]  # door, answered so far, documents in the plan

LINES = 100  # of the documents in the demo: a statement of a month, not a receipt

_GLANCE = 0.1
_PATIENCE = 120.0  # seconds beyond its plan that a run may take to answer and to finish everything
_CALM = 0.1  # of the capacity, before the spike and after it
_SPIKE = 2.0  # times the capacity, while it lasts
_FASTEST = 400.0  # requests a second that the generator holds on two shared cores


def measure_capacity(lines: int, *, seconds: float = 0.5) -> float:
    """Render invoices of so many lines in this process for a while; give how many a second one core makes."""
    documents = [parse_request(sample("invoice", seed, lines=lines)) for seed in range(10)]
    fonts = FontBook()  # all of it is Western
    render(documents[0], created_at=0.0, fonts=fonts)
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        render(documents[done % len(documents)], created_at=0.0, fonts=fonts)
        done += 1
    return done / elapsed


def demo_plan(seconds: float, capacity: float, *, lines: int = LINES, seed: int = 0) -> Plan:
    """Plan a spike of twice the capacity between two calm stretches, `seconds` long together.

    The rate of the spike is bounded by what the generator holds.
    """
    spike = min(_SPIKE * capacity, _FASTEST)
    calm = _CALM * capacity
    before, during, after = (
        Phase(share * seconds, (rate,)) for share, rate in ((0.2, calm), (0.2, spike), (0.6, calm))
    )
    name = f"{spike:.0f} requests a second for {during.seconds:g} s, {calm:.0f} before and after"
    return Plan(name, (before, during, after), tuple(MOSTLY_INVOICES.values()), seed, lines=lines)


def compare(lab: Lab, plan: Plan, *, watch: Watch | None = None) -> tuple[Run, Run]:
    """Fire the plan at the synchronous door, then at the queued one; give the queued run and the other."""
    synchronous = run_plan(lab, plan, SYNCHRONOUS, watch=watch)
    queued = run_plan(lab, plan, QUEUED, watch=watch)
    return queued, synchronous


def run_plan(lab: Lab, plan: Plan, door: str, *, watch: Watch | None = None) -> Run:
    """Fire a plan at one door, wait until every document has its ending, and give what was seen."""
    events_before, sends_before = len(_events(lab, door)), len(lab.sends())
    load, total = lab.send(plan, door=door), plan.count
    while load.poll() is None:
        if watch:
            watch(door, len(lab.sends()) - sends_before, total)
        time.sleep(_GLANCE)
    if load.poll():
        raise LoadFailed(f"The generator failed; {lab.folder / 'logs' / 'load.log'} says why.")
    lab.wait(_PATIENCE)
    return Run(
        name=f"{plan.name}, {door}",
        door=door,
        plan=plan.describe(),
        sends=tuple(_by_door(lab.sends()[sends_before:], door)),
        events=tuple(_events(lab, door)[events_before:]),
        settings={name: str(value) for name, value in asdict(lab.settings).items()} | {"mode": lab.mode},
        machine=describe_machine(lab),
    )


def describe_machine(lab: Lab) -> dict[str, Any]:
    """Give what a figure depends on: cores, Python, the system, and which Redis."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "redis": lab.redis,
    }


def _events(lab: Lab, door: str) -> list[JobEvent]:
    return lab.events() if door == QUEUED else lab.sync_events()


def _by_door(sends: Sequence[Send], door: str) -> list[Send]:
    return [send for send in sends if send.door == door]
