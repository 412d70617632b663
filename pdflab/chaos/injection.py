"""The injection of a plan of faults into a running lab.

Read next: pdflab/chaos/surroundings.py.
"""

import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Lock

import redis

from pdflab.chaos.faults import WORKER, Fault, FaultHit, FaultKind
from pdflab.chaos.surroundings import evict, full_disk, shifted_clock
from pdflab.child_process import freeze
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab

_TIMEOUT = 10.0  # seconds that a fault waits for a target, which may just have been killed
_PAUSE = 1.0  # leases without another fault, so that the target can restart
_POLL_INTERVAL = 0.1


def inject(
    lab: Lab,
    faults: Sequence[Fault],
    *,
    clock: Path,
    on_hit: Callable[[float, str], object],
    on_poll: Callable[[], object],
) -> list[FaultHit]:
    """Inject each fault at its instant, concurrently, and return those that hit.

    `clock` shifts that of Redis. `on_hit` gets the instant and a description; `on_poll` is called several
    times per second.
    """
    began, aim = time.monotonic(), _Aim(lab)

    def hit(fault: Fault) -> FaultHit | None:
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            try:
                one = _inject_one(fault, lab, aim, clock)
            except (UsageError, BrokerUnavailable, OSError, redis.RedisError):
                time.sleep(_POLL_INTERVAL)
            else:
                on_hit(time.monotonic() - began, one.did)
                return one
        return None  # there never was a target

    with ThreadPoolExecutor(len(faults)) as pool:
        running = []
        for fault in faults:
            while (now := time.monotonic() - began) < fault.at:
                on_poll()
                time.sleep(min(_POLL_INTERVAL, fault.at - now))
            running.append(pool.submit(hit, fault))
        while wait(running, _POLL_INTERVAL).not_done:
            on_poll()
    return [one for result in running if (one := result.result())]


class _Aim:
    """Chooses targets: none that is dead, starting, frozen, or without a claimed job."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._lock = Lock()
        self._spared_until: dict[str, float] = {}

    def at(self, fault: Fault) -> str:
        """Return a part's name, or a worker's id. Raises UsageError while there is no target."""
        with self._lock:
            busy = (status.worker for status in self._lab.workers() if status.job_id)
            now, candidates = time.monotonic(), busy if fault.part == WORKER else [fault.part]
            target = next((one for one in candidates if self._spared_until.get(one, 0.0) <= now), None)
            if target is None:
                raise UsageError(f"No {fault.part} can be hit just now; try again.")
            dead = fault.kind is FaultKind.KILL and fault.part == WORKER  # its successor has another id
            pause = fault.lasts + _PAUSE * self._lab.settings.lease
            self._spared_until[target] = math.inf if dead else now + pause
            return target


def _inject_one(fault: Fault, lab: Lab, aim: _Aim, clock: Path) -> FaultHit:
    now, lasts, worker = time.time(), fault.lasts, None
    match fault.kind:
        case FaultKind.KILL | FaultKind.FREEZE:
            target = aim.at(fault)
            worker, did = (target if fault.part == WORKER else None), _hit_a_part(fault, target, lab)
        case FaultKind.CUT:
            did = f"cut {lab.cut()} connections to Redis"
        case FaultKind.RESTART:
            lab.kill_redis()
            did = "killed Redis"
        case FaultKind.OUTAGE:
            with lab.storage.unwritable():
                time.sleep(lasts)
            did = f"pdf_storage works again, after it took no file for {lasts:.1f} s"
        case FaultKind.JUMP:
            with shifted_clock(clock, fault.part):
                time.sleep(lasts)
            did = f"the clock of Redis is right again, after it was {fault.part} s off for {lasts:.1f} s"
        case FaultKind.FILL:
            with full_disk(lab.folder):
                time.sleep(lasts)
            did = f"the disk has room again, after it was full for {lasts:.1f} s"
        case FaultKind.EVICTION:
            with lab.broker.client(patient=False) as client:
                did = f"evicted {evict(client, fault.part)} from Redis"
    return FaultHit(fault.kind, now, did, worker)


def _hit_a_part(fault: Fault, target: str, lab: Lab) -> str:
    """Kill or freeze a worker, by its process as the registry shows it, or another part by its name."""
    pid = WorkerId.parse(target).pid if fault.part == WORKER else None
    named = f"worker {pid}" if pid else target
    if fault.kind is FaultKind.KILL:
        if pid:
            os.kill(pid, signal.SIGKILL)
        else:
            lab.kill(target)
        return f"killed {named}"
    if pid:
        freeze([pid], fault.lasts)
        os.kill(pid, 0)  # raises OSError, for a retry, if the worker died before it woke up
    else:
        lab.freeze(fault.lasts, target)
    return f"woke {named}, frozen {fault.lasts:.1f} s ago"
