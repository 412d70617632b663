"""The live picture shows the last minute, at a price that does not grow."""

import io

import numpy as np
import pytest
from made_up import queued, synchronous
from matplotlib.image import imread

from pdflab.notebook import canvas
from pdflab.notebook.live_chart import LiveChart
from pdflab.occupancy import depth as depth_of


def test_the_live_picture_keeps_its_size_and_its_artists() -> None:
    """From empty to full the page never jumps and nothing is drawn anew."""
    live = LiveChart(width=900, height=300)
    before, artists = live.png(), live.figure.axes[0].get_lines()

    live.update(130.0, queued=list(queued(20).events), synchronous=(), sends=list(queued(20).sends))
    after = live.png()

    assert imread(io.BytesIO(before)).shape[:2] == imread(io.BytesIO(after)).shape[:2] == (300, 900)
    assert live.figure.axes[0].get_lines()[0] is artists[0]
    assert before != after


def test_the_live_picture_shows_now() -> None:
    """What waits now, what each client waited, and failures, are in the data of the lines."""
    live = LiveChart()
    theirs = synchronous(20, failed=6)

    live.update(112.0, queued=list(queued(12, completed=2).events), synchronous=(), sends=list(theirs.sends))

    depth, _, waits = live.figure.axes
    assert depth.get_title(loc="left") == "10 in the line"
    assert [len(line.get_xdata()) for line in waits.get_lines()] == [0, 0, 20, 6]
    assert np.count_nonzero(waits.get_lines()[2].get_ydata() == 2.0) == 14
    assert waits.get_lines()[3].get_color() == canvas.FAILED
    assert waits.get_title(loc="left") == "Median answer: queued –, synchronous 2 s"


def test_a_frame_paints_only_what_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is kept until an axis has to grow: else two pictures a second would cost a fifth of a core."""
    live, waiting, drawn = LiveChart(), list(queued(40, completed=0).events), []
    live.png()
    draw = live.figure.canvas.draw
    monkeypatch.setattr(live.figure.canvas, "draw", lambda: drawn.append(draw()))

    live.update(105.0, queued=waiting[:5], synchronous=(), sends=())
    live.png()
    assert len(drawn) == 0

    live.update(140.0, queued=waiting, synchronous=(), sends=())
    live.png()
    assert len(drawn) == 1


def test_a_frame_is_what_a_full_painting_would_be() -> None:
    """What was kept hides nothing that moves, and leaves nothing of the frame before."""
    live, fresh = LiveChart(), LiveChart()
    run, theirs = queued(20, completed=8), synchronous(20, failed=6)
    for now in (105.0, 112.0, 121.0):
        live.update(now, queued=list(run.events), synchronous=(), sends=list(theirs.sends))
        live.png()
    fresh.update(121.0, queued=list(run.events), synchronous=(), sends=list(theirs.sends))

    assert live.png() == fresh.png()


def test_jobs_that_ended_before_the_window_are_forgotten() -> None:
    """An hour of class costs what a minute costs, and the depth within the window stays right."""
    live = LiveChart(window=10.0)
    run = queued(40)

    live.update(150.0, queued=list(run.events), synchronous=(), sends=list(run.sends))

    assert len(live._recent["queued"].follow(list(run.events), 150.0)) == 10 * 3
    seen_at, seen = live._depth.get_data()
    times, depth = depth_of(run.events)
    within = times >= 140.0
    assert dict(zip(times[within] - 150.0, depth[within], strict=True)).items() <= {
        *zip(seen_at, seen, strict=True)
    }
