"""Charts of clients that leave after a timeout: how long each waited, and how a service recovers.

Read next: pdflab/charts/knee.py.
"""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from pdflab.analysis.goodput import goodput
from pdflab.analysis.metrics import send_columns, throughput
from pdflab.analysis.run import Run
from pdflab.charts import style
from pdflab.jobs import Endpoint
from pdflab.simulation.goodput import first_requests, goodput_over_time, share_in_time
from pdflab.simulation.model import RequestColumns


def patience_figure(runs: Mapping[str, Run], patience: float) -> style.Picture:
    """Draw for each run, by its name, how long each client waited for its answer and for its PDF.

    What is above the line of so many seconds of patience came too late.
    """
    figure, panels = style.make_axes(380 * len(runs), 340, (1,) * len(runs))
    for ax, (name, run) in zip(panels, runs.items(), strict=True):
        _draw_waits(ax, run)
        ax.axhline(patience, color=style.WAITING, linewidth=1.5)
        found = goodput(run, patience)
        title = f"{textwrap.fill(name, 30)}:\n{found.in_time:,} of {found.clients:,} PDFs in time"
        style.style_axes(ax, title, "", time="asked, seconds after the first request")
        style.set_latency_axis(ax)
        style.add_legend(ax, at=(-0.1, -0.16))
        style.stamp(ax, run)
    panels[0].set_ylabel(f"waited; patience is {style.duration(patience)}", fontsize=9, color=style.TEXT)
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


def _draw_waits(ax: Axes, run: Run) -> None:
    """Draw a dot for each PDF and each promise, and a cross for each client without one.

    Who was refused is drawn where the answer came, and who left at the timeout.
    """
    clients = run.sends.clients
    columns, at = send_columns(clients, run.events), clients.intended_at - run.began_at
    is_refused = ~clients.accepted & ~np.isnan(clients.answered_at)
    left = np.where(clients.accepted | is_refused, np.nan, float(run.settings["timeout"]))
    refused = np.where(is_refused, clients.answered_at - clients.intended_at, np.nan)
    promised = np.where(run.endpoint == Endpoint.QUEUED, columns.acknowledgement, np.nan)
    for waited, colour, label, marker in (
        (promised, style.ACCEPTED, "answer: a promise", "o"),
        (columns.completion, style.COLOURS[run.endpoint], "PDF", "o"),
        (refused, style.ASKED, "answer: refused", "x"),
        (left, style.FAILED, "left, no answer", "x"),
    ):
        if (there := ~np.isnan(waited)).any():
            style.add_line(ax, colour, label, "none", marker).set_data(at[there], waited[there])
