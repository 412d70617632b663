"""Work that never runs out during an attack: as many documents are asked for as are made.

A fixed rate would leave a fast machine idle, where an attack finds no job in hand, and bury a slow one.

Read next: cli/chaos.py.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from threading import Event, Thread

from pdflab.errors import BrokerUnavailable
from pdflab.lab import Lab
from pdflab.load.generator import Target
from pdflab.load.launcher import Load, launch_thread
from pdflab.load.plan import burst

_LINES = 300  # in each document: a worker holds one for some 50 ms, and answers are few enough to be kept
_WAITING = 20  # documents for each worker that wait: the line lasts while the API is frozen
_INTERVAL = 0.25  # seconds between two looks at the line
_MOST = 20  # documents at once: what is missing is asked for little by little, so that blows meet requests
_UNDER_WAY = 3  # askings, while the API is frozen: what it holds must be done after the attack
_SEEDS = 100_000  # for the documents of one attack


@contextmanager
def pressure(lab: Lab, *, seed: int) -> Iterator[None]:
    """Keep documents waiting in a lab's line, and leave when all that were asked for are answered."""
    stop = Event()
    thread = Thread(target=_press, args=(lab, seed * _SEEDS, stop), name="pressure", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _press(lab: Lab, first_seed: int, stop: Event) -> None:
    launch, target = launch_thread(lab.settings), Target(lab.url)
    loads: list[Load] = []
    for seed in count(first_seed):
        loads = [load for load in loads if load.poll() is None]
        missing = _missing(lab) if len(loads) < _UNDER_WAY else 0
        if missing > 0:
            asked = burst(missing, seconds=_INTERVAL, seed=seed)
            loads.append(launch(replace(asked, lines=_LINES), target))
        if stop.wait(_INTERVAL):
            break
    while any(load.poll() is None for load in loads):
        time.sleep(_INTERVAL)


def _missing(lab: Lab) -> int:
    """Return how many to ask for; when Redis is away nobody knows, and to ask then is part of the attack."""
    try:
        waiting = lab.stats().queued
    except BrokerUnavailable:
        return 1
    return min(_MOST, _WAITING * lab.settings.workers - waiting)
