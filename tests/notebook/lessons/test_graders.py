"""Each grader accepts the reference solution, and names the thought behind typical wrong ones."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.graders.admission import grade_admits
from pdflab.notebook.lessons.graders.draining import grade_empty_after
from pdflab.notebook.lessons.graders.retries import grade_may_retry
from pdflab.notebook.lessons.graders.scaling_rule import grade_wanted
from pdflab.notebook.lessons.graders.staffing import HELD_OUT, fewest, grade_workers_needed
from pdflab.notebook.lessons.graders.waiting import area, grade_waited
from pdflab.simulation.theory import mmc

Answer = Callable[..., Any]


def waited(at: list[float], depth: list[int]) -> float:
    return sum(d * (b - a) for (a, b), d in zip(pairwise(at), depth, strict=False))


def trapezoid(at: list[float], depth: list[int]) -> float:
    return sum((b - a) * (c + d) / 2 for (a, b), (c, d) in zip(pairwise(at), pairwise(depth), strict=True))


def admits(waiting: int, workers: int, service: float, patience: float) -> bool:
    return waiting / workers * service + service <= patience


def until_it_is_empty(at: list[float], depth: list[int]) -> float:
    return waited(at, depth[: depth.index(0) + 1])


def workers_needed(rate: float, service: float, longest_wait: float) -> int:
    workers = math.floor(rate * service) + 1
    while mmc(rate, 1 / service, workers).waiting > longest_wait:
        workers += 1
    return workers


def may_retry(first_requests: int, retries: int) -> bool:
    return retries < 0.1 * first_requests


def empty_after(arriving: list[int], capacity: int) -> int | None:
    backlog = 0
    for second, documents in enumerate(arriving, start=1):
        backlog += documents - capacity
        if backlog <= 0:
            return second
    return None


def behind(seen: Any) -> bool:
    return bool(seen.waiting > 20 or seen.busy > 10)


@pytest.mark.parametrize(
    ("grade", "solution"),
    [
        (grade_waited, waited),
        (grade_admits, admits),
        (grade_workers_needed, workers_needed),
        (grade_may_retry, may_retry),
        (grade_may_retry, lambda first, retries: retries < 0.2 * first),
        (grade_empty_after, empty_after),
        (grade_wanted, lambda seen: 40 if 3540 <= seen.time < 4200 or behind(seen) else 10),
        (grade_wanted, lambda seen: 40 if 3540 <= seen.time < 4200 else seen.busy + seen.waiting / 5),
    ],
)
def test_a_solution_passes(grade: Answer, solution: Answer) -> None:
    """On every held-out case."""
    assert grade(solution) == []


WRONG: list[tuple[Answer, Answer, str]] = [
    (grade_waited, lambda at, depth: sum(depth) / len(depth) * (at[-1] - at[0]), "a depth that lasts longer"),
    (grade_waited, lambda at, depth: sum(depth) / len(depth) * len(depth), "how long did each of them last"),
    (grade_waited, trapezoid, "the depth jumps"),
    (grade_waited, lambda at, depth: waited(at, depth[1:]), "the depth during it"),
    (grade_waited, until_it_is_empty, "and you returned"),
    (grade_waited, lambda at, depth: waited(at, [max(d, 1) for d in depth]), "and you returned"),
    (grade_waited, lambda at, depth: waited(at, depth[::-1]), "and you returned"),
    (grade_waited, lambda at, depth: max(depth) * (at[-1] - at[0]), "and you returned"),
    (grade_waited, lambda at, depth: round(waited(at, depth)), "and you returned"),
    (grade_waited, lambda at, depth: 7, "and you returned 7"),
    (grade_waited, lambda at, depth: None, "returned None; return a number"),
    (grade_admits, lambda *_: True, "You never refuse: who still wants the PDF"),
    (grade_admits, lambda *_: False, "0 PDFs of a spike were in time"),
    (grade_admits, lambda n, workers, service, patience: n / workers * service <= patience, "too late"),
    (
        grade_admits,
        lambda n, workers, service, patience: (n + 1) * service <= patience,
        "You refused 431: your answer is the same whatever workers is",
    ),
    (grade_admits, lambda n, workers, service, patience: (n + 1) / workers * service <= patience, "too late"),
    (grade_admits, lambda n, *_: n < 8, "too late: your answer is the same whatever workers is"),
    (grade_admits, lambda n, workers, *_: n < 2 * workers, "your answer is the same whatever service is"),
    (grade_admits, lambda n, workers, *_: n < workers, "your answer is the same whatever service is"),
    (
        grade_admits,
        lambda n, workers, service, _: n * service < workers,
        "too late: your answer is the same whatever patience is",
    ),
    (grade_admits, lambda n, _, service, patience: n * service < patience, "the same whatever workers is"),
    (
        grade_admits,
        lambda n, workers, service, patience: n / workers * service <= patience / 2,
        "would none of their PDFs have been in time?",
    ),
    (grade_admits, lambda n, *_: n % 3 == 0, "your answer is the same whatever workers is"),
    (grade_admits, lambda *_: 1, "returned 1; return True or False"),
    (grade_workers_needed, lambda rate, service, _: math.ceil(rate * service), "counts the work alone"),
    (grade_workers_needed, lambda rate, service, _: math.floor(rate * service), "the queue grows for ever"),
    (grade_workers_needed, lambda rate, service, _: math.ceil(rate * service / 0.8), " it is "),
    (grade_workers_needed, lambda *case: fewest(*case) + 1, "fewer are enough"),
    (grade_workers_needed, lambda *_: 2.5, "returned 2.5; return a whole number"),
    (grade_may_retry, lambda first, retries: True, "0% of the clients get their PDF in time"),
    (grade_may_retry, lambda first, retries: retries < first, "your retries keep the service overloaded"),
    (grade_may_retry, lambda first, retries: False, "you allowed 0% of their retries"),
    (
        grade_may_retry,
        lambda first, retries: retries < 0.5 * first,
        "your retries keep the service overloaded",
    ),
    (grade_may_retry, lambda first, retries: retries < 30, "your retries keep the service overloaded"),
    (grade_may_retry, lambda first, retries: first < 100, "your retries keep the service overloaded"),
    (grade_may_retry, lambda first, retries: retries < 2 * math.sqrt(first), "let the budget grow"),
    (grade_may_retry, lambda first, retries: retries < 5 * math.log(first), "let the budget grow"),
    (grade_may_retry, lambda first, retries: first < 0.1 * retries, "you allowed 0% of their retries"),
    (grade_may_retry, lambda first, retries: retries % 2 == 0, "let the budget grow"),
    (grade_may_retry, lambda first, retries: retries < 5, "let the budget grow with the requests"),
    (grade_may_retry, lambda first, retries: None, "returned None; return True or False"),
    (
        grade_empty_after,
        lambda arriving, capacity: math.ceil(sum(n for n in arriving if n == arriving[0]) / capacity),
        "who renders what comes meanwhile?",
    ),
    (grade_empty_after, lambda arriving, capacity: 2, "still wait: add what comes"),
    (grade_empty_after, lambda arriving, capacity: empty_after(arriving, capacity) - 1, "from 0"),  # type: ignore[operator]
    (grade_empty_after, lambda arriving, capacity: 190, "The backlog was gone before"),
    (grade_empty_after, lambda arriving, capacity: None, "returned None; return a number"),
    (
        grade_wanted,
        lambda seen: 40 if behind(seen) else 10,
        "came with the mailing, which is in the calendar",
    ),
    (grade_wanted, lambda seen: 40 if 3540 <= seen.time < 4200 else 10, "came with a surprise at 14:"),
    (grade_wanted, lambda seen: 30, "€ 330 a month"),
    (grade_wanted, lambda seen: None, "returned None; return a number of workers"),
]


@pytest.mark.parametrize(("grade", "wrong", "reply"), WRONG)
def test_a_wrong_answer_gets_the_reply_to_its_thought(grade: Answer, wrong: Answer, reply: str) -> None:
    """A sentence that says what to look at."""
    try:
        finding = "\n".join(grade(wrong))
    except UsageError as error:
        finding = str(error)

    assert reply in finding


def test_the_area_counts_each_depth_as_long_as_it_lasts() -> None:
    """Two jobs for three seconds, then one for a second."""
    assert area([1.0, 4.0, 5.0], [2, 1, 0]) == 7


@pytest.mark.parametrize("case", HELD_OUT)
def test_the_right_number_of_workers_is_clear(case: tuple[float, float, float]) -> None:
    """A student who simulates gets the same answer as one who computes."""
    rate, service, longest = case
    right = fewest(*case)

    assert mmc(rate, 1 / service, right).waiting < longest / 1.2
    assert right - 1 < rate * service or mmc(rate, 1 / service, right - 1).waiting > longest * 1.2
