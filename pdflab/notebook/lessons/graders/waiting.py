"""Grades lesson 00's `waited(at, depth)`: the seconds that all jobs waited, the area under the depth.

Read next: pdflab/notebook/lessons/graders/admission.py.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isclose
from random import Random
from typing import Any

Steps = tuple[list[float], list[int]]  # instants, ascending; and the depth of the queue from each on

_THOUGHTS: dict[
    str, Callable[[list[float], list[int]], float]
] = {  # a typical answer, and the thought behind it
    "You took the mean depth times the time; a depth that lasts longer has to count for more.": (
        lambda at, depth: sum(depth) / len(depth) * (at[-1] - at[0])
    ),
    "You added up the depths; how long did each of them last?": lambda at, depth: sum(depth),
    "You joined the points by slopes; the depth jumps, and stays between two instants.": (
        lambda at, depth: sum((a + b) / 2 * (t - s) for (s, t), (a, b) in _spans(at, depth))
    ),
    "You took the depth after each span; what is the depth during it?": (
        lambda at, depth: sum(b * (t - s) for (s, t), (_, b) in _spans(at, depth))
    ),
    "You took the deepest queue times the time; it was not always so deep.": (
        lambda at, depth: max(depth) * (at[-1] - at[0])
    ),
}


def grade_waited(waited: Callable[..., Any]) -> list[str]:
    """Compare with the area under random step functions, the shortest one first."""
    cases = [steps(Random(seed), length) for seed, length in enumerate((2, 3, 4, 8, 20, 50))]
    answers = []
    for at, depth in cases:
        answer = waited(list(at), list(depth))
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            return [f"`waited` returned {answer!r}; return a number of seconds."]
        answers.append(float(answer))
    if all(isclose(answer, area(*case)) for answer, case in zip(answers, cases, strict=True)):
        return []
    for thought, formula in _THOUGHTS.items():
        if all(isclose(answer, formula(*case)) for answer, case in zip(answers, cases, strict=True)):
            return [thought]
    return [
        next(
            _difference(*case, a)
            for case, a in zip(cases, answers, strict=True)
            if not isclose(a, area(*case))
        )
    ]


def area(at: Sequence[float], depth: Sequence[int]) -> float:
    """Return the area under a step function: each depth times how long it lasted."""
    return float(sum(d * (t - s) for (s, t), (d, _) in _spans(at, depth)))


def steps(rng: Random, length: int) -> Steps:
    """Return a random depth of a queue, empty in the end."""
    at = [round(rng.uniform(0, 5), 2)]
    for _ in range(length - 1):
        at.append(round(at[-1] + rng.uniform(0.1, 4), 2))
    return at, [*(rng.randint(1, 9) for _ in at[1:]), 0]


def _spans(at: Sequence[float], depth: Sequence[int]) -> Any:
    return zip(pairwise(at), pairwise(depth), strict=True)


def _difference(at: list[float], depth: list[int], answer: float) -> str:
    return f"For at = {at} and depth = {depth} it is {area(at, depth):g}, and you returned {answer:g}."
