"""Grades lesson 01's `admits(waiting, workers, service, patience)`: may one more request come in?

Read next: pdflab/notebook/lessons/graders/staffing.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from random import Random
from typing import Any

Admits = Callable[[int, int, float, float], Any]

_CASES = ((1, 0.05, 0.47), (2, 0.2, 0.5), (4, 0.2, 2.0), (3, 0.1, 1.5), (8, 0.4, 1.0))
_BOUNDS = 80  # the best of the bounds from 0 to this one is the measure
_ENOUGH = 0.9  # of the goodput of the best bound


@dataclass(frozen=True, slots=True)
class SpikeResult:
    """What became of the requests of a spike: in time, accepted and too late, refused."""

    in_time: int
    late: int
    refused: int


def grade_admits(admits: Admits) -> list[str]:
    """Compare the PDFs in time with those of the best bound, and of an endpoint that never refuses."""
    for number, case in enumerate(_CASES):
        student = spike(admits, *case, seed=number)
        if isinstance(student, str):
            return [student]
        bounds = (spike(lambda waiting, *_, n=n: waiting < n, *case, seed=number) for n in range(_BOUNDS))
        best = max(
            (found for found in bounds if isinstance(found, SpikeResult)), key=lambda found: found.in_time
        )
        if student.in_time < _ENOUGH * best.in_time:
            return [_reply(student, best, *case)]
    return []


def spike(admits: Admits, workers: int, service: float, patience: float, *, seed: int) -> SpikeResult | str:
    """Serve a spike at three times the capacity, first come, first served; or return a finding.

    `waiting` counts the requests that are inside, those that are rendered included.
    """
    rng = Random(seed)
    free, inside, arrival = [0.0] * workers, list[float](), 0.0  # heaps of the instants at which each ends
    in_time = late = refused = 0
    for _ in range(600):
        arrival += rng.expovariate(3 * workers / service)
        while inside and inside[0] <= arrival:
            heappop(inside)
        answer = admits(len(inside), workers, service, patience)
        if not isinstance(answer, bool):
            return f"`admits` returned {answer!r}; return True or False."
        if not answer:
            refused += 1
            continue
        ended = max(arrival, free[0]) + service * rng.uniform(0.8, 1.2)
        heapreplace(free, ended)
        heappush(inside, ended)
        late, in_time = late + (ended > arrival + patience), in_time + (ended <= arrival + patience)
    return SpikeResult(in_time, late, refused)


def _reply(student: SpikeResult, best: SpikeResult, workers: int, service: float, patience: float) -> str:
    case = (
        f"With workers = {workers}, service = {service:g} and patience = {patience:g}, "
        f"{student.in_time} PDFs of a spike were in time; with the best bound, {best.in_time}."
    )
    if not student.refused:
        return f"{case} You never refuse: who still wants the PDF when its turn comes?"
    if student.late > best.late:
        return f"{case} You accepted {student.late} too late: is their own rendering shared by the workers?"
    return f"{case} You refused {student.refused}: is there one worker, or are there {workers}?"
