"""A run as a GIF: as long as it took, the same each time."""

import io

import pytest
from made_up import queued, synchronous
from PIL import Image

from pdflab.charts.moving.animation import animation

RUNS = (queued(4), synchronous(4))


def frames_of(gif: bytes) -> tuple[Image.Image, list[float]]:
    """Return the opened GIF, and the seconds that each frame stays."""
    image = Image.open(io.BytesIO(gif))
    seconds = []
    for number in range(image.n_frames):
        image.seek(number)
        seconds.append(image.info["duration"] / 1000)
    return image, seconds


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_it_takes_as_long_as_the_runs_divided_by_the_speed(speed: float) -> None:
    """Their 13 s, and the last frame stays; it begins again for ever."""
    image, seconds = frames_of(animation(RUNS, "Two runs", speed=speed))

    assert sum(seconds) == pytest.approx(13 / speed + 3, abs=0.2)
    assert image.info["loop"] == 0
    assert image.size == (1000, 30 + 250 + 215)


def test_the_same_runs_give_the_same_bytes_and_stay_small() -> None:
    """It can be stored in a repository."""
    first, second = (animation(RUNS, "Two runs", speed=4.0) for _ in range(2))

    assert first == second
    assert len(first) < 200_000


def test_the_charts_can_be_left_out() -> None:
    """Then the picture is alone."""
    assert frames_of(animation(RUNS, "Two runs", speed=8.0, charts=False))[0].size == (1000, 280)
