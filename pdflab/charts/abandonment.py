"""Clients who wait for so long and no longer: how many left, phase by phase of a plan.

Read next: charts/abandonment_charts.py, which draws it.
"""

from dataclasses import dataclass

import numpy as np

from pdflab.analysis.run import Run
from pdflab.load.plan import Plan


@dataclass(frozen=True, slots=True)
class Crowd:
    """The clients of one phase: how many asked, and how many of them left without a yes."""

    asked: int
    left: int


def crowds(run: Run, plan: Plan) -> list[Crowd]:
    """Count the clients of a run, a crowd for each phase of the plan that it sent."""
    ends = np.cumsum([phase.seconds for phase in plan.phases])
    began = np.array([arrival.at for arrival in plan.arrivals()])
    phase = np.searchsorted(ends[:-1], began[: len(run.sends)], side="right")
    accepted = run.sends.accepted[np.argsort(run.sends.intended_at, kind="stable")]
    return [
        Crowd(int((phase == number).sum()), int((~accepted[phase == number]).sum()))
        for number in range(len(ends))
    ]
