"""The live picture shows the last minute, at a price that does not grow."""

import io

import pytest
from made_up import queued, synchronous
from matplotlib.image import imread

from pdflab.analysis.rolling_window import RollingWindow
from pdflab.analysis.run import Events, Run
from pdflab.charts import style
from pdflab.charts.live import LiveChart


def minute_of(now: float, *runs: Run) -> RollingWindow:
    minute = RollingWindow()
    events = [event for run in runs for event in run.events]
    minute.follow(now, queued=events, synchronous=(), sends=[send for run in runs for send in run.sends])
    return minute


def test_the_live_picture_keeps_its_size_and_its_artists() -> None:
    """From empty to full the page never jumps and nothing is drawn anew."""
    live = LiveChart()
    live.update(130.0, RollingWindow())
    before, artists = live.png(), live.figure.axes[0].get_lines()

    live.update(130.0, minute_of(130.0, queued(20)))
    after = live.png()

    assert imread(io.BytesIO(before)).shape[:2] == imread(io.BytesIO(after)).shape[:2] == (310, 1000)
    assert live.figure.axes[0].get_lines()[0] is artists[0]
    assert before != after


def test_the_live_picture_shows_now() -> None:
    """What waits now, what each client waited, and failures, are in the data of the lines."""
    live = LiveChart()

    live.update(112.0, minute_of(112.0, queued(12, completed=2), synchronous(20, failed=6)))

    depth, rates, waits = (ax.get_lines() for ax in live.figure.axes)
    assert depth[0].get_ydata()[-1] == 10
    assert [len(line.get_xdata()) for line in rates] == [61, 61]
    assert [len(line.get_xdata()) for line in waits] == [12, 2, 14, 6]
    assert set(waits[2].get_ydata()) == {2.0}
    assert waits[3].get_color() == style.FAILED


def test_a_frame_paints_only_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is kept, and axes that grow are painted alone: else pictures would cost a fifth of a core."""
    live, waiting, drawn = LiveChart(), queued(40, completed=0), []
    live.update(100.0, RollingWindow())
    live.png()
    for name, ax in zip(("depth", "rate", "waits"), live.figure.axes, strict=True):
        draw = ax.draw
        monkeypatch.setattr(ax, "draw", lambda to, name=name, draw=draw: (drawn.append(name), draw(to)))

    live.update(105.0, minute_of(105.0, Run("few", "queued", events=Events.of(list(waiting.events)[:5]))))
    live.png()
    assert drawn == []

    live.update(140.0, minute_of(140.0, waiting))
    live.png()
    assert drawn == ["depth"]


def test_a_frame_is_what_a_full_painting_would_be() -> None:
    """What was kept hides nothing that moves, and leaves nothing of the frame before."""
    live, fresh = LiveChart(), LiveChart()
    minute = minute_of(100.0, queued(20, completed=8), synchronous(20, failed=6))
    for now in (105.0, 112.0, 121.0):
        live.update(now, minute_of(now, queued(5)) if now < 110.0 else minute)
        live.png()
    fresh.update(121.0, minute)

    assert live.png() == fresh.png()


def test_a_larger_picture_has_more_pixels_and_the_same_look() -> None:
    """A projector shows it larger: it must not be blurred."""
    large = LiveChart(scale=1.5)
    large.update(121.0, RollingWindow())

    assert imread(io.BytesIO(large.png())).shape[:2] == (465, 1500)
