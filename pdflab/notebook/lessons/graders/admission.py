"""Grades lesson 01's `admits(waiting, workers, service, patience)`: may one more request come in?

Read next: pdflab/notebook/lessons/graders/staffing.py.
"""

from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush, heapreplace
from random import Random
from typing import Any

from pdflab.errors import require

Admits = Callable[..., Any]

_ARGUMENTS = ("workers", "service", "patience")
_CASES = ((1, 0.05, 0.47), (2, 0.2, 0.5), (4, 0.2, 2.0), (3, 0.1, 4.0), (8, 0.4, 1.0))
_BOUNDS = 150  # the best of the bounds from 0 to this one is the measure
_ENOUGH = 0.9  # of the goodput of the best bound


def grade_admits(admits: Admits) -> list[str]:
    """Compare with the PDFs in time of the best bound, and of an endpoint that never refuses."""
    for case in _CASES:
        student = _spike(admits, *case)
        best = max(_spike(lambda waiting, *_, n=n: waiting < n, *case)["in time"] for n in range(_BOUNDS))
        if student["in time"] < _ENOUGH * best:
            return [_reply(student, best, case, _unused(admits, case))]
    return []


def _unused(admits: Admits, case: tuple[int, float, float]) -> str:
    """Return the name of an argument without an effect: other values of it change no answer."""
    for place, name in enumerate(_ARGUMENTS):
        more = [
            dict(zip(_ARGUMENTS, case, strict=True)) | {name: factor * case[place]} for factor in (1, 4, 16)
        ]
        if all(len({admits(waiting, *one.values()) for one in more}) == 1 for waiting in range(_BOUNDS)):
            return name
    return ""


def _spike(admits: Admits, workers: int, service: float, patience: float) -> Counter[str]:
    """Serve a spike at three times the capacity, first come, first served; count its endings.

    `waiting` counts the requests that are inside, those that are rendered included.
    """
    rng, arrival = Random(workers), 0.0
    free, inside = [0.0] * workers, list[float]()  # heaps of the instants at which each ends
    ends = Counter[str]()
    for _ in range(600):
        arrival += rng.expovariate(3 * workers / service)
        while inside and inside[0] <= arrival:
            heappop(inside)
        answer = admits(len(inside), workers, service, patience)
        require(isinstance(answer, bool), f"`admits` returned {answer!r}; return True or False.")
        if answer:
            ended = max(arrival, free[0]) + service * rng.uniform(0.8, 1.2)
            heapreplace(free, ended)
            heappush(inside, ended)
        ends["refused" if not answer else "in time" if ended <= arrival + patience else "late"] += 1
    return ends


def _reply(student: Counter[str], best: int, case: tuple[int, float, float], unused: str) -> str:
    workers, service, patience = case
    found = (
        f"With workers = {workers}, service = {service:g} and patience = {patience:g}, "
        f"{student['in time']} PDFs of a spike were in time; with the best bound, {best}."
    )
    if not student["refused"]:
        return f"{found} You never refuse: who still wants the PDF when its turn comes?"
    late, refused = f"You accepted {student['late']} too late", f"You refused {student['refused']}"
    wrong = late if student["late"] else refused
    if unused:
        return f"{found} {wrong}: your answer is the same whatever {unused} is. Should it be?"
    if student["late"]:
        return f"{found} {late}: is their own rendering shared by the workers?"
    return f"{found} {refused}: would none of their PDFs have been in time?"
