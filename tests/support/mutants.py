"""Engines with one thing wrong each: what checks are worth shows on these."""

from collections.abc import Callable

import numpy as np

from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs, Served, collect, simulate_fcfs
from pdflab.simulation.model import Model, Request

Engine = Callable[[Jobs, int], Served]


def recursion(jobs: Jobs, workers: int) -> Served:
    """The engine as it is."""
    return collect(simulate_fcfs([jobs], workers))


def events(jobs: Jobs, workers: int) -> Served:
    """The other one as it is."""
    return _served(Simulation(Model(workers=workers)), jobs)


def a_worker_too_many(jobs: Jobs, workers: int) -> Served:
    """An off-by-one at the very beginning."""
    return recursion(jobs, workers + 1)


def last_come_first_served(jobs: Jobs, workers: int) -> Served:
    """A stack instead of a queue."""

    class Stack(Simulation):
        def _take_next(self) -> None:
            self._queue.rotate()
            super()._take_next()

    return _served(Stack(Model(workers=workers)), jobs)


def a_job_lost_now_and_then(jobs: Jobs, workers: int) -> Served:
    """One job in fifty is answered, and never done."""
    kept = np.arange(len(jobs.at)) % 50 != 49
    return recursion(Jobs(jobs.at[kept], jobs.service[kept]), workers)


def a_job_not_worked_on_now_and_then(jobs: Jobs, workers: int) -> Served:
    """One job in fifty is done in no time, and looks as if it had been worked on."""
    done = np.where(np.arange(len(jobs.at)) % 50 != 49, jobs.service, 0.0)
    served = recursion(Jobs(jobs.at, done), workers)
    return Served(served.at, served.started_at, served.started_at + jobs.service)


def overtaking(jobs: Jobs, workers: int) -> Served:
    """A job that has waited for long is put back behind the next."""

    class Overtaking(Simulation):
        def _enqueue(self, request: Request) -> None:
            super()._enqueue(request)
            if request.number % 100 == 99 and len(self._queue) > 1:
                self._queue[-1], self._queue[-2] = self._queue[-2], self._queue[-1]

    return _served(Overtaking(Model(workers=workers)), jobs)


MUTANTS: dict[Engine, str] = {
    a_worker_too_many: "no more are at work than there are workers",
    last_come_first_served: "first come, first served",
    a_job_lost_now_and_then: "every job is done",
    a_job_not_worked_on_now_and_then: "no more are at work than there are workers",
    overtaking: "first come, first served",
}


def _served(simulation: Simulation, jobs: Jobs) -> Served:
    requests = simulation.run([jobs])
    return Served(requests.at, requests.started_at, requests.ended_at)
