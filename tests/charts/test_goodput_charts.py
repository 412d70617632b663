"""Goodput is drawn as it was counted, under its finding, in the colour of each endpoint."""

import pytest

from pdflab.analysis.run import Run, Send, Sends
from pdflab.charts.goodput import goodput_figure
from pdflab.charts.style import PREDICTED


def run_of(served: int, endpoint: str = "synchronous", clients: int = 40) -> Run:
    """A client each tenth of a second; the first ones had their PDF after 0.2 s, the others never."""
    sends = [
        Send(endpoint, "custom", at, at, *((at + 0.2, 200, f"j{number}") if number < served else ()))
        for number in range(clients)
        for at in [100.0 + number / 10]
    ]
    return Run(endpoint, endpoint, sends=Sends.of(sends))


RUNS = {"synchronous": run_of(4), "synchronous, at most 8 inside": run_of(30)}


def test_each_run_has_a_bar_and_the_title_names_the_best_and_the_worst() -> None:
    """With the number of its clients at its end."""
    [ax] = goodput_figure(RUNS, 0.5).axes

    assert [bar.get_width() for bar in ax.patches] == [4, 30]
    assert [text.get_text() for text in ax.texts] == ["4 of 40", "30 of 40"]
    assert ax.get_title(loc="left") == (
        "synchronous, at most 8 inside: 30 PDFs within 500 ms; synchronous: 4"
    )
    assert ax.get_xlabel() == "PDFs within 500 ms"


def test_a_prediction_is_drawn_across_its_own_bar_alone() -> None:
    """However large; a run without one has none."""
    [ax] = goodput_figure(RUNS, 0.5, predicted={"synchronous": 90}).axes

    [line] = ax.get_lines()
    assert (line.get_color(), list(line.get_xdata())) == (PREDICTED, [90, 90])
    assert list(line.get_ydata()) == pytest.approx([-0.4, 0.4])
    assert ax.get_xlim()[1] > 90


def test_nothing_to_draw_is_said() -> None:
    """A run without a request has no bar to compare."""
    assert goodput_figure({"none": Run("n", "queued")}, 1.0).axes[0].get_title(loc="left") == (
        "Nothing was asked for"
    )
