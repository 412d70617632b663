"""The charts of the present load show what its history has, at a price that does not grow."""

import io
from dataclasses import replace
from time import process_time

import pytest
from made_up import queued, synchronous
from matplotlib.axes import Axes
from matplotlib.image import imread

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.replay import scenes
from pdflab.analysis.run import Events, Run, Send, Sends
from pdflab.charts import style
from pdflab.charts.moving.live import LiveChart
from pdflab.charts.moving.picture import JobPicture
from pdflab.jobs import Endpoint, JobEvent, JobState


def history_at(now: float, *runs: Run) -> LoadHistory:
    """Follow runs up to an instant."""
    history = LoadHistory()
    for at, _ in scenes(runs, history, frames_per_second=2.0):
        if at >= now:
            break
    return history


def axes_of(chart: LiveChart) -> list[Axes]:
    return [one.ax for one in chart._axes]


def drawn(chart: LiveChart, ax: Axes, colour: str, marker: str = "None") -> list[tuple[float, float]]:
    """Return the points of what has a colour and a marker."""
    lines = [
        line for line in ax.lines if (line.get_color(), str(line.get_marker() or None)) == (colour, marker)
    ]
    return [(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True)]


def texts_of(chart: LiveChart) -> list[str]:
    return [label.text for one in chart._axes for label in one.labels]


def test_the_charts_keep_their_size_from_empty_to_full() -> None:
    """The page never jumps; a projector's are larger, and not blurred."""
    chart, large = LiveChart(), LiveChart(scale=1.5)
    chart.update(LoadHistory())
    before = chart.png()

    for one in (chart, large):
        one.update(history_at(12.0, queued(12, completed=2)))

    assert imread(io.BytesIO(before)).shape[:2] == imread(io.BytesIO(chart.png())).shape[:2] == (215, 1000)
    assert imread(io.BytesIO(large.png())).shape[:2] == (322, 1500)
    assert before != chart.png()


def test_who_waits_has_the_colours_of_the_live_picture() -> None:
    """After 12 s, ten jobs are in the queue, of two clients the answer is still to come."""
    chart = LiveChart()
    chart.update(history_at(12.0, queued(20, completed=2), synchronous(20)))

    waiting = axes_of(chart)[0]

    assert drawn(chart, waiting, style.QUEUED)[-1] == (12.0, 10.0)
    assert [y for x, y in drawn(chart, waiting, style.WAITING) if x == 12.0] == [2.0, 1.0]


def test_each_client_is_a_dot_that_grows_until_it_is_served() -> None:
    """Open dots wait, full ones have their PDF, crosses have none; each at the instant it asked."""
    chart = LiveChart()
    chart.update(history_at(12.0, queued(20, completed=2), synchronous(10, failed=3)))

    waits, (blue, red) = axes_of(chart)[2], style.COLOURS.values()

    assert drawn(chart, waits, blue, ".") == [(0.0, 10.0), (1.0, 10.0)]
    assert drawn(chart, waits, blue, "o")[0] == (2.0, 10.0)
    assert drawn(chart, waits, red, "o") == [(7.0, 5.0), (8.0, 4.0), (9.0, 3.0)]
    assert {y for _, y in drawn(chart, waits, red, ".")} == {2.0}
    assert drawn(chart, waits, style.FAILED, "x") == []


def test_a_client_that_failed_becomes_a_cross_where_its_dot_was() -> None:
    """It gave up after the 30 s of its timeout."""
    chart = LiveChart()
    chart.update(history_at(45.0, synchronous(10, failed=3)))

    crosses = drawn(chart, axes_of(chart)[2], style.FAILED, "x")
    assert crosses == [(7.0, 30.0), (8.0, 30.0), (9.0, 30.0)]


def test_what_was_made_for_nobody_is_the_area_between_throughput_and_goodput() -> None:
    """Of two PDFs in one second, one came after its client had given up."""
    run = synchronous(8)
    sends = [Send(Endpoint.SYNCHRONOUS, "invoice", 100.0, 100.0, error="timeout"), *run.sends]
    made = {"late": 102.5} | {f"s{i}": 102.0 + i for i in range(8)}
    events = [JobEvent(job_id, JobState.COMPLETED, at, "invoice") for job_id, at in made.items()]
    run = replace(run, sends=Sends.of(sends), events=Events.of(events), settings={"timeout": 1.0})
    chart = LiveChart()

    chart.update(history_at(8.0, run))

    corners = [(float(x), float(y)) for x, y in chart._wasted.get_xy()]
    assert {(2.0, 1.0), (2.0, 2.0), (3.0, 1.0), (3.0, 2.0)} <= set(corners)
    assert len({y for x, y in corners if x < 2 or x > 3}) <= 2, "elsewhere both are one line"


def test_a_month_has_its_days() -> None:
    """All thirty from the beginning, and room beyond them if its jobs wait longer."""
    chart, runs = LiveChart(), (queued(12, completed=2),)
    chart.set_days(60.0)
    chart.update(history_at(5.0, *runs))
    ends = [ax.get_xlim() for ax in axes_of(chart)]
    assert ends == [(0.0, 60.0)] * 3
    assert {"1", "15", "30", "day of the month, which takes 60 s"} <= set(texts_of(chart))

    chart.set_days(10.0)
    chart.update(history_at(12.0, *runs))
    assert [ax.get_xlim() for ax in axes_of(chart)] == [(0.0, 15.0), (0.0, 15.0), (0.0, 10.0)]

    chart.set_days(None)
    chart.update(history_at(12.0, *runs))
    assert "seconds since the load began" in texts_of(chart)
    assert axes_of(chart)[0].get_xlim() == (0.0, 20.0)


def test_axes_are_drawn_again_only_if_a_limit_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else pictures would cost a fifth of a core."""
    chart, drawn = LiveChart(), []
    chart.update(history_at(3.0, queued(20)))
    chart.png()
    draw = chart._pixels._canvas.draw
    monkeypatch.setattr(chart._pixels._canvas, "draw", lambda: (drawn.append("all"), draw()))

    chart.update(history_at(4.0, queued(20)))
    chart.png()
    assert drawn == []

    chart.update(history_at(15.0, queued(20)))
    chart.png()
    assert drawn == ["all"]


def test_a_frame_is_what_a_full_drawing_would_be() -> None:
    """What was kept hides nothing that moves, and leaves nothing of the frame before."""
    chart, fresh, runs = LiveChart(), LiveChart(), (queued(20, completed=8), synchronous(20, failed=6))
    for now in (2.0, 8.0, 9.0, 12.0):
        chart.update(history_at(now, *runs))
        chart.png()
    fresh.update(history_at(12.0, *runs))

    assert chart.png() == fresh.png()


def test_a_frame_costs_no_more_than_one_of_the_live_picture() -> None:
    """Both together are to take less than 5 % of a core, at four pictures and two charts a second."""
    history, chart, picture = LoadHistory(), LiveChart(), JobPicture()
    *_, (_, scene) = scenes((queued(20, completed=2), synchronous(20)), history, frames_per_second=2.0)

    def draw(one: LiveChart | JobPicture) -> None:
        one.update(history if one is chart else scene)  # type: ignore[arg-type]
        one.png()

    def seconds(one: LiveChart | JobPicture) -> float:
        draw(one)
        began = process_time()
        for _ in range(25):
            draw(one)
        return process_time() - began

    assert min(seconds(chart) / seconds(picture) for _ in range(3)) < 1.3
