"""Experiments: the same plan, documents and number of rendering processes, at one endpoint at a time.

Rates are multiples of the measured capacity of the workers, so that a spike stays a spike on any machine.

Read next: pdflab/analysis/run.py.
"""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Any

from pdflab.analysis.queue_metrics import intervals
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.errors import LoadFailed
from pdflab.jobs import Endpoint, JobState
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.plan import Plan, batch, burst, month_end_peak
from pdflab.load.scenarios import OPERATIONS, plan_for
from pdflab.service.jobqueue.foreign_redis import without_password
from pdflab.settings import Settings

During = Callable[[Sequence[Send]], object]  # called several times per second with the sends that have ended

INVOICE_LINES = 100  # of an invoice in the demo, or rows of a report: a monthly statement, not a receipt

_BASELINE, _SPIKE = 0.5, 5.0  # times the capacity
_MAX_LINES = 500  # of an invoice
_FASTEST = 400.0  # requests a second that the generator sustains on two shared cores
_MEASURED = 2.0  # seconds of work for measuring the capacity
_POLL_INTERVAL = 0.1
_TIMEOUT = 120.0  # seconds beyond its plan that a run may take to finish everything
_QUIET, _STALLED = 1.0, 10.0  # seconds without an event: nothing is rendered any more; or never will be


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity of the workers of this machine, for documents with so many lines."""

    per_s: float
    lines: int
    workers: int
    documents: int

    @property
    def spike(self) -> float:
        """The rate of a spike as a multiple of the capacity, limited by the generator."""
        return min(_SPIKE, _FASTEST / self.per_s)

    def __str__(self) -> str:
        measured = f"{self.documents} documents of {self.lines} lines, just now"
        who = "1 worker makes" if self.workers == 1 else f"{self.workers} workers make"
        return f"{who} {self.per_s:.0f} PDFs a second here ({measured})"


def measure_capacity(settings: Settings) -> Capacity:
    """Return how many PDFs per second the workers of a private lab make of a batch.

    Documents get more lines on a machine so fast that the generator could not send a spike.
    """
    private = replace(settings, storage=None, log=None, port=0, sync_port=0)
    with Lab(workers=settings.workers, settings=private) as lab:
        first = _batch_rate(lab, 20 * settings.workers, INVOICE_LINES)
        lines = min(_MAX_LINES, max(INVOICE_LINES, ceil(INVOICE_LINES * first * _SPIKE / _FASTEST)))
        documents = max(20, round(_MEASURED * first * min(1.0, INVOICE_LINES / lines)))
        return Capacity(_batch_rate(lab, documents, lines), lines, settings.workers, documents)


def scenario(name: str, capacity: Capacity, *, seconds: float) -> Plan:
    """Plan an operation in multiples of a capacity; a `burst` has a baseline load before and after it."""
    peak, spell = capacity.spike * capacity.per_s, seconds / 11  # the baseline lasts five times as long
    documents = max(1, round(peak * spell))
    if name == "burst":
        plan = burst(documents, seconds=spell, baseline=_BASELINE * capacity.per_s)
    else:
        rate = peak / month_end_peak() if name == "month-end" else capacity.per_s
        parameters: dict[str, Any] = {"n": documents, "seconds": seconds, "rate": rate}
        known = OPERATIONS[name].parameters
        plan = plan_for(name, **{key: parameters[key] for key in known if key in parameters})
    return replace(plan, lines=capacity.lines)


def run_alone(plan: Plan, endpoint: Endpoint, *, settings: Settings, timeout: float, during: During) -> Run:
    """Send the plan to one endpoint of a new system.

    The folder of the settings keeps the files of the last system; older files are moved to `earlier/`.
    """
    lab = Lab(workers=settings.workers, folder=settings.folder, settings=settings)
    lab.start(fresh=True)
    with lab:
        return run_plan(lab, plan, lab.target(endpoint, timeout=timeout), during=during)


def run_plan(lab: Lab, plan: Plan, at: Target, *, during: During = lambda sends: None) -> Run:
    """Send a plan to one endpoint, wait until every document has its ending, and return the run."""
    events_before, sends_before = len(lab.events(at.endpoint)), len(lab.sends())
    load = lab.send(plan, at)
    try:
        while load.poll() is None:
            during(lab.sends()[sends_before:])
            time.sleep(_POLL_INTERVAL)
    finally:
        load.terminate()
    if load.poll() and len(lab.sends()) - sends_before < plan.count:  # otherwise, nothing was accepted
        raise LoadFailed(f"The generator failed; {lab.folder / 'logs' / 'load.log'} says why.")
    _await_everything(lab, at.endpoint)
    settings, url = asdict(lab.settings), lab.settings.redis_url
    settings |= {"redis_url": url and without_password(url), "mode": lab.mode}
    del settings["token"]  # a run is saved, and shown to others
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "redis": lab.redis,
    }
    return Run(
        name=f"{plan.name}, {at.endpoint}",
        endpoint=at.endpoint,
        plan=plan.describe(),
        sends=Sends.of(send for send in lab.sends()[sends_before:] if send.endpoint == at.endpoint),
        events=Events.of(lab.events(at.endpoint)[events_before:]),
        settings=settings | {"timeout": at.timeout, "clients": at.clients} | asdict(at.retries),
        machine=machine,
        seeds={"plan": plan.seed},
    )


def _batch_rate(lab: Lab, documents: int, lines: int) -> float:
    """Return how many PDFs a second the workers made of a batch, from its first start to its last end."""
    before = len(lab.events())
    lab.send(replace(batch(documents), lines=lines), lab.target(Endpoint.QUEUED))
    lab.wait()
    work = intervals(lab.events()[before:], JobState.PROCESSING)
    return len(work.job) / float(work.ended_at.max() - work.began_at.min())


def _await_everything(lab: Lab, endpoint: Endpoint) -> None:
    """Wait for every ending; a synchronous server also works for clients that have left."""
    lab.wait(_TIMEOUT)
    seen, since, deadline = -1, 0.0, time.monotonic() + _TIMEOUT
    while endpoint == Endpoint.SYNCHRONOUS and (now := time.monotonic()) < deadline:
        events = lab.events(endpoint)
        if len(events) != seen:
            seen, since = len(events), now
        is_idle = 2 * sum(event.state == JobState.PROCESSING for event in events) == len(events)
        if now - since >= (_QUIET if is_idle else _STALLED):
            return
        time.sleep(_POLL_INTERVAL)
