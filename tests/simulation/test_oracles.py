"""SimPy and Ciw, independent of us, on the very same jobs: each job must start and end as it does there."""

import numpy as np
import pytest

from pdflab.analysis.columns import Floats
from pdflab.benchmarks import simulation as bench
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, collect, simulate_fcfs
from pdflab.simulation.model import Model, Outcome

ciw = pytest.importorskip("ciw")
pytest.importorskip("simpy")

JOBS = next(bench.draw_mmc_jobs(3_000))
CLOSE = {"rtol": 0.0, "atol": 1e-9}


def in_ciw(jobs: Jobs, **network: object) -> dict[str, Floats]:
    """Run one node of Ciw on given jobs, and return its records as columns, in the order of arrival."""
    built = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(jobs.at, prepend=0.0).tolist(), float("inf")])],
        service_distributions=[ciw.dists.Sequential(jobs.service.tolist())],
        **{name: value for name, value in network.items() if name != "node"},
    )
    simulation = ciw.Simulation(built, node_class=network.get("node", ciw.Node))
    simulation.simulate_until_max_time(jobs.at[-1] + jobs.service.sum())
    records = sorted(simulation.get_all_records(), key=lambda record: record.id_number)
    names = ("arrival_date", "service_start_date", "exit_date")
    reported = {name: np.array([getattr(record, name) for record in records], dtype=float) for name in names}
    return reported | {"type": np.array([record.record_type for record in records])}


def test_a_queue_in_simpy_and_in_ciw_is_ours() -> None:
    """M/M/4: the start of each of three thousand jobs, by both engines."""
    ours = collect(simulate_fcfs([JOBS], bench.WORKERS)).started_at

    assert np.allclose(ours, bench.run_simpy(JOBS), **CLOSE)
    assert np.allclose(ours, bench.run_ciw(JOBS), **CLOSE)


@pytest.mark.parametrize(("workers", "cores"), [(8, 4), (3, 1), (2, 2)])
def test_shared_cores_in_ciw_are_ours(workers: int, cores: int) -> None:
    """Ciw's limited processor sharing: when each job was started, and when it was done."""
    jobs = next(bench.draw_mmc_jobs(3_000, workers=cores))

    theirs = in_ciw(jobs, number_of_servers=[workers], ps_thresholds=[cores], node=ciw.PSNode)
    ours = Simulation(Model(workers=workers, cores=cores)).run([jobs])

    assert np.allclose(ours.started_at, theirs["service_start_date"], **CLOSE)
    assert np.allclose(ours.ended_at, theirs["exit_date"], **CLOSE)


def test_a_full_queue_in_ciw_refuses_the_same_clients() -> None:
    """Four workers and a queue of three: the very same clients are refused.

    All jobs take a second: Ciw draws the time of a job when it lets it in.
    """
    jobs = Jobs(JOBS.at, np.ones_like(JOBS.at))

    theirs = in_ciw(jobs, number_of_servers=[4], queue_capacities=[3])
    ours = Simulation(Model(workers=4, queue_capacity=3)).run([jobs])

    assert np.array_equal(ours.outcome == Outcome.REFUSED, theirs["type"] == "rejection")
    assert 0.01 < (ours.outcome == Outcome.REFUSED).mean() < 0.5


def test_threads_that_share_cores_in_simpy_are_ours() -> None:
    """The model of the benchmark, time-outs included: when each document was done, wanted or not."""
    jobs = next(bench.draw_mmc_jobs(3_000, workers=bench.CORES))

    assert np.allclose(bench.run_events(jobs), bench.run_simpy_events(jobs), **CLOSE)


def test_the_benchmark_counts_clients_that_renege() -> None:
    """Its model is one in which some do: else its time-outs would cost nothing."""
    jobs = bench.with_patience(next(bench.draw_mmc_jobs(3_000, workers=bench.CORES)))

    requests = Simulation(Model(workers=bench.THREADS, cores=bench.CORES)).run([jobs])

    assert 0.001 < (requests.outcome == Outcome.RENEGED).mean() < 0.5
