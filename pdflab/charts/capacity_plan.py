"""The chart of `pdflab plan`: the workers of each fleet over time, and its queue.

Read next: pdflab/charts/abandonment.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pdflab.analysis.columns import Floats
from pdflab.charts.style import ASKED, PREDICTED, TEXT, Picture, add_line, make_figure, style_axes

_HOUR = 3600.0
_COLOURS = {"fixed": "#0072B2", "scheduled": "#009E73", "autoscaled": "#E69F00"}  # of Okabe and Ito's palette
_WIDTHS = {"fixed": 4.0, "scheduled": 2.0, "autoscaled": 1.0}  # so that overlapping curves stay visible


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet in one replication: workers, and jobs in the queue, over seconds."""

    name: str
    workers: tuple[Floats, Floats]
    queue: tuple[Floats, Floats]


def plan_figure(
    title: str,
    fleets: Sequence[Fleet],
    *,
    asked: tuple[Floats, Floats],
    deadline: float | None,
    predicted: float | None = None,
) -> Picture:
    """Draw each fleet's workers beside the offered load, and its queue.

    `predicted` is how many workers the reader expected.
    """
    figure = make_figure(1100, 450)
    figure.set_layout_engine("constrained", w_pad=0.15)
    workers, queue = figure.subplots(1, 2)
    add_line(workers, ASKED, "kept busy by what is asked for", ":").set_data(*_in_hours(asked))
    for fleet in fleets:
        for axes, curve in ((workers, fleet.workers), (queue, fleet.queue)):
            drawn = add_line(axes, _COLOURS[fleet.name], fleet.name)
            drawn.set(data=_in_hours(curve), lw=_WIDTHS[fleet.name])
    if predicted is not None:
        workers.axhline(predicted, color=PREDICTED, ls=":", lw=2, label="workers, predicted")
    peaks = [float(fleet.queue[1].max()) for fleet in fleets]
    style_axes(workers, "Workers", "workers")
    style_axes(queue, f"Documents in the queue, at most {max(peaks):,.0f}", "documents")
    workers.yaxis.get_major_locator().set_params(integer=True)
    queue.yaxis.set_major_formatter("{x:,.0f}")
    for axes in (workers, queue):
        axes.set_xlabel("hours since the first document", fontsize=9)
        if deadline is not None:
            axes.axvline(deadline / _HOUR, color=TEXT, ls="-.", lw=1, label="deadline")
        axes.legend(loc="upper left", bbox_to_anchor=(-0.1, -0.12), ncol=2, frameon=False, fontsize=8.5)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, weight="bold")
    return figure


def _in_hours(curve: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    return curve[0] / _HOUR, curve[1]
