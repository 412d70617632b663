"""What an attack reports, without one: its figures are read from what was found."""

from collections import Counter

import pytest

from pdflab.audit import Audit, Counts
from pdflab.chaos.attack import Attack
from pdflab.chaos.faults import Kind
from pdflab.chaos.impact import Impact


def attack(*, returned: int = 0, fenced: int = 0, slowest: float | None = None, **counts: int) -> Attack:
    return Attack(
        worker="reliable",
        workers=2,
        seconds=10.0,
        seed=7,
        redis="redis-server",
        skipped=frozenset(),
        faults=Counter({Kind.KILL: 3}),
        impact=Impact(3, returned, slowest, 90),
        fenced=fenced,
        sent=100,
        unheard=0,
        audit=Audit(Counts(**counts), ()),
    )


def test_a_job_that_is_open_when_all_is_over_counts_as_lost() -> None:
    """Nothing happens any more: it will never end."""
    counts = attack(accepted=10, completed=7, open=2, lost=1).counts

    assert (counts["open"], counts["lost"], counts["completed"]) == (0, 3, 7)


@pytest.mark.parametrize(("returned", "fenced", "missing"), [(0, 0, 2), (3, 0, 1), (0, 1, 1), (3, 1, 0)])
def test_what_was_never_tested_is_named(returned: int, fenced: int, missing: int) -> None:
    """A queue without leases or tokens would have passed such an attack."""
    assert len(attack(returned=returned, fenced=fenced).untested) == missing


def test_the_slowest_return_is_counted_in_leases() -> None:
    """Two leases are what a sweep may take; none came back, none is counted."""
    assert attack(slowest=3.0).slowest_return_leases == 2.0
    assert attack().to_json()["slowest_return_leases"] is None
