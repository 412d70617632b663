"""Lesson 06: an evening with a mailing, forecast from what is measured beforehand, and then really sent.

A forecast knows how many documents the mailing has, the mean rate of the others, and the service times of a
run before it. It does not know the instants and documents of the evening: those have other seeds.

Read next: pdflab/simulation/theory.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median

import numpy as np

from pdflab.analysis.metrics import job_columns
from pdflab.analysis.run import Run
from pdflab.charts.forecast import Burst, forecast_figure, measure_burst
from pdflab.charts.style import Picture
from pdflab.errors import require
from pdflab.experiments.prediction_error import run_on
from pdflab.experiments.service_times import lines_to_render
from pdflab.lab import Lab
from pdflab.load.plan import Phase, Plan, batch, burst
from pdflab.notebook.parts.runs import Runs
from pdflab.simulation.calibration import ServiceTimes, calibrate
from pdflab.simulation.theory import Backlog, fluid_backlog
from pdflab.simulation.twin import Twin, queued_endpoint

SPIKE, SECONDS, BASELINE = 3.0, 2.0, 0.5  # times the capacity, for so long; the load before and after it
EVENINGS = 20  # simulated, of a band
_BEFORE, _AFTER = 3.0, 22.0  # seconds of baseline
_RENDERING = 0.06  # seconds for one document: so that the mailing has about a hundred
_INVOICES = {"invoice": 1.0}
_WARM_UP, _DOCUMENTS, _SENT_WITHIN = 20, 90, 3.0  # documents; those measured; seconds
_QUEUED = 0.3  # seconds: a shorter wait is likelier behind a long job, and would bias the mean
_SEED, _REAL_SEED = 20, 101  # of the first simulated evening, of the first real one

# Of like evenings, 19 of 21 lie in a band of 20 on average. Seeds from 0 on are a rare case, with 13 of 21.


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the evening: documents of so many lines, and the twin of one worker."""

    lines: int
    twin: Twin

    @property
    def seconds(self) -> float:
        """The mean service time."""
        return self.twin.service.moments(_INVOICES)[0]

    @property
    def capacity(self) -> float:
        """PDFs a second."""
        return 1 / self.seconds

    def __str__(self) -> str:
        return f"one worker makes {self.capacity:.1f} PDFs a second ({_DOCUMENTS} PDFs of {self.lines} lines)"


def measure_beforehand(lab: Lab) -> Known:
    """Measure one worker that is never idle: from the start of a job to the start of the next."""
    lines = lines_to_render(_RENDERING)
    run_on(lab, replace(batch(_WARM_UP), lines=lines))  # the first documents of a worker take longer
    return _measure(lab, lines)


def learn(run: Run) -> Known:
    """Return what one worker's run shows of it. Raises UsageError if its queue was always empty."""
    jobs = job_columns(run.events)
    order = np.argsort(jobs.started_at)
    gaps, waited = np.diff(jobs.started_at[order]), jobs.waiting[order][1:]
    seconds = gaps[waited > _QUEUED]
    require(
        len(seconds) > 0, "This run kept no job waiting, and so measured no capacity: run the cell again."
    )
    model = queued_endpoint(1, api_service_time=calibrate(run).api_service_time)
    return Known(int(run.plan["lines"]), Twin(model, ServiceTimes({"invoice": seconds})))


def plan_campaign(
    known: Known, seed: int, *, spike: float = SPIKE, seconds: float = SECONDS, baseline: float = BASELINE
) -> Plan:
    """Plan an evening; each seed has its own instants and documents. Loads are multiples of the capacity."""
    rate, count = baseline * known.capacity, round(spike * seconds * known.capacity)
    after = max(_AFTER, 2 * _fluid_end(spike, seconds, baseline))
    phases = (Phase(_BEFORE, (rate,)), Phase(seconds, count=count), Phase(after, (rate,)))
    return Plan("an evening", phases, _INVOICES, seed=seed, lines=known.lines)


def forecast(known: Known, **load: float) -> list[Burst]:
    """Simulate evenings, each with a seed of its own; the backlog is in seconds of work."""
    plans = (plan_campaign(known, seed, **load) for seed in range(_SEED, _SEED + EVENINGS))
    runs = (known.twin.simulate(plan, seed=plan.seed) for plan in plans)
    return [measure_burst(run, capacity=known.capacity) for run in runs]


def campaign_runs(known: Known) -> Runs:
    """Return the buttons of three real evenings, none of which was simulated."""
    return {
        name: (f"The {name} evening", partial(_send, known.lines, _REAL_SEED + place))
        for place, name in enumerate(("first", "second", "third"))
    }


def evening_of(run: Run) -> Burst:
    """Return a real evening as it was, in seconds of work by the capacity that was measured before it."""
    return measure_burst(run, capacity=_planned_capacity(run))


def error_of(run: Run, band: Sequence[Burst]) -> str:
    """Return how far off a forecast was, and how many times as long as just before the evening a PDF took."""
    ends, end = [one.empty_after for one in band], evening_of(run).empty_after
    side = "inside" if min(ends) <= end <= max(ends) else "outside"
    off = end / median(ends) - 1
    slower = learn(run).seconds * _planned_capacity(run)
    return f"gone after {end:.1f} s, {side} the band ({off:+.0%}); a PDF took {slower:.2f} times as long"


def fluid_evening(
    *, spike: float = SPIKE, seconds: float = SECONDS, baseline: float = BASELINE, capacity: float = 1.0
) -> Backlog:
    """Return the evening by the fluid model, in seconds of work."""
    return fluid_backlog(spike, seconds=seconds, capacity=capacity, baseline_rate=baseline)


def draw_forecast(
    band: Iterable[Burst] = (), measured: Iterable[Burst] = (), *, predicted: tuple[float, ...] = ()
) -> Picture:
    """Draw the evening of this lesson: what is forecast, and what was measured."""
    return forecast_figure(
        fluid_evening(), SECONDS, band=[*band], measured=[*measured], predicted=[*predicted]
    )


def explore_evening(known: Known, *, spike: float, seconds: float, baseline: float) -> Picture:
    """Draw the forecast of an evening of the reader's choice."""
    load = {"spike": spike, "seconds": seconds, "baseline": baseline}
    return forecast_figure(fluid_evening(**load), seconds, band=forecast(known, **load))


def _measure(lab: Lab, lines: int) -> Known:
    many = burst(_DOCUMENTS, seconds=_SENT_WITHIN, seed=1, mix=_INVOICES)
    return learn(run_on(lab, replace(many, lines=lines)))


def _send(lines: int, seed: int, lab: Lab) -> Run:
    """Send an evening in multiples of the capacity of this moment: a machine is not always as fast."""
    return run_on(lab, plan_campaign(_measure(lab, lines), seed))


def _planned_capacity(run: Run) -> float:
    return float(run.plan["phases"][1]["count"]) / (SPIKE * SECONDS)


def _fluid_end(spike: float, seconds: float, baseline: float) -> float:
    return fluid_evening(spike=spike, seconds=seconds, baseline=baseline).cleared_after
