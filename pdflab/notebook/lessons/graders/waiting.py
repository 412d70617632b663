"""Grades lesson 00's `waited(at, depth)`: the seconds that all jobs waited, the area under the depth.

Read next: pdflab/notebook/lessons/graders/admission.py.
"""

from collections.abc import Callable
from itertools import pairwise
from math import isclose
from random import Random
from typing import Any

from pdflab.errors import require

_THOUGHTS: dict[str, Callable[[list[float], list[int]], float]] = {  # a typical answer to each thought
    "You took the mean depth times the time; a depth that lasts longer has to count for more.": (
        lambda at, depth: sum(depth) / len(depth) * (at[-1] - at[0])
    ),
    "You added up the depths; how long did each of them last?": lambda at, depth: sum(depth),
    "You joined the points by slopes; the depth jumps, and stays between two instants.": (
        lambda at, depth: (area(at, depth) + area(at, depth[1:])) / 2
    ),
    "You took the depth after each span; what is the depth during it?": (
        lambda at, depth: area(at, depth[1:])
    ),
}


def grade_waited(waited: Callable[..., Any]) -> list[str]:
    """Compare with the area under random step functions, the shortest one first."""
    cases = [_steps(Random(length), length) for length in (2, 3, 4, 8, 20, 50)]
    answers = [waited(list(at), list(depth)) for at, depth in cases]
    for answer in answers:
        is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
        require(is_number, f"`waited` returned {answer!r}; return a number of seconds.")

    def agrees(formula: Callable[[list[float], list[int]], float]) -> list[bool]:
        return [isclose(answer, formula(*case)) for answer, case in zip(answers, cases, strict=True)]

    if all(right := agrees(area)):
        return []
    if thought := next((thought for thought, formula in _THOUGHTS.items() if all(agrees(formula))), None):
        return [thought]
    wrong = right.index(False)
    at, depth = cases[wrong]
    return [
        f"For at = {at} and depth = {depth} it is {area(at, depth):g}, and you returned {answers[wrong]:g}."
    ]


def area(at: list[float], depth: list[int]) -> float:
    """Return the area under a step function: each depth times how long it lasted."""
    return sum(d * (t - s) for (s, t), d in zip(pairwise(at), depth, strict=False))


def _steps(rng: Random, length: int) -> tuple[list[float], list[int]]:
    """Return a random depth of a queue: instants, and the depth from each on.

    It is empty in the end, and now and then before.
    """
    at = [round(rng.uniform(0, 5), 2)]
    for _ in range(length - 1):
        at.append(round(at[-1] + rng.uniform(0.1, 4), 2))
    return at, [rng.randint(1, 9), *(rng.randint(0, 9) for _ in at[2:]), 0]
