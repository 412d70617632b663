"""Background load that adapts to the workers: their queue is never empty.

A fixed rate would flood a slow machine, and leave a fast one idle, so that faults hit no claimed job.

Read next: pdflab/load/scenarios.py.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from threading import Event

from pdflab.errors import BrokerUnavailable
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.launcher import LoadThread
from pdflab.load.plan import burst

_LINES = 300  # per document: rendering takes some 50 ms, which limits the number of answers
_WAITING_PER_WORKER = 20  # jobs: the queue lasts while the API is frozen
_POLL_INTERVAL = 0.25  # seconds
_MAX_BURST = 20  # documents: small bursts, so that faults hit requests too
_MAX_IN_FLIGHT = 3  # bursts, while the API is frozen: they must be served after the attack
_SEEDS = 100_000  # for the documents of one attack


@contextmanager
def background_load(lab: Lab, *, seed: int) -> Iterator[None]:
    """Keep jobs waiting in a lab's queue; finally wait until every request is answered."""
    stop = Event()
    with ThreadPoolExecutor(1, "background load") as pool:
        load = pool.submit(_keep_queue_filled, lab, seed * _SEEDS, stop)
        try:
            yield
        finally:
            stop.set()
    load.result()  # raises what ended it early


def _keep_queue_filled(lab: Lab, first_seed: int, stop: Event) -> None:
    loads: list[LoadThread] = []
    for seed in count(first_seed):
        loads = [load for load in loads if load.poll() is None]
        missing = _missing(lab) if len(loads) < _MAX_IN_FLIGHT else 0
        if missing > 0:
            plan = replace(burst(missing, seconds=_POLL_INTERVAL, seed=seed), lines=_LINES)
            load = LoadThread(plan, Target(lab.url), lab.settings)
            load.start()
            loads.append(load)
        if stop.wait(_POLL_INTERVAL):
            break
    for load in loads:
        load.wait()


def _missing(lab: Lab) -> int:
    """Return how many jobs to add; 1 while Redis is unavailable, to attack requests, too."""
    try:
        waiting = lab.stats().queued
    except BrokerUnavailable:
        return 1
    return min(_MAX_BURST, _WAITING_PER_WORKER * lab.settings.workers - waiting)
