"""The recursion: by hand, on every path, and the same by whatever way it is computed."""

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import (
    AT,
    ENDED_AT,
    SERVICE,
    STARTED_AT,
    column,
    jobs_in_system,
    jobs_of_whole_seconds,
    poisson,
    seconds_spent,
    serve_alone,
    violations,
    whole,
)

from pdflab.errors import UsageError
from pdflab.simulation.fcfs import (
    Jobs,
    Serve,
    _serve,
    collect,
    fastest_serve,
    serve,
    simulate_fcfs,
)


def fast(at: np.ndarray, service: np.ndarray, free: list[float]) -> np.ndarray:
    """The recursion that numba compiles, as plain Python: it must be right even where numba is not."""
    heap = np.array(free, dtype=at.dtype)
    started = _serve(at, service, heap)
    free[:] = heap.tolist()
    return started


@pytest.mark.parametrize("recursion", [serve, fast])
def test_eight_jobs_on_two_workers_go_as_worked_out_by_hand(recursion: Serve) -> None:
    """Jobs 3 and 4 wait for the first two; job 5 overtakes job 4, which is long; job 8 waits for job 6."""
    served = collect(simulate_fcfs([Jobs(column(AT), column(SERVICE))], 2, serve=recursion))

    assert served.started_at.tolist() == STARTED_AT
    assert served.ended_at.tolist() == ENDED_AT
    assert served.waiting.tolist() == [0, 0, 2, 1, 2, 0, 0, 1]
    assert served.latency.tolist() == [4, 3, 4, 6, 3, 2, 6, 2]


@given(jobs_of_whole_seconds(), st.integers(1, 5))
def test_every_path_keeps_the_rules_of_a_queue(jobs: Jobs, workers: int) -> None:
    """No job lost, none early, none overtaken; never too many at work, none idle while a job waits."""
    served = collect(simulate_fcfs([jobs], workers))

    assert not violations(jobs, served, workers)


@given(jobs_of_whole_seconds(), st.integers(1, 5))
def test_littles_law_is_an_identity(jobs: Jobs, workers: int) -> None:
    """The area below the curve of jobs in the system is the time that they spent in it, to the last digit."""
    served = collect(simulate_fcfs([jobs], workers))

    assert jobs_in_system(served) == seconds_spent(served)


@given(jobs_of_whole_seconds(), st.integers(1, 5))
def test_the_compiled_recursion_is_the_same_recursion(jobs: Jobs, workers: int) -> None:
    """Its heap is written out, for numba; it returns the same starts."""
    plain, other = (collect(simulate_fcfs([jobs], workers, serve=f)) for f in (serve, fast))

    assert np.array_equal(plain.started_at, other.started_at)


def test_numba_returns_the_same_to_the_last_bit() -> None:
    """A hundred thousand jobs on seven workers, compiled and not."""
    if importlib.util.find_spec("numba") is None:
        assert fastest_serve() is serve
        pytest.skip("numba is not installed: pip install -e '.[fast]'")
    jobs = poisson(100_000, 7)

    plain, compiled = (collect(simulate_fcfs([jobs], 7, serve=f)) for f in (serve, fastest_serve()))

    assert np.array_equal(plain.ended_at, compiled.ended_at)


@given(jobs_of_whole_seconds(), st.integers(0, 20))
def test_one_worker_needs_no_loop(jobs: Jobs, free_at: int) -> None:
    """In whole numbers the sum over busy periods is what the recursion returns, whenever it is free."""
    assert np.array_equal(
        serve_alone(jobs.at, jobs.service, free_at), serve(jobs.at, jobs.service, [float(free_at)])
    )


@pytest.mark.parametrize("block", [1, 7, 4096, 5000])
def test_blocks_do_not_show(block: int) -> None:
    """Cut into blocks of any length, and given one by one, the jobs fare as they do together."""
    jobs = poisson(10_000, 3)
    parts = [Jobs(jobs.at[i : i + block], jobs.service[i : i + block]) for i in range(0, len(jobs.at), block)]

    together, cut = (collect(simulate_fcfs(blocks, 3)) for blocks in ([jobs], iter(parts)))

    assert np.array_equal(together.ended_at, cut.ended_at)


def test_time_may_be_whole_nanoseconds() -> None:
    """In int64 all is exact: no rounding, whatever the order of additions."""
    jobs = whole(poisson(5_000, 3))
    in_nanoseconds = Jobs(jobs.at.astype(np.int64) * 10**6, jobs.service.astype(np.int64) * 10**6)

    started = collect(simulate_fcfs([in_nanoseconds], 3)).started_at

    assert started.dtype == np.int64
    assert np.array_equal(started, collect(simulate_fcfs([jobs], 3)).started_at.astype(np.int64) * 10**6)


def test_more_workers_than_jobs_let_no_one_wait() -> None:
    """Then a job is done when it came plus what it takes."""
    jobs = poisson(50, 2)

    assert not collect(simulate_fcfs([jobs], 50)).waiting.any()


@pytest.mark.parametrize(
    ("nonsense", "sentence"),
    [
        (lambda: list(simulate_fcfs([], 0)), "needs 1 worker or more, not 0"),
        (lambda: Jobs(column([0]), column([-1])), "A service time cannot be negative"),
    ],
)
def test_nonsense_is_an_error_with_a_reason(nonsense: Callable[[], object], sentence: str) -> None:
    """One sentence, before anything is computed."""
    with pytest.raises(UsageError, match=sentence):
        nonsense()


def test_no_jobs_at_all_are_no_trouble() -> None:
    """An empty plan has an empty run."""
    assert len(collect(simulate_fcfs([], 1)).at) == 0
