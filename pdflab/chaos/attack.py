"""An attack on a private lab: documents are sent while faults are injected; then everything is audited.

Read next: chaos/faults.py, chaos/impact.py, audit.py.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

from pdflab.audit import Audit, audit
from pdflab.chaos.background_load import background_load
from pdflab.chaos.faults import NEED_A_SERVER, WORKER, Kind, inject, plan
from pdflab.chaos.impact import Impact, measure_impact
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.lab import Lab
from pdflab.settings import Settings

_LEASE = 1.5  # seconds: short, so that it often runs out
_TIMEOUT = {
    "reliable": 12.0,
    "naive": 3.0,
}  # seconds without an event: a retry may take 6, a naive one has none
_POLL_INTERVAL = 0.1


@dataclass(frozen=True, slots=True)
class Attack:
    """What was attacked, for how long and how, what that did to the jobs, and the audit afterwards."""

    worker: str
    workers: int
    seconds: float
    seed: int
    redis: str
    skipped: frozenset[Kind]
    faults: Mapping[Kind, int]
    impact: Impact
    fenced: int
    sent: int
    unheard: int
    audit: Audit

    @property
    def counts(self) -> dict[str, int]:
        """The counts of the audit. The attack is over and nothing happens any more: an open job is lost."""
        counts = asdict(self.audit.counts)
        return counts | {"open": 0, "lost": counts["lost"] + counts["open"]}

    @property
    def slowest_return_leases(self) -> float | None:
        """How many leases the slowest job took to come back."""
        return None if self.impact.slowest is None else self.impact.slowest / _LEASE

    @property
    def untested(self) -> list[str]:
        """What was never put to the test: a queue without leases or tokens would have passed."""
        reasons = {
            "no job came back from a lost worker": self.impact.returned,
            "no late finisher was refused": self.fenced,
        }
        return [reason for reason, number in reasons.items() if not number]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        impact = self.impact
        return {
            "worker": self.worker,
            "workers": self.workers,
            "seconds": self.seconds,
            "seed": self.seed,
            "redis": self.redis,
            "skipped": sorted(self.skipped),
            **{f"{kind}s": self.faults[kind] for kind in Kind},
            "hits": impact.hits,
            "completed_meanwhile": impact.completed,
            "returned": impact.returned,
            "slowest_return_s": impact.slowest,
            "slowest_return_leases": self.slowest_return_leases,
            "fenced": self.fenced,
            **self.counts,
            "sent": self.sent,
            "unheard": self.unheard,
            "audit": self.audit.summary,
        }


class Observer(Protocol):
    """Hears how an attack goes on."""

    def on_fault(self, at: float, what: str) -> None:
        """Handle a fault that was injected, `at` seconds after the start."""

    def on_progress(self, at: float, sent: int, ended: int) -> None:
        """Handle progress; called several times per second."""

    def on_over(self) -> None:
        """Handle the end of the faults; jobs may still end."""


def attack(settings: Settings, *, seconds: float, seed: int, naive: bool, observer: Observer) -> Attack:
    """Attack a private lab while documents are sent, and audit it.

    Naive workers meet the same faults, but for the outage of the storage: they don't write where it strikes.
    Raises UsageError for a duration or a seed that cannot be.
    """
    if not 5 <= seconds <= 600:
        raise UsageError("--seconds must be between 5 and 600.")
    if seed < 0:
        raise UsageError("--seed must be 0 or more.")
    private = replace(settings, redis_url=None, storage=None, log=None, lease=_LEASE, appendfsync="always")
    worker = "naive" if naive else "reliable"
    with Lab(
        worker=worker, workers=private.workers, folder=private.folder, settings=private, fresh=True
    ) as lab:
        skipped = (NEED_A_SERVER if lab.embedded else frozenset()) | ({Kind.OUTAGE} if naive else set())
        faults, impact = _injected(lab, seconds, seed, frozenset(Kind) - skipped, observer)
        redis, fenced = lab.redis, lab.stats().fenced
    sends = lab.sends()
    heard = {send.job_id for send in sends if send.accepted}
    return Attack(
        worker=worker,
        workers=private.workers,
        seconds=seconds,
        seed=seed,
        redis=redis,
        skipped=skipped & NEED_A_SERVER,
        faults=faults,
        impact=impact,
        fenced=fenced,
        sent=len(sends),
        unheard=len({event.job_id for event in lab.events()} - heard),
        audit=audit(lab.settings),
    )


def _injected(
    lab: Lab, seconds: float, seed: int, kinds: frozenset[Kind], observer: Observer
) -> tuple[Counter[Kind], Impact]:
    """Send, inject, and wait for the endings; return how often each fault hit, and their impact."""
    faults = plan(seed, seconds=seconds, parts=("recorder", "api", WORKER), lease=_LEASE, kinds=kinds)

    def on_poll(at: float) -> None:
        ended = sum(event.state.is_ending for event in lab.events())
        observer.on_progress(at, len(lab.sends()), ended)

    with background_load(lab, seed=seed):
        _await_first_answer(lab)
        began = time.time()
        hits = inject(lab, faults, on_hit=observer.on_fault, on_poll=on_poll)
        over = time.time()
    observer.on_over()
    _await_endings(lab)
    return Counter(hit.kind for hit in hits), measure_impact(lab.events(), hits, began=began, over=over)


def _await_first_answer(lab: Lab) -> None:
    deadline = time.monotonic() + _TIMEOUT[lab.worker]
    while not lab.sends() and time.monotonic() < deadline:
        time.sleep(_POLL_INTERVAL)


def _await_endings(lab: Lab) -> None:
    """Wait until every job has ended, or until nothing has happened for so long that nothing will."""
    events, since = 0, time.monotonic()
    while time.monotonic() - since < _TIMEOUT[lab.worker]:
        try:
            return lab.wait(1.0)
        except (TimeoutError, BrokerUnavailable):
            if len(lab.events()) > events:
                events, since = len(lab.events()), time.monotonic()
            time.sleep(_POLL_INTERVAL)
    return None
