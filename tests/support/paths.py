"""Sample paths, and what must be true of every one of them: `violations` names what is not."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from pdflab.analysis.columns import Floats
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, Served
from pdflab.simulation.model import Model

# The eight jobs of the course, on two workers, worked out with pencil and paper.
AT = [0, 1, 2, 3, 4, 10, 10, 11]
SERVICE = [4, 3, 2, 5, 1, 2, 6, 1]
STARTED_AT = [0, 1, 4, 4, 6, 10, 10, 12]
ENDED_AT = [4, 4, 6, 9, 7, 12, 16, 13]


def column(values: list[int] | list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def poisson(count: int, workers: int, *, load: float = 0.9, seed: int = 1) -> Jobs:
    """M/M/c: exponential gaps and service times, the mean of the latter 1 s."""
    rng = np.random.default_rng(seed)
    return Jobs(np.cumsum(rng.exponential(1 / (load * workers), count)), rng.exponential(1.0, count))


def whole(jobs: Jobs) -> Jobs:
    """The same in whole milliseconds, so that sums and differences are exact."""
    return Jobs(np.rint(1000 * jobs.at), np.rint(1000 * jobs.service))


@st.composite
def jobs_of_whole_seconds(draw: st.DrawFn) -> Jobs:
    """Up to thirty jobs, many at the same instant; some take no time at all."""
    gaps = draw(st.lists(st.integers(0, 5), min_size=1, max_size=30))
    service = draw(st.lists(st.integers(0, 9), min_size=len(gaps), max_size=len(gaps)))
    return Jobs(np.cumsum(column(gaps)), column(service))


def serve_by_events(jobs: Jobs, model: Model) -> Served:
    requests = Simulation(model).run([jobs])
    return Served(requests.at, requests.started_at, requests.ended_at)


def violations(jobs: Jobs, served: Served, workers: int) -> set[str]:
    """Return the rules that a path breaks, with a core for each worker."""
    if len(served.at) != len(jobs.at) or np.isnan(served.ended_at).any():
        return {"every job is done"}
    kept = {
        "every job comes when it came": np.array_equal(served.at, jobs.at),
        "no job is started before it is there": bool(np.all(served.started_at >= served.at)),
        "a job takes as long as it takes": np.array_equal(served.started_at + jobs.service, served.ended_at),
        "first come, first served": bool(np.all(np.diff(served.started_at) >= 0)),
        "no more are at work than there are workers": True,
        "no worker is idle while a job waits": True,
    }
    for waiting, busy in queue_metrics(served):
        kept["no more are at work than there are workers"] &= busy <= workers
        kept["no worker is idle while a job waits"] &= not (waiting and busy < workers)
    return {name for name, is_kept in kept.items() if not is_kept}


def queue_metrics(served: Served) -> Iterator[tuple[int, int]]:
    """How many wait and how many are at work, in each stretch of time in which nothing changes."""
    instants = np.unique(np.concatenate([served.at, served.started_at, served.ended_at]))
    came, began, ended = (
        np.searchsorted(np.sort(when), instants[:-1], side="right")
        for when in (served.at, served.started_at, served.ended_at)
    )
    return zip((came - began).tolist(), (began - ended).tolist(), strict=True)


def jobs_in_system(served: Served) -> Fraction:
    """The area below the curve of jobs in the system, exactly: what ∫ L dt is."""
    steps = [(Fraction(at), 1) for at in served.at.tolist()]
    steps += [(Fraction(at), -1) for at in served.ended_at.tolist()]
    area, inside, last = Fraction(0), 0, Fraction(0)
    for at, change in sorted(steps):
        area += inside * (at - last)
        inside, last = inside + change, at
    return area


def seconds_spent(served: Served) -> Fraction:
    """What all jobs spent in the system together, exactly: λW × the length of the run."""
    pairs = zip(served.at.tolist(), served.ended_at.tolist(), strict=True)
    return sum((Fraction(end) - Fraction(at) for at, end in pairs), Fraction(0))


def serve_alone(at: Floats, service: Floats, free_at: float = 0.0) -> Floats:
    """Return the instant at which each job starts on a single worker, without a loop.

    Job n ends at S(n) + max over k ≤ n of (at(k) − S(k−1)), S being the sum of the service times so far:
    the busy period of job n began with some job k that found the worker free. It rounds differently from
    `serve`; with whole numbers both are equal.
    Source: Lindley, The theory of queues with a single server, Proc. Cambridge Phil. Soc. 48 (1952).
    """
    done = np.cumsum(service)
    before = done - service
    spell_began = np.maximum.accumulate(np.maximum(at - before, free_at))
    return before + spell_began
