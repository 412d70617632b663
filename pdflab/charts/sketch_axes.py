"""The axes on which a student sketches a curve, with what was sketched so far.

Read next: pdflab/charts/style.py.
"""

import io
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pdflab.charts.style import COLOURS
from pdflab.jobs import Endpoint

WIDTH, HEIGHT = 620, 260  # pixels of the picture; panel.css puts the handles upon its axes
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 44  # pixels from its edges to the axes
_GRID = "#d0d0d0"


def sketch_png(
    points: Sequence[tuple[float, float]],
    *,
    at: Sequence[float],
    values: tuple[float, float],
    at_label: str,
    label: str,
) -> bytes:
    """Return a picture of axes from the first to the last of `at`, and of `values`, with points on a line."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    width, height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    axes = figure.add_axes((_LEFT / WIDTH, _BOTTOM / HEIGHT, width / WIDTH, height / HEIGHT))
    axes.set(xlim=(at[0], at[-1]), ylim=values, xticks=at, xlabel=at_label, ylabel=label)
    low, high = values
    axes.set_yticks([low + step for step in MaxNLocator(8).tick_values(0, high - low) if step <= high - low])
    axes.grid(color=_GRID)
    axes.spines[["top", "right"]].set_visible(False)
    axes.plot(*zip(*points, strict=True) if points else ((), ()), color=COLOURS[Endpoint.QUEUED])
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()
