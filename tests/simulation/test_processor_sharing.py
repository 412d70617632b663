"""The clock of work: as fast as wall time while there are cores, slower while workers share them."""

from math import inf

import pytest

from pdflab.simulation.processor_sharing import ProcessorSharingClock


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
