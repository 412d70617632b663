"""Grades lesson 08's `wanted(seen)`: a rule for the number of workers, on days that its author has not seen.

Read next: pdflab/notebook/lessons/graders/staffing.py.
"""

from collections.abc import Callable
from typing import Any

from pdflab.simulation.capacity.scaled_day import (
    HOUR,
    MOST_LATE,
    MOST_MONEY,
    NINE,
    PRICE,
    SERVICE,
    START_UP,
    USUAL,
    ScaledDay,
    simulate_day,
)

_HELD_OUT = (11, 12, 13)


def grade_wanted(wanted: Callable[..., Any]) -> list[str]:
    """Simulate days with other surprises; a finding for late documents, and one for the money."""
    for seed in _HELD_OUT:
        day = simulate_day(wanted, seed=seed)
        findings = [*_lateness(day), *_money(day)]
        if findings:
            return findings
    return []


def _lateness(day: ScaledDay) -> list[str]:
    if day.late <= MOST_LATE:
        return []
    at_nine, surprised = day.late_at_nine, day.late - day.late_at_nine
    case = f"On another day {day.late:,} documents were late, and at most {MOST_LATE} may be."
    if at_nine > surprised:
        return [
            f"{case} {at_nine:,} of them came with the mailing, which is in the calendar: a worker that is "
            f"ordered at {NINE:g} s takes its first job at {NINE + START_UP:g} s."
        ]
    at = 8 + day.surprise / HOUR
    return [
        f"{case} {surprised:,} of them came with a surprise at {int(at)}:{int(at % 1 * 60):02}, which is in "
        "no calendar: what of `seen` shows it first, and how many workers does it need?"
    ]


def _money(day: ScaledDay) -> list[str]:
    if (cost := day.cost_a_month(PRICE)) <= MOST_MONEY:
        return []
    busy, paid = USUAL * SERVICE, day.worker_hours * HOUR / day.demand[-1][0]
    return [
        f"It costs € {cost:.0f} a month, and at most € {MOST_MONEY} are allowed: {paid:.0f} workers on "
        f"average, where the usual load keeps {busy:.0f} busy. When does your rule let workers go?"
    ]
