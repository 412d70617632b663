"""`pdflab twin`: held out. The twin learns from one real run, and predicts others, which it has not seen.

It learns from a burst on two workers, and from a small batch what a document of a batch costs the API. Then
come other plans on other numbers of workers: first its prediction, then the real run. Whatever else this
machine does meanwhile disturbs both, so all of it is done in rounds, and the middle one counts.

Read next: simulation/validation.py, then simulation/twin.py.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from pdflab.errors import UsageError
from pdflab.experiment import LINES, run_plan, target
from pdflab.lab import Lab
from pdflab.load.arrivals import Plan, batch, burst, steady
from pdflab.run import QUEUED, Run
from pdflab.settings import Settings
from pdflab.simulation.calibration import calibrate
from pdflab.simulation.twin import Twin
from pdflab.simulation.validation import FIGURES, HeldOut, hold_out, replay

TEACHER = ("burst", 2)
CASES = (*(("batch", n) for n in (1, 2, 3)), ("burst", 1), ("burst", 3), *(("steady", n) for n in (1, 2, 3)))

_FILE = "twin.json"  # in the folder of the data: what was measured last

_WARM_UP = 20  # documents
_SMALL_BATCH, _SECONDS, _SPIKE = 40, 3.0, 0.4  # documents; of work in a plan; of a burst
_READY = 20.0  # seconds that new workers may take
_BUSY, _CALM = 0.6, 0.3  # shares of the capacity: of a steady plan, and around a burst


@dataclass(frozen=True, slots=True)
class Case:
    """A plan on so many workers, and how well it was foretold in each round."""

    plan: str
    workers: int
    rounds: Sequence[HeldOut]

    def middle(self, figure: str) -> tuple[float, float, float]:
        """Give the round in the middle: seconds measured and predicted, and the error as a share; below 0
        the twin was too quick.
        """
        one = sorted(self.rounds, key=lambda one: one.errors[figure])[(len(self.rounds) - 1) // 2]
        return one.measured[figure], one.predicted[figure], one.errors[figure]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How wrong the twin was. `replayed` is by how many seconds starts differ when a real run is replayed."""

    cases: Sequence[Case]
    replayed: float

    @property
    def error(self) -> float:
        """The error at the median of all cases and figures, whichever way it went."""
        return median(abs(case.middle(figure)[2]) for case in self.cases for figure in FIGURES)


def run_on(system: Lab | Twin, plan: Plan) -> Run:
    """Give the run of a plan at the queued door of a lab, or of its twin."""
    if isinstance(system, Twin):
        return system.simulate(plan)
    return run_plan(system, plan, target(system, QUEUED))


def hold_out_all(*, rounds: int = 3, cases: Sequence[tuple[str, int]] = CASES) -> Verdict:
    """Run every case so many times on a private lab, each time predicted from what was learnt just before."""
    if rounds < 1:
        raise UsageError("--rounds must be 1 or more.")
    with Lab(workers=TEACHER[1]) as lab:
        run_on(lab, replace(batch(_WARM_UP), lines=LINES))
        told = [_round(lab, number, cases) for number in range(rounds)]
    held = [Case(*case, [outcomes[case][0] for outcomes in told]) for case in cases]
    return Verdict(held, median(outcomes[case][1] for outcomes in told for case in cases))


def twin(arguments: argparse.Namespace) -> int:
    """Measure how wrong the twin is here, print it case by case, and keep it for those who use the twin."""
    verdict = hold_out_all(rounds=arguments.rounds)
    file = Settings.from_env(os.environ).folder / _FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures(verdict)), encoding="utf-8")
    print(file.read_text(encoding="utf-8") if arguments.json else table(verdict))
    return 0


def published() -> str:
    """Say how wrong the twin is on this machine, as it was measured last, or how to measure it."""
    file = Settings.from_env(os.environ).folder / _FILE
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return f"the twin was {told['error']:.0%} off at the median of {told['runs']} real runs here"
    except (OSError, ValueError, KeyError):
        return "how far off the twin is on this machine, `pdflab twin` measures"


def figures(verdict: Verdict) -> dict[str, Any]:
    """Give the errors as plain data, by case."""
    cases = [
        {"plan": case.plan, "workers": case.workers}
        | {f"{figure}_error": round(case.middle(figure)[2], 4) for figure in FIGURES}
        for case in verdict.cases
    ]
    runs = sum(len(case.rounds) for case in verdict.cases)
    replayed = round(1000 * verdict.replayed, 2)
    return {"error": round(verdict.error, 4), "runs": runs, "replayed_ms": replayed, "cases": cases}


def table(verdict: Verdict) -> str:
    """Write the cases with what was measured, and by how much the twin was off; below 0 it was too quick."""
    rows = [("seconds until the PDF", *FIGURES)]
    for case in verdict.cases:
        name = f"{case.plan}, {case.workers} worker{'s' * (case.workers > 1)}"
        cells = (case.middle(figure) for figure in FIGURES)
        rows.append((name, *(f"{measured:.3g} s {error:+.0%}" for measured, _, error in cells)))
    lines = ["".join(f"{cell:<24}" if not n else f"{cell:>15}" for n, cell in enumerate(row)) for row in rows]
    about = f"{len(verdict.cases)} cases, {len(verdict.cases[0].rounds)} rounds each"
    return "\n".join(
        [
            *lines,
            f"the twin is {verdict.error:.0%} off at the median of all figures ({about})",
            f"real runs replayed job by job: starts within {1000 * verdict.replayed:.1f} ms, 19 of 20",
        ]
    )


def _round(
    lab: Lab, number: int, cases: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], tuple[HeldOut, float]]:
    _scale(lab, TEACHER[1])
    small = calibrate(run_on(lab, replace(batch(_SMALL_BATCH, seed=number), lines=LINES)))
    seconds = float(np.mean(np.concatenate(list(small.service.seconds.values()))))
    teacher = run_on(lab, _plan(*TEACHER, 1 / seconds, number))
    told = {}
    for name, workers in cases:
        _scale(lab, workers)
        run = run_on(lab, _plan(name, workers, 1 / seconds, number))
        told[name, workers] = _foretold(Twin.learn(teacher, workers=workers), run, small.accept)
    return told


def _foretold(twin: Twin, run: Run, batch_price: float) -> tuple[HeldOut, float]:
    if run.plan["batched"]:
        twin = replace(twin, model=replace(twin.model, accept=batch_price))
    measured, replayed = replay(run, twin.model.workers)
    off = float(np.quantile(np.abs(measured.started_at - replayed.started_at), 0.95))
    return hold_out(twin, run), off


def _plan(name: str, workers: int, rate: float, seed: int) -> Plan:
    """Make a plan for workers that make `rate` documents a second each; two have the machine for themselves."""
    capacity = rate * min(workers, 2)
    work = round(capacity * _SECONDS)
    plans = {
        "batch": lambda: batch(work, seed=seed),
        "burst": lambda: burst(work, seconds=_SPIKE, calm=_CALM * capacity, seed=seed),
        "steady": lambda: steady(_BUSY * capacity, seconds=_SECONDS, seed=seed),
    }
    return replace(plans[name](), lines=LINES)


def _scale(lab: Lab, workers: int) -> None:
    """Have so many workers, and go on when they are there."""
    lab.scale(workers)
    deadline = time.monotonic() + _READY
    while len(lab.workers()) != workers and time.monotonic() < deadline:
        time.sleep(0.05)
