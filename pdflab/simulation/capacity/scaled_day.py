"""A day of a service whose number of workers follows a rule: what waits, what is late, and what is paid for.

From eight in the morning to six in the evening there is a usual load. At nine comes a mailing, which is in
the calendar; in the afternoon comes a surprise, at another time each day.

Read next: pdflab/charts/scaling.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats
from pdflab.simulation.autoscaling import Polled, Seen
from pdflab.simulation.discrete_event import Simulation
from pdflab.simulation.fcfs import Jobs
from pdflab.simulation.model import Model

HOUR, OPENS, CLOSES = 3600.0, 8, 18  # seconds; o'clock
SERVICE = 5.0  # mean seconds of a worker for a document
USUAL, MAILING = 1.2, 6.0  # documents a second
NINE, MAILED = 3600.0, 600.0  # seconds after eight; for how long the mailing sends
FLEET, MOST = 10, 40  # workers: at least, and at most
START_UP, POLL = 60.0, 15.0  # seconds until an ordered worker takes jobs; between two looks at the queue
PATIENCE = 30.0  # seconds: a document that waits longer is late
DAYS_A_MONTH, PRICE = 22, 0.05  # euros for a worker's hour: an assumption
MOST_LATE, MOST_MONEY = 400, 150  # documents a day, euros a month: what is wanted

Wanted = Callable[[Seen], float]
Spans = tuple[tuple[float, float], ...]  # until when, in seconds after eight, and documents a second


@dataclass(frozen=True, slots=True, eq=False)
class ScaledDay:
    """One simulated day, or a part of one; instants are seconds after eight."""

    at: Floats  # of each document's arrival
    started_at: Floats
    staffing: tuple[tuple[float, int], ...]  # from each instant on, the workers that take jobs
    worker_hours: float  # that are paid for
    demand: Spans

    @property
    def is_late(self) -> NDArray[np.bool_]:
        """Whether each document waited too long."""
        return np.asarray(self.started_at - self.at > PATIENCE)

    @property
    def late(self) -> int:
        """How many documents were late."""
        return int(self.is_late.sum())

    @property
    def late_at_nine(self) -> int:
        """How many of them came in the hour of the mailing."""
        return int((self.is_late & (self.at >= NINE) & (self.at < 2 * HOUR)).sum())

    @property
    def surprise(self) -> float:
        """When the second spike begins."""
        return self.demand[2][0]

    @property
    def backlog(self) -> tuple[Floats, Floats]:
        """Each second of the day, and the documents that wait then."""
        end = float(self.started_at.max())
        seconds = np.arange(0.0, end + 2)
        arrived, started = (
            np.searchsorted(np.sort(when), seconds, "right") for when in (self.at, self.started_at)
        )
        return seconds, (arrived - started).astype(np.float64)

    @property
    def most_waiting(self) -> int:
        """The longest backlog, in documents."""
        return int(self.backlog[1].max())

    def cost_a_month(self, price: float) -> float:
        """Return the money for a month of such days, at a price for a worker's hour."""
        return self.worker_hours * DAYS_A_MONTH * price


def simulate_morning(
    wanted: Wanted, *, mailing: float = MAILING, start_up: float = START_UP, poll: float = POLL, seed: int = 0
) -> ScaledDay:
    """Simulate from eight to ten by a rule from what is seen to the wanted number of workers."""
    spans = ((NINE, USUAL), (NINE + MAILED, mailing), (2 * HOUR, USUAL))
    return _simulate(wanted, spans, start_up=start_up, poll=poll, seed=seed)


def simulate_day(wanted: Wanted, *, seed: int = 0) -> ScaledDay:
    """Simulate a whole day; its seed also decides when the surprise comes, and how large it is."""
    rng = np.random.default_rng([seed, 8])
    surprise = float(rng.uniform(4.0, 8.0) * HOUR)
    spans = (
        (NINE, USUAL),
        (NINE + MAILED, MAILING),
        (surprise, USUAL),
        (surprise + MAILED, float(rng.uniform(4.5, 5.5))),
        ((CLOSES - OPENS) * HOUR, USUAL),
    )
    return _simulate(wanted, spans, seed=seed)


def _simulate(
    wanted: Wanted, spans: Spans, *, start_up: float = START_UP, poll: float = POLL, seed: int
) -> ScaledDay:
    rng, began, parts = np.random.default_rng(seed), 0.0, []
    for end, rate in spans:
        parts.append(np.sort(rng.uniform(began, end, rng.poisson(rate * (end - began)))))
        began = end
    at = np.concatenate(parts)
    jobs = Jobs(at, rng.uniform(0.5 * SERVICE, 1.5 * SERVICE, len(at)))
    scaling = Polled(wanted, least=FLEET, most=MOST, poll=poll)
    simulation = Simulation(Model(workers=FLEET, start_up=start_up, scaling=scaling), seed=seed)
    requests = simulation.run([jobs])
    pool = simulation.pool
    return ScaledDay(at, requests.started_at, tuple(pool.staffing), pool.billed / HOUR, spans)
