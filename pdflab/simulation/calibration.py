"""Calibrates the model with a real run: service times of each kind, cores, and the API's time.

A job's time on a worker depends on the load: with four workers on two cores it doubles. Its work, the seconds
on its own core, does not. So we run the clock of work of simulation/server_pool.py over the real run.
It slows down while more workers are busy than there are cores, and while the API takes a core.

Read next: pdflab/simulation/holdout.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from statistics import NormalDist
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Categorical, Floats, Integers
from pdflab.analysis.metrics import JobColumns, job_columns
from pdflab.analysis.run import Run
from pdflab.errors import require

_STEP = 0.25  # of a core: the resolution of the fit
_ALONE = 0.1  # of the requests: this share meets no other request at the API, at any load
_BETTER = 0.95  # of the unexplained variance: a fit must leave less, or the machine's number of cores is used


@dataclass(frozen=True, slots=True)
class ServiceTimes:
    """Samples of seconds of work for each kind, which are drawn at random. Kinds may be missing."""

    seconds: Mapping[str, Floats]

    def __post_init__(self) -> None:
        for kind, seconds in self.seconds.items():
            is_valid = len(seconds) > 0 and 0 <= seconds.min() <= seconds.max() < inf
            require(is_valid, f"The service times of {kind} must be 0 or more, and finite.")

    @classmethod
    def lognormal(cls, kinds: Iterable[str], *, mean: float, scv: float = 0.5) -> Self:
        """Return lognormal times for these kinds, many short and few long, with a mean and an SCV."""
        is_valid = 0 < mean < inf and 0 <= scv < inf
        require(is_valid, "A service time needs a mean above 0, and a variation of 0 or more.")
        sigma = np.log1p(scv) ** 0.5
        middle = (np.arange(1000) + 0.5) / 1000
        shape = np.exp(sigma * np.array([NormalDist().inv_cdf(share) for share in middle.tolist()]))
        return cls(dict.fromkeys(kinds, mean * shape / shape.mean()))

    def draw(self, kinds: Categorical, rng: np.random.Generator) -> Floats:
        """Return a random time for each document. Raises UsageError for a kind without service times."""
        chance, seconds = rng.random(len(kinds)), np.empty(len(kinds))
        for code in np.unique(kinds.codes).tolist():
            name, chosen = str(kinds.categories[code]), kinds.codes == code
            unknown = f"No service times for kind {name!r}; calibrate with a run that has some."
            require(name in self.seconds, unknown)
            known = self.seconds[name]
            seconds[chosen] = known[(chance[chosen] * len(known)).astype(np.intp)]
        return seconds

    def moments(self, mix: Mapping[str, float]) -> tuple[float, float]:
        """Return the mean and the squared coefficient of variation of a mix."""
        parts = [(share, self.seconds[kind]) for kind, share in mix.items() if share]
        mean = sum(share * float(seconds.mean()) for share, seconds in parts)
        square = sum(share * float(np.square(seconds).mean()) for share, seconds in parts)
        return mean, max(0.0, square / mean**2 - 1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The result of a calibration; `api_service_time` is seconds a document, 0 without sends."""

    service: ServiceTimes
    cores: float
    api_service_time: float


def calibrate(run: Run, *, cores: float | None = None) -> Calibration:
    """Calibrate with a real run; without `cores`, their number is fitted, too.

    With the fitted number, the work of a kind depends least on the number of busy workers. If the fit is
    inconclusive, the machine's number is used. Raises UsageError when no job was completed.
    """
    columns = job_columns(run.events)
    done = ~np.isnan(columns.completed_at) & ~np.isnan(columns.started_at)
    require(bool(done.any()), "There is nothing to learn from a run in which no job was completed.")
    started, ended = columns.started_at[done], columns.ended_at[done]
    names = sorted(str(name) for name in run.events.kind.categories)
    kinds = np.empty(len(done), dtype=np.int64)
    kinds[run.events.job_id.codes] = run.events.kind.codes_in(names)
    kinds = kinds[done]
    api_service_time = _api_service_time(run, columns)
    clock = _Clock.of(columns, api_service_time)
    if cores is None:
        machine = float(run.machine.get("cores") or clock.busy.max())
        cores = _fit_cores(clock, (started, ended, kinds), machine)
    work = clock.work(started, ended, cores)
    service = ServiceTimes({names[code]: work[kinds == code] for code in np.unique(kinds).tolist()})
    return Calibration(service, cores, api_service_time)


@dataclass(frozen=True, slots=True)
class _Clock:
    """The clock of work over a real run: busy workers, and whether the API was busy, from `at[n]` on."""

    at: Floats
    busy: NDArray[np.intp]
    at_api: NDArray[np.bool_]

    @classmethod
    def of(cls, jobs: JobColumns, api_service_time: float) -> Self:
        """Return the clock for a run; the API works on each job just before it is queued."""
        spans = (jobs.started_at, jobs.ended_at), (jobs.queued_at - api_service_time, jobs.queued_at)
        work, api = (np.array(span)[:, ~np.isnan(span).any(axis=0)] for span in spans)
        at = np.unique(np.concatenate([work, api], axis=None))
        return cls(at, _count(at, work), _count(at, api) > 0)

    def work(self, started: Floats, ended: Floats, cores: float) -> Floats:
        """Return the seconds of work in each interval, with so many cores to share."""
        left = np.maximum(cores - self.at_api, 0.0)
        pace = np.minimum(1.0, left / np.maximum(self.busy, 1))
        shown = np.concatenate([[0.0], np.cumsum(pace[:-1] * np.diff(self.at))])
        return np.asarray(np.interp(ended, self.at, shown) - np.interp(started, self.at, shown))


def _count(at: Floats, spans: Floats) -> NDArray[np.intp]:
    """Count, from each instant on, the spans that have begun and not ended."""
    begun, over = (np.searchsorted(np.sort(instants), at, side="right") for instants in spans)
    return begun - over


def _fit_cores(clock: _Clock, jobs: tuple[Floats, Floats, Integers], machine: float) -> float:
    started, ended, kinds = jobs

    def unexplained(cores: float) -> float:
        work = np.log(np.maximum(clock.work(started, ended, cores), 1e-9))
        parts = [work[kinds == kind] for kind in np.unique(kinds)]
        return sum(float(part.var() * len(part)) for part in parts)

    candidates = np.arange(1.0, min(clock.busy.max(), machine) + _STEP, _STEP).tolist()
    best = min(candidates, key=unexplained)
    return best if unexplained(best) < _BETTER * unexplained(machine) else machine


def _api_service_time(run: Run, columns: JobColumns) -> float:
    """Return the seconds until a job of the fastest tenth is queued; in a batch, the mean for each."""
    queued_at = np.append(columns.queued_at, np.nan)[run.sends.job_id.codes_in(columns.job_id)]
    seconds = (queued_at - run.sends.intended_at)[~np.isnan(queued_at)]
    if not len(seconds):
        return 0.0
    per_job = seconds.max() / len(seconds) if run.plan.get("batched") else np.quantile(seconds, _ALONE)
    return max(0.0, float(per_job))
