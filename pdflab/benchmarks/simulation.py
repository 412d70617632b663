"""`pdflab bench simulation`: our engines beside SimPy and Ciw, on the same jobs, in one run.

The contenders take turns, so that a slow moment of the machine affects all of them, and the median of the
turns' ratios counts. Arrivals and service times are drawn beforehand, the same for all; a test compares the
results job by job. Processor time counts: other programs would slow down the longest run most.

Read next: pdflab/simulation/fcfs.py, pdflab/simulation/discrete_event.py.
"""

import gc
import importlib.util
from collections.abc import Callable, Generator, Iterator
from heapq import heappop, heappush
from statistics import median
from typing import Any

import numpy as np

from pdflab.benchmarks.measuring import CPU_CLOCK, in_a_fresh_process, rounds_of
from pdflab.errors import UsageError
from pdflab.experiments.figure_table import FigureTable
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, Serve, fastest_serve, serve, simulate_fcfs
from pdflab.simulation.model import Model

_ROUNDS = 5
WORKERS, UTILISATION = 4, 0.9
CORES, THREADS, PATIENCE = 2, 8, 20.0  # threads share cores, and clients time out
_JOBS = {"simpy": 40_000, "ciw": 10_000, "ours": 1_000_000, "fast": 1_000_000}
_EVENT_JOBS = {"event_simpy": 20_000, "event_ours": 100_000}
MANY, MANY_WORKERS = 10_000_000, 1_000
MOST = 100_000_000

_BLOCK = 65_536
_MISSING = "SimPy and Ciw are the yardsticks of this benchmark; install them with: pip install -e '.[test]'"


def measure(*, rounds: int = _ROUNDS, scale: float = 1.0, most: int = MOST) -> dict[str, Any]:
    """Measure everything and return ratios, seconds, megabytes, and jobs per second.

    `scale` makes all runs shorter, and `most` the longest of them. Raises UsageError without the yardsticks.
    """
    if not all(map(importlib.util.find_spec, ("simpy", "ciw"))):
        raise UsageError(_MISSING)
    rates = _take_turns(_contenders(scale), rounds)
    return {
        "vs_simpy": _ratio(rates["ours"], rates["simpy"]),
        "vs_ciw": _ratio(rates["ours"], rates["ciw"]),
        "fast_vs_simpy": _ratio(rates["fast"], rates["simpy"]) if "fast" in rates else None,
        "event_vs_simpy": _ratio(rates["event_ours"], rates["event_simpy"]),
        "ten_million_s": round(_seconds_of(int(MANY * scale)), 2),
        "hundred_million_mb": round(_peak_in_a_fresh_process(most), 1),
        "jobs_per_s": {name: round(median(turns)) for name, turns in rates.items()},
    }


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table, and their comparison."""
    f, rates = figures, figures["jobs_per_s"]
    columns = (("simpy", "event_simpy"), ("ciw", ""), ("ours", "event_ours"), ("fast", ""))
    names = ("SimPy", "Ciw", "ours", "ours, with numba")
    rows = [
        (name, *(f"{rates[key]:,}" if key in rates else "–" for key in keys))
        for name, keys in zip(names, columns, strict=True)
    ]
    yield FigureTable(("jobs per second", "queue", "cores and timeouts"), rows)
    fast = f", {f['fast_vs_simpy']} with numba" if f["fast_vs_simpy"] else ""
    yield f"a queue: {f['vs_simpy']} times as fast as SimPy{fast}, {f['vs_ciw']} as Ciw"
    yield f"cores and timeouts: {f['event_vs_simpy']} times as fast as SimPy"
    yield f"ten million jobs on {MANY_WORKERS:,} workers: {f['ten_million_s']} s"
    yield f"a hundred million jobs: {f['hundred_million_mb']} MB, the interpreter's included"


def draw_mmc_jobs(count: int, *, workers: float = WORKERS, seed: int = 1) -> Iterator[Jobs]:
    """Draw the jobs of M/M/c, block by block; a job takes a second on average."""
    rng, last = np.random.default_rng(seed), 0.0
    for first in range(0, count, _BLOCK):
        size = min(_BLOCK, count - first)
        at = last + np.cumsum(rng.exponential(1 / (UTILISATION * workers), size))
        last = float(at[-1])
        yield Jobs(at, rng.exponential(1.0, size))


def run_simpy(jobs: Jobs) -> list[float]:
    """Run the same queue as one would write it in SimPy."""
    import simpy

    environment = simpy.Environment()
    started: list[float] = []
    workers = simpy.Resource(environment, WORKERS)

    def job(seconds: float) -> Generator[Any, Any, Any]:
        with workers.request() as turn:
            yield turn
            started.append(environment.now)
            yield environment.timeout(seconds)

    def clients() -> Generator[Any, Any, Any]:
        for at, seconds in zip(jobs.at.tolist(), jobs.service.tolist(), strict=True):
            yield environment.timeout(at - environment.now)
            environment.process(job(seconds))

    environment.process(clients())
    environment.run()
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
    requests = Simulation(Model(workers=THREADS, cores=CORES)).run([_with_patience(jobs)])
    return list(requests.ended_at)


def run_simpy_events(jobs: Jobs) -> list[float]:
    """Run the same model in SimPy: threads, shared cores, and clients that time out."""
    import simpy

    environment, count = simpy.Environment(), len(jobs.at)
    threads, cores = simpy.Resource(environment, THREADS), _SharedCores(environment)
    ended, given_up = [0.0] * count, [False] * count

    def request(number: int, seconds: float) -> Generator[Any, Any, Any]:
        with threads.request() as turn:
            yield turn
            yield cores.work(seconds)
            ended[number] = environment.now

    def client(number: int, seconds: float) -> Generator[Any, Any, Any]:
        answer = environment.process(request(number, seconds))
        yield answer | environment.timeout(PATIENCE)
        given_up[number] = not answer.triggered

    def clients() -> Generator[Any, Any, Any]:
        for number, (at, seconds) in enumerate(zip(jobs.at.tolist(), jobs.service.tolist(), strict=True)):
            yield environment.timeout(at - environment.now)
            environment.process(client(number, seconds))

    environment.process(clients())
    environment.run()
    return ended


class _SharedCores:
    """Cores in SimPy: whenever their speed changes, a new timeout for the job that will end first."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._due: list[tuple[float, int, Any]] = []
        self._shown = self._since = 0.0
        self._serial = 0

    def work(self, seconds: float) -> Any:
        """Return an event that comes when so many seconds of work are done."""
        self._advance()
        self._serial += 1
        done = self._environment.event()
        heappush(self._due, (self._shown + seconds, self._serial, done))
        self._plan()
        return done

    @property
    def _pace(self) -> float:
        return min(1.0, CORES / len(self._due)) if self._due else 1.0

    def _advance(self) -> None:
        self._shown += (self._environment.now - self._since) * self._pace
        self._since = self._environment.now

    def _plan(self) -> None:
        if self._due:
            self._serial += 1
            alarm = self._environment.timeout((self._due[0][0] - self._shown) / self._pace, self._serial)
            alarm.callbacks.append(self._finish)

    def _finish(self, alarm: Any) -> None:
        if alarm.value != self._serial:
            return  # the speed has changed since
        self._advance()
        _, _, done = heappop(self._due)
        done.succeed()
        self._plan()


def _with_patience(jobs: Jobs) -> Jobs:
    return Jobs(jobs.at, jobs.service, np.full(len(jobs.at), PATIENCE))


def _contenders(scale: float) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return for each how many jobs it runs, and the call that runs them."""
    counts = {name: max(100, int(count * scale)) for name, count in (_JOBS | _EVENT_JOBS).items()}
    drawn = {name: list(draw_mmc_jobs(counts[name])) for name in _JOBS}
    shared = {name: _join(draw_mmc_jobs(counts[name], workers=CORES)) for name in _EVENT_JOBS}
    calls: dict[str, Callable[[], object]] = {
        "simpy": lambda: run_simpy(_join(drawn["simpy"])),
        "ciw": lambda: run_ciw(_join(drawn["ciw"])),
        "ours": lambda: run_through(drawn["ours"], serve),
        "event_simpy": lambda: run_simpy_events(shared["event_simpy"]),
        "event_ours": lambda: run_events(shared["event_ours"]),
    }
    if (fast := fastest_serve()) is not serve:
        run_through(drawn["fast"][:1], fast)  # compile it now, before the measurement
        calls["fast"] = lambda: run_through(drawn["fast"], fast)
    return {name: (counts[name], call) for name, call in calls.items()}


def run_through(blocks: Iterator[Jobs] | list[Jobs], serve: Serve, workers: int = WORKERS) -> float:
    """Run blocks of jobs and keep nothing but the mean of their waiting, in seconds."""
    total, count = 0.0, 0
    for served in simulate_fcfs(blocks, workers, serve=serve):
        total += float(served.waiting.sum())
        count += len(served.at)
    return total / count


def _take_turns(
    contenders: dict[str, tuple[int, Callable[[], object]]], rounds: int
) -> dict[str, list[float]]:
    """Return the jobs a second of each contender in each round."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in rounds_of(rounds, "measuring"):
        for name, (count, run) in contenders.items():
            gc.collect()
            began = CPU_CLOCK()
            run()
            rates[name].append(count / (CPU_CLOCK() - began))
    return rates


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return round(median(one / other for one, other in zip(ours, theirs, strict=True)), 1)


def _seconds_of(count: int) -> float:
    """Return the seconds for drawing and serving many jobs on many workers."""
    began = CPU_CLOCK()
    run_through(draw_mmc_jobs(count, workers=MANY_WORKERS), serve, MANY_WORKERS)
    return CPU_CLOCK() - began


def _peak_in_a_fresh_process(count: int) -> float:
    """Return the peak memory of a process that runs so many jobs through a queue, in megabytes."""
    return in_a_fresh_process(
        "from pdflab.benchmarks.simulation import draw_mmc_jobs, run_through, serve\n"
        "from pdflab.benchmarks.measuring import resident_mb\n"
        f"run_through(draw_mmc_jobs({count}), serve)\n"
        "print(resident_mb(field='VmHWM'))"
    )


def _join(blocks: Iterator[Jobs] | list[Jobs]) -> Jobs:
    parts = list(blocks)
    return Jobs(np.concatenate([part.at for part in parts]), np.concatenate([part.service for part in parts]))
