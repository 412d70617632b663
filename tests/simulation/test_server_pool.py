"""The workers of a simulation: started, cancelled, drained and paid."""

from math import inf

import pytest

from pdflab.simulation.server_pool import ProcessorSharingClock, ServerPool


def test_scale_down_cancels_starting_workers_before_it_drains_others() -> None:
    """Three present and two starting: down to two, both starting ones are cancelled, and one is drained."""
    pool = ServerPool()
    for _ in range(pool.set_target(3, 0.0, 0)):
        pool.ready(0.0)
    assert pool.set_target(5, 1.0, 3) == 2

    assert pool.set_target(2, 2.0, 3) == 0
    pool.ready(3.0)
    pool.ready(3.0)

    assert (pool.present, pool.target) == (2, 2)
    assert pool.staffing == [(0.0, 3), (2.0, 2)]


def test_starting_workers_count_towards_the_target() -> None:
    """Two of four are on their way: two more are started, and all of them are ready in the end."""
    pool = ServerPool()
    assert pool.set_target(2, 0.0, 0) == 2
    assert pool.set_target(4, 1.0, 0) == 2
    pool.ready(2.0), pool.ready(2.0)

    assert (pool.present, pool.staffing) == (2, [(2.0, 2)])


def test_wanted_and_busy_workers_are_paid() -> None:
    """Ten seconds of three wanted; then one is wanted, and two are busy for five more."""
    pool = ServerPool()
    pool.set_target(3, 0.0, 0)
    pool.set_target(1, 10.0, 2)

    pool.bill(15.0, 2)

    assert pool.billed == 3 * 10 + 2 * 5


def test_a_crashed_worker_is_missing_and_still_wanted() -> None:
    """The target stays, and so does the pay: another worker is started for it."""
    pool = ServerPool()
    for _ in range(pool.set_target(2, 0.0, 0)):
        pool.ready(0.0)

    pool.restart(4.0)
    pool.bill(5.0, 1)

    assert (pool.present, pool.target, pool.billed) == (1, 2, 10.0)


def test_four_workers_on_two_cores_are_half_as_fast() -> None:
    """Ten seconds alone, then ten seconds of four: fifteen seconds of work for each."""
    clock = ProcessorSharingClock(cores=2)
    clock.share(0.0, 2, 0)
    clock.share(10.0, 4, 0)

    assert clock.at(20.0) == 15.0
    assert clock.wall(15.0) == 20.0


@pytest.mark.parametrize(("busy", "work"), [(1, 4.0), (2, 2.0), (4, 1.0)])
def test_the_api_takes_one_core_before_the_workers(busy: int, work: float) -> None:
    """Of two cores one is left, whatever the number of requests at the API."""
    clock = ProcessorSharingClock(cores=2)
    clock.share(0.0, busy, 7)

    assert clock.at(4.0) == work


def test_without_a_core_work_stands_still() -> None:
    """One core, and the API has it: nothing is done until it is free again."""
    clock = ProcessorSharingClock(cores=1)
    clock.share(1.0, 1, 1)
    assert (clock.at(9.0), clock.wall(2.0)) == (1.0, inf)

    clock.share(9.0, 1, 0)

    assert clock.wall(2.0) == 10.0
