"""Grades lesson 06's `empty_after(arriving, capacity)`: after how many seconds is the backlog gone?

Read next: pdflab/notebook/lessons/graders/scaling_rule.py.
"""

from collections.abc import Callable, Sequence
from math import ceil
from random import Random
from typing import Any

from pdflab.errors import require

_SECONDS = 200  # of an evening
_THOUGHTS: dict[str, Callable[[Sequence[int], int], float]] = {  # a typical answer to each thought
    "You divided the work of the mailing by the capacity; who renders what comes meanwhile?": (
        lambda arriving, capacity: ceil(_mailed(arriving) / capacity)
    ),
    "You counted the seconds from 0; when the first second is over, one second has passed.": (
        lambda arriving, capacity: drained(arriving, capacity) - 1
    ),
}


def grade_empty_after(empty_after: Callable[..., Any]) -> list[str]:
    """Compare on random evenings; some have a second mailing before the first one has drained."""
    for seed in range(6):
        arriving, capacity = _evening(Random(seed), again=seed > 3)
        answer = empty_after(list(arriving), capacity)
        is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
        require(is_number, f"`empty_after` returned {answer!r}; return a number of seconds.")
        if answer != drained(arriving, capacity):
            return [_reply(answer, arriving, capacity)]
    return []


def drained(arriving: Sequence[int], capacity: int) -> int:
    """Return the right answer; each of these evenings has one."""
    backlog = 0
    for second, documents in enumerate(arriving, start=1):
        backlog += documents - capacity
        if backlog <= 0:
            return second
    raise ValueError("This evening never ends.")


def _evening(rng: Random, *, again: bool) -> tuple[list[int], int]:
    """Return the documents that arrive in each second, and the capacity; the usual load changes."""
    capacity = rng.randint(8, 30)
    arriving = [3 * capacity] * rng.randint(2, 4)
    arriving += [round(capacity * rng.uniform(0.4, 0.85)) for _ in range(_SECONDS)]
    if again:
        arriving[6:8] = [2 * capacity] * 2
    return arriving, capacity


def _mailed(arriving: Sequence[int]) -> int:
    return sum(documents for documents in arriving if documents == arriving[0])


def _reply(answer: float, arriving: Sequence[int], capacity: int) -> str:
    shown = ", ".join(map(str, arriving[:6]))
    case = f"With {shown}, … documents in each second, and a capacity of {capacity}, you returned {answer:g}."
    for thought, answers in _THOUGHTS.items():
        if answers(arriving, capacity) == answer:
            return f"{case} {thought}"
    if answer > drained(arriving, capacity):
        return f"{case} The backlog was gone before: stop at the first second without one."
    seconds = max(0, int(answer))
    left = sum(arriving[:seconds]) - capacity * seconds
    return f"{case} Then {left} still wait: add what comes in each second, and take off what is rendered."
