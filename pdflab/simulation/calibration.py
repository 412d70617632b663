"""What the model has to know of the real service, learnt from one of its runs: how long each kind takes.

A job's seconds at work say little by themselves: with four workers on two cores each takes twice as long as
alone. What counts is its work, the seconds it would have taken on a core of its own. We run the clock of work
over the real run, as simulation/processor_sharing.py does over a simulated one: where more were busy than
there are cores, it
goes slower, and whoever is at the endpoint takes one of them for the API.

Read next: twin.py, which predicts with it; then simulation/holdout.py, which says how well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Categorical, Integers
from pdflab.analysis.metrics import JobColumns, job_columns
from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.simulation.fcfs import Floats

_STEP = 0.25  # of a core: nobody can tell finer
_ALONE = 0.1  # of the documents: so many are asked for while nobody is at the endpoint
_BETTER = 0.95  # another number of cores must explain this much better to be believed


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Seconds of work by kind, as samples: to draw is to take one of them, any. Kinds may be missing."""

    seconds: Mapping[str, Floats]

    def __post_init__(self) -> None:
        for kind, seconds in self.seconds.items():
            if not len(seconds) or not 0 <= seconds.min() <= seconds.max() < inf:
                raise UsageError(f"The service times of {kind} must be 0 or more, and finite.")

    @classmethod
    def of(cls, **seconds: float) -> Self:
        """Let every document of a kind take the same time: `ServiceTimes.of(invoice=0.01)`."""
        return cls({kind: np.array([float(value)]) for kind, value in seconds.items()})

    @classmethod
    def lognormal(cls, kinds: Iterable[str], *, mean: float, scv: float = 0.5) -> Self:
        """Return lognormal times for these kinds, many short and few long, with a mean and an SCV."""
        if not (0 < mean < inf and 0 <= scv < inf):
            raise UsageError("A service time needs a mean above 0, and a variation of 0 or more.")
        sigma = np.log1p(scv) ** 0.5
        middle = (np.arange(1000) + 0.5) / 1000
        shape = np.exp(sigma * np.array([NormalDist().inv_cdf(share) for share in middle.tolist()]))
        return cls(dict.fromkeys(kinds, mean * shape / shape.mean()))

    def draw(self, kinds: Categorical, rng: np.random.Generator) -> Floats:
        """Draw a time for each document. Raises UsageError for a kind without service times."""
        chance, seconds = rng.random(len(kinds)), np.empty(len(kinds))
        for code in np.unique(kinds.codes).tolist():
            name = str(kinds.categories[code])
            known = self.seconds.get(name)
            if known is None:
                raise UsageError(f"No service times for kind {name!r}; calibrate with a run that has some.")
            chosen = kinds.codes == code
            seconds[chosen] = known[(chance[chosen] * len(known)).astype(np.intp)]
        return seconds

    def moments(self, mix: Mapping[str, float]) -> tuple[float, float]:
        """Return the mean and the SCV of a mix, which maps each kind to its share."""
        parts = [(share, self.seconds[kind]) for kind, share in mix.items() if share]
        mean = sum(share * float(seconds.mean()) for share, seconds in parts)
        square = sum(share * float(np.square(seconds).mean()) for share, seconds in parts)
        return mean, max(0.0, square / mean**2 - 1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a run has taught us. `stretch` gives seconds at work by concurrency, each of `busy` workers.

    `accept` is what a document costs on its way into the line, in seconds; 0 where no client was watched.
    """

    service: ServiceTimes
    cores: float
    accept: float
    jobs: int
    stretch: Mapping[int, float]


def calibrate(run: Run, *, cores: float | None = None) -> Calibration:
    """Learn from a real run; without `cores`, how many the workers had is learnt from it, too.

    That number is the one with which the work of a kind depends least on how many were busy; when several do
    as well, as when always the same number was busy, it is the machine's. Raises UsageError when nothing was
    completed.
    """
    columns = job_columns(run.events)
    done = ~np.isnan(columns.completed_at) & ~np.isnan(columns.started_at)
    if not done.any():
        raise UsageError("There is nothing to learn from a run in which no job was completed.")
    started, ended = columns.started_at[done], columns.ended_at[done]
    names = sorted(str(name) for name in run.events.kind.categories)
    kinds = np.empty(len(done), dtype=np.int64)
    kinds[run.events.job_id.codes] = run.events.kind.codes_in(names)
    kinds = kinds[done]
    accept = _accept(run, columns)
    clock = _Clock.of(columns, accept)
    if cores is None:
        cores = _fit_cores(clock, (started, ended, kinds), float(run.machine.get("cores") or clock.most))
    work = clock.work(started, ended, cores)
    service = ServiceTimes({names[code]: work[kinds == code] for code in np.unique(kinds).tolist()})
    return Calibration(service, cores, accept, len(work), _stretch(clock, started, ended))


@dataclass(frozen=True, slots=True)
class _Clock:
    """The clock of work over a real run: from `at[n]` on, so many workers were busy, and the API or not."""

    at: Floats
    busy: NDArray[np.intp]
    at_endpoint: NDArray[np.bool_]

    @classmethod
    def of(cls, jobs: JobColumns, accept: float) -> Self:
        """Wind it up for a run; before a job was in the line, the API was at it for `accept` seconds."""
        spells = (jobs.started_at, jobs.ended_at), (jobs.queued_at - accept, jobs.queued_at)
        work, endpoint = (np.array(spell)[:, ~np.isnan(spell).any(axis=0)] for spell in spells)
        at = np.unique(np.concatenate([work, endpoint], axis=None))
        return cls(at, _count(at, work), _count(at, endpoint) > 0)

    @property
    def most(self) -> int:
        """The most that were busy at once."""
        return int(self.busy.max())

    def work(self, started: Floats, ended: Floats, cores: float) -> Floats:
        """Return what the clock shows in each stretch, with so many cores to share."""
        left = np.maximum(cores - self.at_endpoint, 0.0)
        return self._between(np.minimum(1.0, left / np.maximum(self.busy, 1)), started, ended)

    def mean(self, started: Floats, ended: Floats) -> Floats:
        """Return how many were busy in each stretch, on average."""
        return self._between(self.busy.astype(np.float64), started, ended) / np.maximum(ended - started, 1e-9)

    def _between(self, pace: Floats, started: Floats, ended: Floats) -> Floats:
        shown = np.concatenate([[0.0], np.cumsum(pace[:-1] * np.diff(self.at))])
        spent: Floats = np.interp(ended, self.at, shown) - np.interp(started, self.at, shown)
        return spent


def _count(at: Floats, spells: Floats) -> NDArray[np.intp]:
    """Count, from each instant on, the spells that have begun and not ended."""
    begun, over = (np.searchsorted(np.sort(instants), at, side="right") for instants in spells)
    return begun - over


def _fit_cores(clock: _Clock, jobs: tuple[Floats, Floats, Integers], machine: float) -> float:
    started, ended, kinds = jobs

    def unexplained(cores: float) -> float:
        work = np.log(np.maximum(clock.work(started, ended, cores), 1e-9))
        return sum(
            float(np.square(work[kinds == k] - work[kinds == k].mean()).sum()) for k in np.unique(kinds)
        )

    candidates = np.arange(1.0, min(clock.most, machine) + _STEP, _STEP).tolist()
    best = min(candidates, key=unexplained)
    return best if unexplained(best) < _BETTER * unexplained(machine) else machine


def _accept(run: Run, columns: JobColumns) -> float:
    """Return the seconds from asking to the line, for who meets nobody at the endpoint; in a batch, by
    document.

    The quickest tenth meets nobody, whatever the crowd.
    """
    queued_at = np.append(columns.queued_at, np.nan)[run.sends.job_id.codes_in(columns.job_id)]
    way = (queued_at - run.sends.intended_at)[~np.isnan(queued_at)]
    if not len(way):
        return 0.0
    return max(
        0.0, float(way.max()) / len(way) if run.plan.get("batched") else float(np.quantile(way, _ALONE))
    )


def _stretch(clock: _Clock, started: Floats, ended: Floats) -> dict[int, float]:
    at_once = np.rint(clock.mean(started, ended)).astype(int)
    return {n: float((ended - started)[at_once == n].mean()) for n in np.unique(at_once).tolist()}
