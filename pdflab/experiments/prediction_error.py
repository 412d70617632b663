"""The prediction error of the twin: it learns from one real run, and predicts others.

It learns from a burst on two workers, and learns the API's time for a document of a batch from a small batch.
Then it predicts other plans on other numbers of workers. Other programs change the speed of this machine. So
the median of several rounds counts, and each error is also shown for a twin that knows the real speed.

Read next: pdflab/simulation/holdout.py, pdflab/simulation/twin.py.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from pdflab.analysis.run import Run
from pdflab.child_process import wait_until
from pdflab.errors import require
from pdflab.experiments.figure_table import FigureTable
from pdflab.experiments.runner import INVOICE_LINES, run_plan
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import Plan, batch, burst, steady
from pdflab.settings import Settings
from pdflab.simulation.calibration import calibrate
from pdflab.simulation.holdout import FIGURES, HeldOut, hold_out, replay, rescaled
from pdflab.simulation.twin import Twin

TEACHER = ("burst", 2)
CASES = (*(("batch", n) for n in (1, 2, 3)), ("burst", 1), ("burst", 3), *(("steady", n) for n in (1, 2, 3)))
_FILE = "twin.json"  # in the data folder: the latest measurement
_MAX_ERROR_RATIO = 2.0  # times the model's own error: beyond it, most of the error is the machine's
_READY_TIMEOUT = 20.0  # seconds
_WARM_UP, _SMALL_BATCH = 20, 40  # documents: of each worker, when one is new; to learn the API's time
_SECONDS, _SPIKE = 3.0, 0.5  # of a plan; of a burst, whose baseline before and after it is five times as long
_STEADY, _BASELINE, _BURST = 0.6, 0.3, 3.0  # times the capacity: steadily, around a burst, and in it


@dataclass(frozen=True, slots=True)
class Round:
    """One real run: predicted, predicted at the machine's real speed, and replayed.

    `replayed` is the 95th percentile of the difference of starts, in seconds.
    """

    held: HeldOut
    rescaled: HeldOut
    replayed: float


@dataclass(frozen=True, slots=True)
class Case:
    """A plan on so many workers, in all rounds. By figure, the median of the rounds counts."""

    plan: str
    workers: int
    rounds: Sequence[Round]

    @property
    def measured(self) -> dict[str, float]:
        """The measured seconds."""
        return _medians([one.held.measured for one in self.rounds])

    @property
    def errors(self) -> dict[str, float]:
        """The error of the twin, as a share of the measurement; below 0 it was too fast."""
        return _medians([one.held.errors for one in self.rounds])

    @property
    def rescaled_errors(self) -> dict[str, float]:
        """The error of a twin that knows the machine's speed: that of the model alone."""
        return _medians([one.rescaled.errors for one in self.rounds])

    @property
    def row(self) -> tuple[str, ...]:
        """The case as a row of a table: measured, the error, and in brackets that at the real speed."""
        measured, errors, rescaled = self.measured, self.errors, self.rescaled_errors
        cells = (f"{measured[f]:.3g} s {errors[f]:+.0%} ({rescaled[f]:+.0%})" for f in FIGURES)
        return f"{self.plan}, {self.workers} worker{'s' * (self.workers > 1)}", *cells

    def to_json(self) -> dict[str, Any]:
        """Return the errors as plain data."""
        errors = {f"{figure}_error": round(error, 4) for figure, error in self.errors.items()}
        paced = {f"{figure}_paced_error": round(error, 4) for figure, error in self.rescaled_errors.items()}
        return {"plan": self.plan, "workers": self.workers, **errors, **paced}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The error of the twin, at the median of all cases and figures."""

    cases: Sequence[Case]

    @property
    def error(self) -> float:
        """The absolute error."""
        return median(abs(error) for case in self.cases for error in case.errors.values())

    @property
    def rescaled_error(self) -> float:
        """The absolute error of a twin that knows the machine's speed."""
        return median(abs(error) for case in self.cases for error in case.rescaled_errors.values())

    @property
    def replayed(self) -> float:
        """Seconds by which starts differ when the real runs are replayed."""
        return median(one.replayed for case in self.cases for one in case.rounds)

    @property
    def text(self) -> str:
        """The cases as a table, and their medians."""
        cases, rounds = len(self.cases), len(self.cases[0].rounds)
        error, rescaled = f"{self.error:.0%}", f"{self.rescaled_error:.0%}"
        lines = [
            str(FigureTable(("seconds until the PDF", *FIGURES), [case.row for case in self.cases])),
            f"the twin is {error} off at the median of all figures ({cases} cases, {rounds} rounds each)",
            f"in brackets, and {rescaled} at their median: rescaled to the speed of this machine",
            f"real runs replayed job by job: starts within {1000 * self.replayed:.1f} ms, 19 of 20",
        ]
        if self.error > _MAX_ERROR_RATIO * self.rescaled_error:
            lines.append("other programs are at work here: close them, and measure again")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the errors as plain data, by case."""
        return {
            "error": round(self.error, 4),
            "paced_error": round(self.rescaled_error, 4),
            "runs": sum(len(case.rounds) for case in self.cases),
            "replayed_ms": round(1000 * self.replayed, 2),
            "cases": [case.to_json() for case in self.cases],
        }


def run_on(system: Lab | Twin, plan: Plan) -> Run:
    """Return the run of a plan at the queued endpoint of a lab, or of its twin."""
    if isinstance(system, Twin):
        return system.simulate(plan)
    return run_plan(system, plan, system.target(Endpoint.QUEUED))


def hold_out_all(*, rounds: int = 3, cases: Sequence[tuple[str, int]] = CASES) -> Verdict:
    """Run every case in each round on a private lab, and predict it from a run just before."""
    require(rounds >= 1, "--rounds must be 1 or more.")
    with Lab(workers=TEACHER[1], settings=Settings(port=0, sync_port=0)) as lab:
        _run_long(lab, batch(_WARM_UP * TEACHER[1]))
        outcomes = [_round(lab, number, cases) for number in range(rounds)]
    return Verdict([Case(*case, [one[case] for one in outcomes]) for case in cases])


def save_verdict(verdict: Verdict) -> None:
    """Save a verdict, for `published`."""
    folder = Settings.from_env(os.environ).folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FILE).write_text(json.dumps(verdict.to_json()), encoding="utf-8")


def published() -> str:
    """Return the latest error of the twin on this machine, or how to measure it.

    It also looks one folder up, where a reader of the notebooks usually runs the command.
    """
    file = Settings.from_env(os.environ).folder / _FILE
    for place in (file, ".." / file):
        with suppress(OSError, ValueError, KeyError):
            found = json.loads(place.read_text(encoding="utf-8"))
            return (
                f"the twin was {found['error']:.0%} off at the median of {found['runs']} real runs here, "
                f"{found['paced_error']:.0%} where it knew the machine's pace"
            )
    return "how far off the twin is on this machine, `pdflab twin` measures"


def _round(lab: Lab, number: int, cases: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Round]:
    _scale(lab, TEACHER[1])
    small = calibrate(_run_long(lab, batch(_SMALL_BATCH, seed=number)))
    rate = 1 / float(np.mean(np.concatenate(list(small.service.seconds.values()))))
    teacher, rounds = _run_long(lab, _plan(*TEACHER, rate, number)), {}
    for name, workers in sorted(cases, key=lambda case: (case[1] != TEACHER[1], case[1])):
        _scale(lab, workers)
        run, twin = _run_long(lab, _plan(name, workers, rate, number)), Twin.learn(teacher, workers=workers)
        if run.plan["batched"]:
            twin = replace(twin, model=replace(twin.model, api_service_time=small.api_service_time))
        measured, replayed = replay(run, workers)
        off = float(np.quantile(np.abs(measured.started_at - replayed.started_at), 0.95))
        rounds[name, workers] = Round(hold_out(twin, run), hold_out(rescaled(twin, run), run), off)
    return rounds


def _plan(name: str, workers: int, rate: float, seed: int) -> Plan:
    """Return a plan for so many workers; the first two make `rate` documents per second each."""
    capacity = rate * min(workers, 2)
    if name == "batch":
        return batch(round(_SECONDS * capacity), seed=seed)
    if name == "steady":
        return steady(_STEADY * capacity, seconds=_SECONDS, seed=seed)
    documents = round(_BURST * _SPIKE * capacity)
    return burst(documents, seconds=_SPIKE, baseline=_BASELINE * capacity, seed=seed)


def _run_long(lab: Lab, plan: Plan) -> Run:
    return run_on(lab, replace(plan, lines=INVOICE_LINES))


def _scale(lab: Lab, workers: int) -> None:
    """Scale to so many workers, and warm them up: a first document takes many times as long."""
    if lab.settings.workers != workers or len(lab.workers()) != workers:
        lab.scale(workers)
        wait_until(lambda: len(lab.workers()) == workers, _READY_TIMEOUT)
        _run_long(lab, batch(_WARM_UP * workers))


def _medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {figure: median(one[figure] for one in rounds) for figure in FIGURES}
