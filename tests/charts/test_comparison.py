"""The charts say what their data says, and nothing else."""

import io

import numpy as np
import pytest
from made_up import EMPTY, queued, synchronous
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from pdflab.analysis.run import Run, Send, Sends
from pdflab.charts import style as canvas
from pdflab.charts.comparison import (
    comparison_figure,
    draw_latency,
    draw_omission,
    draw_throughput,
)
from pdflab.charts.style import png
from pdflab.charts.timelines import draw_depth
from pdflab.jobs import Endpoint


def axes() -> Axes:
    return Figure().subplots()


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (queued(20), synchronous(20, failed=6), "accepted all 20; the synchronous endpoint failed 6 of 20"),
        (
            queued(20),
            synchronous(20),
            "Both endpoints made all 20 PDFs; half had an answer within 500 ms (queued) or 2 s",
        ),
        (
            queued(9, completed=7),
            synchronous(9, failed=9),
            "accepted all 9 and has no PDF for 2 of them; the",
        ),
        (queued(9), EMPTY[1], "The queue accepted all 9; the synchronous endpoint was not tried"),
        (EMPTY[0], synchronous(9), "The queue was not tried; the synchronous endpoint failed none"),
        (*EMPTY, "Nothing to compare yet"),
    ],
)
def test_the_finding_is_what_the_data_says(ours: Run, theirs: Run, words: str) -> None:
    """The title of the comparison is computed: it praises neither endpoint for what did not happen."""
    assert words in comparison_figure(ours, theirs).get_suptitle()


def test_depth_is_titled_with_its_peak() -> None:
    """The queue's peak and the instant it was empty again, from the first intended send."""
    ax = draw_depth(axes(), queued(20))

    assert ax.get_title(loc="left") == "The queue grew to 9 and was empty after 28 s"
    assert max(ax.get_lines()[0].get_ydata()) == 9
    assert draw_depth(axes(), queued(20, completed=3)).get_title(loc="left") == "The queue grew to 17"


def test_an_endpoint_that_stopped_is_seen_to_stop() -> None:
    """Both curves go on to the same end, the failing one flat below what was asked for."""
    ax = draw_throughput(axes(), queued(20), synchronous(20, failed=6))

    asked, ours, theirs = ax.get_lines()

    assert [line.get_ydata()[-1] for line in (asked, ours, theirs)] == [20, 20, 14]
    assert {line.get_xdata()[-1] for line in (asked, ours, theirs)} == {29.0}
    assert ax.get_title(loc="left") == "PDFs: queued all 20, synchronous 14 of 20"


def test_an_endpoint_that_was_not_tried_is_not_drawn() -> None:
    """A flat line at zero would say that it failed."""
    ax = draw_throughput(axes(), queued(20), EMPTY[1])

    assert [line.get_label() for line in ax.get_lines()] == ["asked for", "queued"]
    assert ax.get_title(loc="left") == "PDFs: queued all 20"


def test_predictions_of_the_last_pdf_stand_beside_the_measurement() -> None:
    """A reader sees how far off each number was, even beyond the end of the run."""
    last = {Endpoint.QUEUED: 90.0, Endpoint.SYNCHRONOUS: 5.0}
    ax = draw_throughput(axes(), queued(20), synchronous(20), last=last)

    first, second = ax.get_lines()[-2:]
    assert [list(first.get_xdata()), list(second.get_xdata())] == [[90.0, 90.0], [5.0, 5.0]]
    assert first.get_linestyle() != second.get_linestyle()
    assert ax.get_xlim()[1] >= 90.0


def test_predictions_of_half_the_answers_are_marks_at_the_median() -> None:
    """One that lies beyond the axis is drawn at its end."""
    half = {Endpoint.QUEUED: 0.0, Endpoint.SYNCHRONOUS: 3.0}
    ax = draw_latency(axes(), queued(20), synchronous(20), half=half)

    marks = {
        line.get_label(): line.get_xydata()[0] for line in ax.get_lines() if "predicted" in line.get_label()
    }
    assert marks["predicted: queued"] == pytest.approx([0.301, 0.001], abs=1e-3)
    assert marks["predicted: synchronous"] == pytest.approx([0.301, 3.0], abs=1e-3)


def test_a_figure_shows_itself_without_pyplot() -> None:
    """A notebook gets a light picture of the size that was asked for."""
    picture = comparison_figure(queued(20), synchronous(20, failed=6))._repr_png_()

    assert imread(io.BytesIO(picture)).shape[:2] == (450, 1200)
    assert len(picture) < 60_000


def test_who_was_never_served_keeps_the_curve_below_a_hundred() -> None:
    """Failures count among all clients, so that an endpoint cannot look fast by failing."""
    ax = draw_latency(axes(), queued(20), synchronous(20, failed=15))

    answered, ours, theirs = (line for line in ax.get_lines() if not line.get_label().startswith("_"))
    top = ax.get_ylim()[1]

    assert [line.get_ydata()[-1] > top for line in (answered, ours, theirs)] == [False, False, True]
    assert theirs.get_xdata()[-1] == pytest.approx(-np.log10(0.75)), "it leaves where a quarter was served"
    assert ax.get_title(loc="left").endswith("queued 500 ms, synchronous never")


def test_the_marked_percentiles_are_those_of_the_data() -> None:
    """Of latencies of 1 to 100 s the dots stand at 50, 90 and 99 s."""
    times = [Send("queued", "invoice", 0.0, 0.0, float(s), 202, f"{s}") for s in range(1, 101)]
    ax = draw_latency(axes(), Run("queued", "queued", sends=Sends.of(times)), EMPTY[1])

    assert ax.get_lines()[1].get_ydata().tolist() == [50.0, 90.0, 99.0]


def test_what_a_closed_loop_hides_is_in_the_title() -> None:
    """Each of ten was answered 10 ms after it went, and went up to a second late."""
    late = [Send("queued", "custom", 0.0, i / 10, i / 10 + 0.01, 202, f"{i}") for i in range(11)]
    run = Run("queued", "queued", sends=Sends.of(late), settings={"clients": 1})

    title = draw_omission(axes(), run).get_title(loc="left")

    assert title == "The tool says 99 of 100 within 10 ms; clients waited 1 s"


def test_a_run_with_a_late_generator_is_not_charted_as_if_it_were_good() -> None:
    """The title takes back every finding, and each chart is stamped."""
    late = [Send("queued", "custom", 0.0, 0.5, 0.51, 202, f"{i}") for i in range(100)]
    run = Run("queued", "queued", sends=Sends.of(late))

    title = comparison_figure(run, synchronous(100)).get_suptitle()
    assert title == "The generator was late: this run says nothing about the endpoints"
    for ax in (
        draw_throughput(axes(), run, EMPTY[1]),
        draw_latency(axes(), run, EMPTY[1]),
        draw_depth(axes(), run),
    ):
        assert ax.texts[0].get_text().startswith("NOT VALID. The generator was 500\nms late")
    assert imread(io.BytesIO(png(comparison_figure(run, synchronous(100))))).shape[:2] == (450, 1200)


def test_a_colour_means_the_same_in_every_chart() -> None:
    """The endpoints keep their colours from chart to chart, and no two meanings share one."""
    ax = draw_throughput(axes(), queued(1), synchronous(1), last={Endpoint.QUEUED: 1.0})
    by_colour = {line.get_label(): line.get_color() for line in ax.get_lines()}

    waiting = {line.get_label(): line.get_color() for line in draw_latency(axes(), *EMPTY).get_lines()}

    assert {endpoint: by_colour[endpoint] for endpoint in canvas.COLOURS} == canvas.COLOURS
    assert waiting["synchronous, PDF"] == canvas.COLOURS["synchronous"]
    others = (canvas.ACCEPTED, canvas.FAILED, canvas.WAITING, canvas.RENDERING)
    assert len({*by_colour.values(), *others}) == 8


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0042, "4.2 ms"), (0.5, "500 ms"), (2.0, "2 s"), (4.72, "4.7 s"), (1234.0, "1,234 s")],
)
def test_a_duration_is_said_in_the_unit_that_suits(seconds: float, words: str) -> None:
    """The median in a title reads as a person says it."""
    once = Run("queued", "queued", sends=Sends.of([Send("queued", "invoice", 0.0, 0.0, seconds, 202, "a")]))

    assert f"queued {words}, synchronous –" in draw_latency(axes(), once, EMPTY[1]).get_title(loc="left")
