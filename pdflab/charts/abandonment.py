"""Clients that leave after a timeout: how many did in each phase of a plan, and charts of their waits.

Read next: pdflab/charts/failures.py.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pdflab.analysis.metrics import send_columns
from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason, wasted
from pdflab.charts.style import (
    ACCEPTED,
    COLOURS,
    FAILED,
    PREDICTED,
    RENDERING,
    TEXT,
    WAITING,
    Picture,
    add_line,
    duration,
    make_figure,
    origin,
    set_title,
    stamp,
    style_axes,
    style_bar_axes,
)
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan

_SMALL: dict[str, Any] = {"fontsize": 9, "color": TEXT}


@dataclass(frozen=True, slots=True)
class Abandonment:
    """The clients of one phase: how many sent a request, and how many left without an answer."""

    asked: int
    left: int


def abandonment_by_phase(run: Run, plan: Plan) -> list[Abandonment]:
    """Count the clients of a run that left, for each phase of the plan that it sent."""
    ends = np.cumsum([phase.seconds for phase in plan.phases])
    began = np.array([arrival.at for arrival in plan.arrivals()])
    phase = np.searchsorted(ends[:-1], began[: len(run.sends)], side="right")
    accepted = run.sends.accepted[np.argsort(run.sends.intended_at, kind="stable")]
    return [
        Abandonment(int((phase == number).sum()), int((~accepted[phase == number]).sum()))
        for number in range(len(ends))
    ]


def abandonment_figure(run: Run, *, predicted: float | None = None) -> Picture:
    """Draw how long each client waited for its answer, and the outcomes of 100 clients.

    `predicted` is how many of 100 the reader expected to leave. Clients wait for the run's timeout.
    """
    figure = make_figure(960, 330)
    figure.set_layout_engine("constrained", w_pad=0.12)
    waits, outcomes = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_waits(waits, run)
    _draw_outcomes(outcomes, run, predicted)
    stamp(waits, invalid_reason(run))
    return figure


def _draw_waits(ax: Axes, run: Run) -> None:
    timeout = float(run.settings["timeout"])
    sent_at, left = run.sends.intended_at - origin(run), ~run.sends.accepted
    waited = send_columns(run.sends, run.events).acknowledgement
    colour, label = _answer(run)
    add_line(ax, colour, label, "none", "o").set_data(sent_at[~left], waited[~left])
    add_line(ax, FAILED, "left without one", "none", "x").set_data(sent_at[left], [timeout] * left.sum())
    ax.axhline(timeout, color=WAITING, linewidth=1, label=f"patience: {duration(timeout)}")
    style_axes(ax, _finding(run), "seconds waited for an answer")
    ax.set(xlabel="asked, seconds after the first request", ylim=(0, 1.15 * timeout))
    _legend(ax, columns=3)


def _draw_outcomes(ax: Axes, run: Run, predicted: float | None) -> None:
    per_100 = 100 / max(len(run.sends), 1)
    counts = (run.sends.accepted.sum(), (~run.sends.accepted).sum(), wasted(run)[0])
    colour, label = _answer(run)
    bars = ax.barh(range(3), [per_100 * count for count in counts], 0.6, color=(colour, FAILED, RENDERING))
    ax.bar_label(bars, [f"{per_100 * count:.0f}" for count in counts], padding=4, **_SMALL)
    ax.set_yticks(range(3), (label, "left without one", "made for nobody"))
    if predicted is not None:
        line = add_line(ax, PREDICTED, f"left, predicted: {predicted:g}", "--")
        line.set(data=([predicted] * 2, [0.5, 1.5]), linewidth=2)
        _legend(ax, columns=1)
    ax.set(xlim=(0, max(115, predicted or 0)), ylim=(2.6, -0.6))
    style_bar_axes(ax, "of 100 clients")
    set_title(ax, "Outcomes of 100 clients")


def _answer(run: Run) -> tuple[str, str]:
    """Return the colour and the label of an answer: the PDF, or its acknowledgement."""
    if run.endpoint == Endpoint.QUEUED:
        return ACCEPTED, "had a promise"
    return COLOURS[run.endpoint], "had a PDF"


def _finding(run: Run) -> str:
    left = int(np.count_nonzero(~run.sends.accepted))
    return f"{run.endpoint}: {left or 'none'} of {len(run.sends):,} clients left without an answer"


def _legend(ax: Axes, *, columns: int) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.2), ncol=columns, frameon=False, fontsize=9)
