"""The charts say what their data says, and nothing else."""

import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from pdflab.jobs import JobEvent, JobState
from pdflab.notebook import charts
from pdflab.notebook.charts import (
    LiveChart,
    comparison_figure,
    draw_depth,
    draw_throughput,
    draw_waiting,
    finding,
)
from pdflab.run import Run, Send

EMPTY = Run("queued", "queued"), Run("synchronous", "synchronous")


def axes() -> Axes:
    return Figure().subplots()


def queued(n: int, *, completed: int | None = None) -> Run:
    """n jobs, one sent and accepted every second, the first of them COMPLETED ten seconds after that."""
    sends = tuple(Send("queued", "invoice", 100.0 + i, 100.0 + i, 100.5 + i, 202, f"q{i}") for i in range(n))
    events = [JobEvent(f"q{i}", JobState.QUEUED, 100.5 + i, "invoice") for i in range(n)]
    for i in range(n if completed is None else completed):
        events.append(JobEvent(f"q{i}", JobState.PROCESSING, 109.0 + i, "invoice"))
        events.append(JobEvent(f"q{i}", JobState.COMPLETED, 110.0 + i, "invoice"))
    return Run("queued", "queued", sends=sends, events=tuple(events))


def synchronous(n: int, *, failed: int = 0) -> Run:
    good = [
        Send("synchronous", "invoice", 100.0 + i, 100.0 + i, 102.0 + i, 200, f"s{i}")
        for i in range(n - failed)
    ]
    bad = [
        Send("synchronous", "invoice", 100.0 + i, 100.0 + i, error="timeout") for i in range(n - failed, n)
    ]
    return Run("synchronous", "synchronous", sends=(*good, *bad))


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (queued(20), synchronous(20, failed=6), "accepted all 20; the synchronous door failed 6 of 20"),
        (queued(20), synchronous(20), "accepted all 20; the synchronous door failed none"),
        (
            queued(9, completed=7),
            synchronous(9, failed=9),
            "accepted all 9 and has no PDF for 2 of them; the",
        ),
        (*EMPTY, "Nothing to compare yet"),
    ],
)
def test_the_finding_is_what_the_data_says(ours: Run, theirs: Run, words: str) -> None:
    """The title of the comparison is computed: it praises neither door for what did not happen."""
    assert words in finding(ours, theirs)
    assert comparison_figure(ours, theirs).get_suptitle() == finding(ours, theirs)


def test_depth_is_titled_with_its_peak() -> None:
    """The line's highest number and the instant it was empty again, from the first intended send."""
    ax = draw_depth(axes(), [queued(20)])

    assert ax.get_title(loc="left") == "The line grew to 9 and was empty after 28 s"
    assert max(ax.get_lines()[0].get_ydata()) == 9
    assert draw_depth(axes(), [queued(20, completed=3)]).get_title(loc="left") == "The line grew to 17"


def test_a_door_that_stopped_is_seen_to_stop() -> None:
    """Both curves go on to the same end, the failing one flat below what was asked for."""
    ax = draw_throughput(axes(), queued(20), synchronous(20, failed=6))

    asked, ours, theirs = ax.get_lines()

    assert [line.get_ydata()[-1] for line in (asked, ours, theirs)] == [20, 20, 14]
    assert {line.get_xdata()[-1] for line in (asked, ours, theirs)} == {29.0}
    assert ax.get_title(loc="left") == "PDFs: queued all 20, synchronous 14 of 20"


def test_who_was_never_served_keeps_the_curve_below_a_hundred() -> None:
    """Failures count among all clients, so that a door cannot look fast by failing."""
    ax = draw_waiting(axes(), queued(20), synchronous(20, failed=15))

    assert [line.get_ydata()[-1] for line in ax.get_lines()] == [100, 100, 25]
    assert ax.get_title(loc="left").endswith("queued 500 ms, synchronous never")


def test_a_colour_means_the_same_in_every_chart() -> None:
    """The doors keep their colours from chart to chart, and no two meanings share one."""
    by_colour = {line.get_label(): line.get_color() for line in draw_throughput(axes(), *EMPTY).get_lines()}

    assert {door: by_colour[door] for door in charts.COLOURS} == charts.COLOURS
    assert draw_waiting(axes(), *EMPTY).get_lines()[2].get_color() == charts.COLOURS["synchronous"]
    assert len({*charts.COLOURS.values(), charts.ACCEPTED, charts.FAILED, charts.ASKED}) == 5


def test_the_live_picture_keeps_its_size_and_its_artists() -> None:
    """From empty to full the page never jumps and nothing is drawn anew."""
    live = LiveChart(width=900, height=300)
    before, artists = live.png(), live.figure.axes[0].get_lines()

    live.update(130.0, queued=queued(20).events, synchronous=(), sends=queued(20).sends)
    after = live.png()

    assert imread(io.BytesIO(before)).shape[:2] == imread(io.BytesIO(after)).shape[:2] == (300, 900)
    assert live.figure.axes[0].get_lines()[0] is artists[0]
    assert before != after


def test_the_live_picture_shows_now() -> None:
    """What waits now, what each client waited, and failures, are in the data of the lines."""
    live = LiveChart()
    theirs = synchronous(20, failed=6)

    live.update(112.0, queued=queued(12, completed=2).events, synchronous=(), sends=theirs.sends)

    depth, _, waits = live.figure.axes
    assert depth.get_title(loc="left") == "10 in the line"
    assert [len(line.get_xdata()) for line in waits.get_lines()] == [0, 0, 20, 6]
    assert np.count_nonzero(waits.get_lines()[2].get_ydata() == 2.0) == 14
    assert waits.get_lines()[3].get_color() == charts.FAILED
    assert waits.get_title(loc="left") == "Median answer: queued –, synchronous 2 s"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0042, "4.2 ms"), (0.5, "500 ms"), (2.0, "2 s"), (4.72, "4.7 s"), (1234.0, "1,234 s")],
)
def test_a_duration_is_said_in_the_unit_that_suits(seconds: float, words: str) -> None:
    """The median in a title reads as a person says it."""
    once = Run("queued", "queued", sends=(Send("queued", "invoice", 0.0, 0.0, seconds, 202, "a"),))

    assert f"queued {words}, synchronous –" in draw_waiting(axes(), once, EMPTY[1]).get_title(loc="left")
