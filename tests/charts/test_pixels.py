"""Texts that are drawn without matplotlib's slow ones: at their place, and within the picture."""

import numpy as np
import pytest

from pdflab.charts.moving.pixels import FastText


def drawn(label: FastText, *, scale: float = 1.0) -> np.ndarray:
    paper = np.full((round(60 * scale), round(200 * scale), 4), 255, np.uint8)
    label.draw(paper, scale)
    return np.argwhere(paper[..., 0] < 128)


def test_a_label_stands_at_its_place() -> None:
    """Its middle is at y, counted from below; x is its left, middle or right."""
    left, middle, right = (drawn(FastText(100, 30, 16, text="Hxx", align=align)) for align in (0, 0.5, 1))

    assert left[:, 1].min() == pytest.approx(100, abs=3)
    assert (middle[:, 1].min() + middle[:, 1].max()) / 2 == pytest.approx(100, abs=3)
    assert right[:, 1].max() == pytest.approx(100, abs=3)
    assert (left[:, 0].min() + left[:, 0].max()) / 2 == pytest.approx(30, abs=4)


def test_a_larger_scale_gives_a_larger_text_at_the_same_place() -> None:
    """For a projector."""
    small, large = drawn(FastText(20, 30, 16, text="Hxx")), drawn(FastText(20, 30, 16, text="Hxx"), scale=2.0)

    assert np.ptp(large[:, 0]) == pytest.approx(2 * np.ptp(small[:, 0]), abs=2)
    assert large[:, 1].min() == pytest.approx(2 * small[:, 1].min(), abs=3)


@pytest.mark.parametrize("text", ["gjpqy (ÅÉ)", "two\nlines", "x" * 500])
def test_whatever_the_text_nothing_leaves_the_picture(text: str) -> None:
    """It is cut at the edge, and breaks nothing."""
    for place in ((0, 0), (190, 58), (-30, 30), (20, 90)):
        drawn(FastText(*place, 16, text=text, bold=True))


def test_no_text_leaves_no_trace() -> None:
    """An empty label is the usual one."""
    assert len(drawn(FastText(100, 30, 16))) == 0
