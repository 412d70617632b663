"""`pdflab bench simulation`: our engines beside SimPy and Ciw, on the same jobs, in one run.

Arrivals and service times are drawn beforehand, the same for all; a test compares the results job by job.
Processor time counts: other programs would slow down the longest run most.

Read next: pdflab/simulation/fcfs.py, pdflab/simulation/discrete_event.py.
"""

import gc
import importlib.util
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush
from itertools import count
from statistics import median
from typing import Any

import numpy as np

from pdflab.benchmarks.measuring import CPU_CLOCK, in_a_fresh_process, median_ratio, take_turns
from pdflab.errors import UsageError
from pdflab.experiments.figure_table import FigureTable
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, simulate_fcfs
from pdflab.simulation.knee import simulate_knee
from pdflab.simulation.model import Model

WORKERS, UTILISATION = 4, 0.9
CORES, THREADS, PATIENCE = 2, 8, 20.0  # threads share cores, and clients time out
MANY, MANY_WORKERS = 10_000_000, 1_000
_KNEE_JOBS = 10_000  # of each utilisation and seed
_BLOCK = 65_536
_MISSING = "SimPy and Ciw are the yardsticks of this benchmark; install them with: pip install -e '.[test]'"


def measure(*, rounds: int = 5, scale: float = 1.0, most: int = 100_000_000) -> dict[str, Any]:
    """Measure everything and return ratios, seconds, megabytes, and jobs per second.

    `scale` makes all runs shorter, and `most` the longest of them. Raises UsageError without the yardsticks.
    """
    if not all(map(importlib.util.find_spec, ("simpy", "ciw"))):
        raise UsageError(_MISSING)
    rates = take_turns(_contenders(scale), rounds)
    many = draw_mmc_jobs(int(MANY * scale), workers=MANY_WORKERS)
    return {
        "vs_simpy": round(median_ratio(rates["ours"], rates["simpy"]), 1),
        "vs_ciw": round(median_ratio(rates["ours"], rates["ciw"]), 1),
        "event_vs_simpy": round(median_ratio(rates["event_ours"], rates["event_simpy"]), 1),
        "ten_million_s": round(_seconds_of(lambda: mean_waiting(many, MANY_WORKERS)), 2),
        "knee_s": round(_seconds_of(lambda: simulate_knee(jobs=int(_KNEE_JOBS * scale))), 3),
        "hundred_million_mb": round(_peak_in_a_fresh_process(most), 1),
        "jobs_per_s": {name: round(median(turns)) for name, turns in rates.items()},
    }


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table, and their comparison."""
    f, rates = figures, {name: f"{rate:,}" for name, rate in figures["jobs_per_s"].items()}
    simpy, ciw = ("SimPy", rates["simpy"], rates["event_simpy"]), ("Ciw", rates["ciw"], "–")
    ours = ("ours", rates["ours"], rates["event_ours"])
    yield FigureTable(("jobs per second", "queue", "cores and timeouts"), [simpy, ciw, ours])
    yield f"a queue: {f['vs_simpy']} times as fast as SimPy, {f['vs_ciw']} as Ciw"
    yield f"cores and timeouts: {f['event_vs_simpy']} times as fast as SimPy"
    yield f"ten million jobs on {MANY_WORKERS:,} workers: {f['ten_million_s']} s"
    yield f"a knee of 20 utilisations × 20 seeds × {_KNEE_JOBS:,} jobs, without numba: {f['knee_s']} s"
    yield f"a hundred million jobs: {f['hundred_million_mb']} MB, the interpreter's included"


def draw_mmc_jobs(number: int, *, workers: float = WORKERS, block: int = _BLOCK) -> Iterator[Jobs]:
    """Draw the jobs of M/M/c, block by block; a job takes a second on average."""
    rng, last = np.random.default_rng(1), 0.0
    for first in range(0, number, block):
        size = min(block, number - first)
        at = last + np.cumsum(rng.exponential(1 / (UTILISATION * workers), size))
        last = float(at[-1])
        yield Jobs(at, rng.exponential(1.0, size))


def with_patience(jobs: Jobs) -> Jobs:
    """Return the jobs of clients that time out."""
    return replace(jobs, patience=np.full(len(jobs.at), PATIENCE))


def mean_waiting(blocks: Iterable[Jobs], workers: int = WORKERS) -> float:
    """Run blocks of jobs and keep nothing but the mean of their waiting, in seconds."""
    total, jobs = 0.0, 0
    for served in simulate_fcfs(blocks, workers):
        total += float(served.waiting.sum())
        jobs += len(served.at)
    return total / jobs


def run_simpy(jobs: Jobs) -> list[float]:
    """Run the same queue as one would write it in SimPy; return when each job was started."""
    import simpy

    environment, started = simpy.Environment(), [0.0] * len(jobs.at)
    workers = simpy.Resource(environment, WORKERS)

    def job(number: int, seconds: float) -> Generator[Any, Any, Any]:
        with workers.request() as turn:
            yield turn
            started[number] = environment.now
            yield environment.timeout(seconds)

    _run(environment, jobs, job)
    return started


def run_ciw(jobs: Jobs) -> list[float]:
    """Run the same queue in Ciw."""
    import ciw

    gaps = [*np.diff(jobs.at, prepend=0.0).tolist(), float("inf")]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps)],
        service_distributions=[ciw.dists.Sequential(jobs.service.tolist())],
        number_of_servers=[WORKERS],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(jobs.at), method="Finish")
    records = sorted(simulation.get_all_records(), key=lambda record: record.id_number)
    return [float(record.service_start_date) for record in records]


def run_events(jobs: Jobs) -> list[float]:
    """Run threads that share cores, with clients that time out; return when each job was done."""
    requests = Simulation(Model(workers=THREADS, cores=CORES)).run([with_patience(jobs)])
    return list(requests.ended_at)


def run_simpy_events(jobs: Jobs) -> list[float]:
    """Run the same model in SimPy: threads, shared cores, and clients that time out."""
    import simpy

    environment, ended = simpy.Environment(), [0.0] * len(jobs.at)
    threads, cores = simpy.Resource(environment, THREADS), _SharedCores(environment)

    def request(number: int, seconds: float) -> Generator[Any, Any, Any]:
        with threads.request() as turn:
            yield turn
            yield cores.work(seconds)
            ended[number] = environment.now

    def client(number: int, seconds: float) -> Generator[Any, Any, Any]:
        answer = environment.process(request(number, seconds))
        yield answer | environment.timeout(PATIENCE)  # it leaves, or has its answer

    _run(environment, jobs, client)
    return ended


def _run(environment: Any, jobs: Jobs, start: Callable[[int, float], Any]) -> None:
    def arrivals() -> Generator[Any, Any, Any]:
        for number, (at, seconds) in enumerate(zip(jobs.at.tolist(), jobs.service.tolist(), strict=True)):
            yield environment.timeout(at - environment.now)
            environment.process(start(number, seconds))

    environment.process(arrivals())
    environment.run()


class _SharedCores:
    """Cores in SimPy: whenever their speed changes, a new timeout for the job that will end first."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._due: list[tuple[float, int, Any]] = []
        self._numbers = count()  # for jobs that end at the same instant
        self._shown = self._since = 0.0
        self._pace = 1.0

    def work(self, seconds: float) -> Any:
        """Return an event that comes when so many seconds of work are done."""
        self._advance()
        done = self._environment.event()
        heappush(self._due, (self._shown + seconds, next(self._numbers), done))
        self._plan()
        return done

    def _advance(self) -> None:
        self._shown += (self._environment.now - self._since) * self._pace
        self._since = self._environment.now

    def _plan(self) -> None:
        if self._due:
            self._pace = min(1.0, CORES / len(self._due))
            self._alarm = self._environment.timeout((self._due[0][0] - self._shown) / self._pace)
            self._alarm.callbacks.append(self._finish)

    def _finish(self, alarm: Any) -> None:
        if alarm is self._alarm:  # otherwise the speed has changed since
            self._advance()
            _, _, done = heappop(self._due)
            done.succeed()
            self._plan()


def _contenders(scale: float) -> Mapping[str, Callable[[], float]]:
    """Return calls that run each contender once, on its jobs, and return the jobs a second."""
    table: dict[str, tuple[int, int, Callable[[Jobs], object]]] = {
        "simpy": (40_000, WORKERS, run_simpy),
        "ciw": (10_000, WORKERS, run_ciw),
        "ours": (1_000_000, WORKERS, lambda jobs: mean_waiting([jobs])),
        "event_simpy": (20_000, CORES, run_simpy_events),
        "event_ours": (100_000, CORES, run_events),
    }
    contenders = {}
    for name, (full, workers, run) in table.items():
        number = max(100, int(full * scale))
        jobs = next(draw_mmc_jobs(number, workers=workers, block=number))
        contenders[name] = partial(_rate, run, jobs)
    return contenders


def _rate(run: Callable[[Jobs], object], jobs: Jobs) -> float:
    return len(jobs.at) / _seconds_of(lambda: run(jobs))


def _seconds_of(run: Callable[[], object]) -> float:
    gc.collect()
    began = CPU_CLOCK()
    run()
    return CPU_CLOCK() - began


def _peak_in_a_fresh_process(jobs: int) -> float:
    """Return the peak memory of a process that runs so many jobs through a queue, in megabytes."""
    return in_a_fresh_process(
        "from pdflab.benchmarks.simulation import draw_mmc_jobs, mean_waiting\n"
        "from pdflab.benchmarks.measuring import resident_mb\n"
        f"mean_waiting(draw_mmc_jobs({jobs}))\n"
        "print(resident_mb(field='VmHWM'))"
    )
