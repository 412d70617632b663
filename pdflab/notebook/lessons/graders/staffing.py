"""Grades lesson 03's `workers_needed(rate, service, longest_wait)`: the fewest whose mean wait stays below.

Read next: pdflab/notebook/lessons/graders/retries.py.
"""

from collections.abc import Callable
from math import ceil, floor
from typing import Any

from pdflab.errors import require
from pdflab.simulation.theory import mmc

HELD_OUT = [  # jobs a second, seconds, seconds; one worker more or less is clear even to a simulation
    (11.0, 0.57, 0.285),
    (36.8, 0.5, 1.5),
    (4.7, 0.3, 0.06),
    (25.0, 0.31, 0.1),
    (2.9, 0.9, 0.9),
    (18.3, 0.12, 0.012),
    (39.1, 0.84, 0.2),
]


def grade_workers_needed(workers_needed: Callable[..., Any]) -> list[str]:
    """Compare with queueing theory: Poisson arrivals, exponential service times."""
    for case in HELD_OUT:
        answer = workers_needed(*case)
        is_whole = isinstance(answer, int) and not isinstance(answer, bool)
        require(is_whole, f"`workers_needed` returned {answer!r}; return a whole number of workers.")
        if answer != (right := fewest(*case)):
            return [_reply(answer, right, *case)]
    return []


def fewest(rate: float, service: float, longest: float) -> int:
    """Return the right answer."""
    workers = floor(rate * service) + 1
    while mmc(rate, 1 / service, workers).waiting > longest:
        workers += 1
    return workers


def _reply(answer: int, right: int, rate: float, service: float, longest: float) -> str:
    work = rate * service
    case = (
        f"{rate:g} jobs a second of {service:g} s are {work:.2f} workers' work; they may wait {longest:g} s."
    )
    if answer <= work:
        return f"{case} With {answer} the queue grows for ever."
    waiting = mmc(rate, 1 / service, answer).waiting
    if answer > right:
        return f"{case} You took {answer}: it is {waiting:.2g} s, but fewer are enough."
    only = (
        " That counts the work alone: what do gaps and clusters of arrivals do?"
        if answer == ceil(work)
        else ""
    )
    return f"{case} With {answer} it is {waiting:.2g} s.{only}"
