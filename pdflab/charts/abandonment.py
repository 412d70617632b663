"""Clients that leave after a timeout: how many did in each phase of a plan, and charts of their waits.

Read next: pdflab/charts/knee.py.
"""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pdflab.analysis.metrics import send_columns, throughput
from pdflab.analysis.run import Run
from pdflab.analysis.validity import wasted
from pdflab.charts import style
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.simulation.goodput import first_requests, goodput_over_time, share_in_time
from pdflab.simulation.model import RequestColumns


@dataclass(frozen=True, slots=True)
class Abandonment:
    """The clients of one phase: how many sent a request, and how many left without an answer."""

    asked: int
    left: int


def abandonment_by_phase(run: Run, plan: Plan) -> list[Abandonment]:
    """Count the clients of a run that left, for each phase of the plan that it sent."""
    ends = np.cumsum([phase.seconds for phase in plan.phases])
    began = np.array([arrival.at for arrival in plan.arrivals()])
    phase = np.searchsorted(ends[:-1], began[: len(run.sends.clients)], side="right")
    accepted = run.sends.clients.accepted[np.argsort(run.sends.clients.intended_at, kind="stable")]
    return [
        Abandonment(int((phase == number).sum()), int((~accepted[phase == number]).sum()))
        for number in range(len(ends))
    ]


def abandonment_figure(run: Run, *, predicted: float | None = None) -> style.Picture:
    """Draw how long each client waited for its answer, and the outcomes of 100 clients.

    `predicted` is how many of 100 the reader expected to leave. Clients wait for the run's timeout.
    """
    figure, (waits, outcomes) = style.make_axes(960, 330, (3, 2))
    colour, label = style.COLOURS[run.endpoint], "had a PDF"
    if run.endpoint == Endpoint.QUEUED:
        colour, label = style.ACCEPTED, "had a promise"
    _draw_waits(waits, run, colour, label)
    style.stamp(waits, run)
    counts = (run.sends.clients.accepted.sum(), (~run.sends.clients.accepted).sum(), wasted(run)[0])
    per_100 = [100 * count / max(len(run.sends.clients), 1) for count in counts]
    names, labels = (label, "left without one", "made for nobody"), [f"{share:.0f}" for share in per_100]
    style.add_bars(outcomes, names, per_100, colours=(colour, style.FAILED, style.RENDERING), labels=labels)
    outcomes.set_xlim(0, max(115, predicted or 0))
    style.style_bar_axes(outcomes, "Outcomes of 100 clients", "of 100 clients")
    if predicted is not None:
        style.add_prediction(outcomes, f"left, predicted: {predicted:g}", predicted, (0.5, 1.5))
        style.add_legend(outcomes, at=(-0.02, -0.2))
    return figure


def recovery_figure(
    cases: Mapping[str, RequestColumns],
    *,
    spike: tuple[float, float],
    end: float,
    after: float = 60.0,
    predicted: float | None = None,
) -> style.Picture:
    """Draw requests and PDFs in time over time for each case, by its name; and how it recovers from a spike.

    `spike` and `end` are instants. From `after` seconds after the spike on, the share of documents in time
    counts; `predicted` is the one that the reader expected of the first case.
    """
    figure, panels = style.make_axes(1100, 330, (1,) * len(cases))
    window = (spike[1] + after, end)
    shares = {name: share_in_time(case, *window) for name, case in cases.items()}
    highest = max(_draw_goodput(ax, case, end) for ax, case in zip(panels, cases.values(), strict=True))
    for ax, (name, share) in zip(panels, shares.items(), strict=True):
        ax.axvspan(*spike, color=style.WAITING, alpha=0.3, lw=0, label="spike, above the axis")
        style.style_axes(ax, f"{textwrap.fill(name, 24)}:\n{share:.0%} in time", "", time="seconds")
        ax.set(xlim=(0, end), ylim=(0, 1.2 * highest))
    panels[0].set_ylabel("a second", fontsize=9, color=style.TEXT)
    if predicted is not None:
        rate = predicted * first_requests(next(iter(cases.values())), *window) / (window[1] - window[0])
        line = style.add_line(panels[0], style.PREDICTED, f"predicted: {predicted:.0%}", "--")
        line.set(data=(window, [rate, rate]), lw=3, zorder=5)
    look: dict[str, Any] = {"ncol": 4, "frameon": False, "fontsize": 8.5}
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left", **look)
    named = sorted(shares, key=shares.__getitem__)
    found = "; ".join(f"{name}: {shares[name]:.0%} in time" for name in dict.fromkeys((named[0], named[-1])))
    style.set_headline(figure, f"{after:.0f} s after the spike, {found}")
    return figure


def _draw_goodput(ax: Axes, requests: RequestColumns, end: float) -> float:
    """Draw requests and PDFs in time, each second; return what the axis has to show."""
    at, in_time = goodput_over_time(requests, end=end)
    asked = throughput(requests.at, start=0.0, end=end, bin_seconds=1.0)[1]
    style.add_line(ax, style.ASKED, "requests, retries included").set(data=(at, asked), lw=0.8)
    ax.fill_between(at, in_time, step="post", color=style.COMPARED[0], lw=0, label="PDFs in time")
    return max(1.0, float(in_time.max(initial=0.0)), float(np.median(asked)))


def _draw_waits(ax: Axes, run: Run, colour: str, label: str) -> None:
    """Draw a dot for each client with an answer, of this colour and label, and a cross for each without."""
    timeout = float(run.settings["timeout"])
    sent_at, left = run.sends.clients.intended_at - run.began_at, ~run.sends.clients.accepted
    waited = send_columns(run.sends.clients, run.events).acknowledgement
    style.add_line(ax, colour, label, "none", "o").set_data(sent_at[~left], waited[~left])
    crosses = style.add_line(ax, style.FAILED, "left without one", "none", "x")
    crosses.set_data(sent_at[left], [timeout] * left.sum())
    ax.axhline(timeout, color=style.WAITING, linewidth=1, label=f"patience: {style.duration(timeout)}")
    without = f"{left.sum() or 'none'} of {len(left):,} clients left without an answer"
    title, unit = f"{run.endpoint}: {without}", "seconds waited for an answer"
    style.style_axes(ax, title, unit, time="asked, seconds after the first request")
    ax.set_ylim(0, 1.15 * timeout)
    style.add_legend(ax, columns=3, at=(-0.02, -0.2))
