"""Pictures of patience: who waited for how long, who left, and what was made for nobody.

Read next: notebook/job_lookup.py.
"""

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
    dress,
    dress_bars,
    duration,
    make_figure,
    origin,
    set_title,
    stamp,
)
from pdflab.jobs import Endpoint

_SMALL: dict[str, Any] = {"fontsize": 9, "color": TEXT}


def patience_figure(run: Run, *, predicted: float | None = None) -> Picture:
    """Draw each client's wait until its answer, and what became of a hundred of them.

    `predicted` is how many of a hundred the reader expected to leave. Clients wait for the run's timeout.
    """
    figure = make_figure(960, 330)
    figure.set_layout_engine("constrained", w_pad=0.12)
    waits, fates = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw_waits(waits, run)
    _draw_fates(fates, run, predicted)
    stamp(waits, invalid_reason(run))
    return figure


def _draw_waits(ax: Axes, run: Run) -> None:
    patience = float(run.settings["timeout"])
    asked_at, left = run.sends.intended_at - origin(run), ~run.sends.accepted
    waited = send_columns(run.sends, run.events).acknowledgement
    colour, what = _answer(run)
    add_line(ax, colour, what, "none", "o").set_data(asked_at[~left], waited[~left])
    add_line(ax, FAILED, "left without one", "none", "x").set_data(asked_at[left], [patience] * left.sum())
    ax.axhline(patience, color=WAITING, linewidth=1, label=f"patience: {duration(patience)}")
    dress(ax, _finding(run), "seconds waited for an answer")
    ax.set(xlabel="asked, seconds after the first request", ylim=(0, 1.15 * patience))
    _legend(ax, columns=3)


def _draw_fates(ax: Axes, run: Run, predicted: float | None) -> None:
    of_100 = 100 / max(len(run.sends), 1)
    counts = (run.sends.accepted.sum(), (~run.sends.accepted).sum(), wasted(run)[0])
    colour, what = _answer(run)
    bars = ax.barh(range(3), [of_100 * count for count in counts], 0.6, color=(colour, FAILED, RENDERING))
    ax.bar_label(bars, [f"{of_100 * count:.0f}" for count in counts], padding=4, **_SMALL)
    ax.set_yticks(range(3), (what, "left without one", "made for nobody"))
    if predicted is not None:
        line = add_line(ax, PREDICTED, f"left, predicted: {predicted:g}", "--")
        line.set(data=([predicted] * 2, [0.5, 1.5]), linewidth=2)
        _legend(ax, columns=1)
    ax.set(xlim=(0, max(115, predicted or 0)), ylim=(2.6, -0.6))
    dress_bars(ax, "of 100 clients")
    set_title(ax, "What became of a hundred clients")


def _answer(run: Run) -> tuple[str, str]:
    """Return the colour and the name of a yes: at one endpoint it is the PDF, at the other a promise of
    it.
    """
    return (
        (ACCEPTED, "had a promise")
        if run.endpoint == Endpoint.QUEUED
        else (COLOURS[run.endpoint], "had a PDF")
    )


def _finding(run: Run) -> str:
    left = int(np.count_nonzero(~run.sends.accepted))
    return f"{run.endpoint}: {left or 'none'} of {len(run.sends):,} clients left without an answer"


def _legend(ax: Axes, *, columns: int) -> None:
    ax.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.2), ncol=columns, frameon=False, fontsize=9)
