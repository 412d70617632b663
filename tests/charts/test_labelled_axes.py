"""Axes whose texts stand where matplotlib would write them."""

import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pdflab.charts import style
from pdflab.charts.moving.labelled_axes import LabelledAxes

BOX = (50, 40, 200, 100)


@pytest.mark.parametrize("dpi", [100, 150])
def test_a_tick_stands_at_its_value(dpi: int) -> None:
    """In pixels of the figure at its usual size, whatever its scale."""
    axes = LabelledAxes(style.make_figure(400, 200, dpi), "Title", BOX)

    axes.set_limits((0.0, 10.0), (0.0, 50.0), [(5.0, "five")], [(50.0, "fifty")], "seconds")

    places = {label.text: (label.x, label.y) for label in axes.labels}
    assert places["five"][0] == pytest.approx(150)
    assert places["fifty"][1] == pytest.approx(140)
    assert places["seconds"][0] == pytest.approx(150)
    assert places["Title"] == (50, 168)


def test_new_ticks_replace_the_old_ones_and_the_title_stays() -> None:
    """Limits change many times a minute."""
    axes = LabelledAxes(style.make_figure(400, 200), "Title", BOX)
    for end in ("10", "20"):
        axes.set_limits((0.0, float(end)), (0.0, 1.0), [(float(end), end)], [], "seconds")

    assert [label.text for label in axes.labels] == ["Title", "seconds", "20"]


def test_the_key_names_lines_dots_and_areas_and_shows_what_they_look_like() -> None:
    """Outside the axes, where nothing clips it; the texts follow each other."""
    figure = style.make_figure(400, 200)
    axes, area = LabelledAxes(figure, "Title", BOX), Rectangle((0, 0), 1, 1, facecolor=style.ASKED)
    line, dots = (style.add_line(axes.ax, "#0072B2", "", *look) for look in (("-",), ("none", "o")))

    axes.add_key([("a line", [line]), ("dots", [dots, dots]), ("area", [area])])

    samples = [artist for artist in figure.get_children() if isinstance(artist, Line2D)]
    assert [len(np.atleast_1d(sample.get_xdata())) for sample in samples] == [2, 1, 1]
    assert {sample.get_color() for sample in samples} == {"#0072B2"}
    assert all(sample.get_clip_box() is None for sample in samples)
    places = [label.x for label in axes.labels[1:]]
    assert places == sorted(places)
