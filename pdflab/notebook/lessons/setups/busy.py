"""Lesson 03: loads that keep the workers busy for a share of their time, and where a run lies on the knee.

Read next: pdflab/notebook/lessons/graders/staffing.py.
"""

from dataclasses import replace
from functools import partial
from math import sqrt

import numpy as np

from pdflab.analysis.metrics import job_columns, summary
from pdflab.analysis.queue_metrics import utilisation
from pdflab.analysis.run import Run
from pdflab.experiments.runner import INVOICE_LINES, run_plan
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.load.plan import burst, steady
from pdflab.notebook.parts.runs import Runs

_BURST, _SECONDS, _SEED = 150, 12.0, 3
_PARTS = 6  # of a run, one after another, whose means say how exact the mean of all is


def busy_runs(*shares: float) -> Runs:
    """Return a button for each share of the capacity, named by its percent: `p30`."""
    return {f"p{100 * share:.0f}": (f"{share:.0%} busy", partial(_send, share)) for share in shares}


def on_the_knee(run: Run) -> tuple[float, float, float]:
    """Return utilisation while requests came, mean time in system and standard error, in service times."""
    jobs = job_columns(run.events)
    end = run.began_at + float(run.plan["seconds"])
    busy = sum(utilisation(run.events, start=run.began_at, end=end).values()) / int(run.settings["workers"])
    spent = (jobs.ended_at - jobs.queued_at)[np.argsort(jobs.queued_at)] / np.nanmean(jobs.service)
    means = [float(np.nanmean(part)) for part in np.array_split(spent, _PARTS)]
    return busy, float(np.nanmean(spent)), float(np.std(means, ddof=1)) / sqrt(_PARTS)


def _send(share: float, lab: Lab) -> Run:
    """Measure the capacity now, with the API at work, too; then send at random."""
    at = lab.target(Endpoint.QUEUED)
    saturated = run_plan(lab, replace(burst(_BURST), lines=INVOICE_LINES), at)
    rate = share * (summary(saturated).throughput_per_s or 1.0)
    return run_plan(lab, replace(steady(rate, seconds=_SECONDS, seed=_SEED), lines=INVOICE_LINES), at)
