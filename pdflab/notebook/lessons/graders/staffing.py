"""Grades lesson 03's `workers_needed(rate, service, longest_wait)`: the fewest whose mean wait stays below.

Read next: pdflab/notebook/lessons/graders/retries.py.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from math import ceil, floor
from random import Random
from typing import Any

from pdflab.simulation.theory import mmc

_CASES = 25
_CLEAR = (
    1.25  # one worker fewer waits longer by at least this factor, and the answer less: a simulation agrees
)


def grade_workers_needed(workers_needed: Callable[..., Any]) -> list[str]:
    """Compare with queueing theory on random cases: Poisson arrivals, exponential service times."""
    for rate, service, longest in islice(cases(Random(3)), _CASES):
        answer = workers_needed(rate, service, longest)
        if isinstance(answer, bool) or not isinstance(answer, int):
            return [f"`workers_needed` returned {answer!r}; return a whole number of workers."]
        if answer != (right := fewest(rate, service, longest)):
            return [_reply(answer, right, rate, service, longest)]
    return []


def fewest(rate: float, service: float, longest: float) -> int:
    """Return the right answer."""
    workers = floor(rate * service) + 1
    while mmc(rate, 1 / service, workers).waiting > longest:
        workers += 1
    return workers


def cases(rng: Random) -> Iterator[tuple[float, float, float]]:
    """Yield jobs a second, seconds and seconds, for which the answer is clear."""
    while True:
        rate, service = round(rng.uniform(2, 40), 1), round(rng.uniform(0.05, 1), 2)
        longest = round(service * rng.choice((0.05, 0.2, 0.5, 1, 3)), 3)
        work, right = rate * service, fewest(rate, service, longest)
        is_clear = mmc(rate, 1 / service, right).waiting * _CLEAR < longest
        if right - 1 > work:
            is_clear &= mmc(rate, 1 / service, right - 1).waiting > longest * _CLEAR
        if is_clear and abs(work - round(work)) > 0.05:
            yield rate, service, longest


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
