"""A curve is sketched by handles on the axes, and counts when each of them was moved."""

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.sketch import AskSketch
from pdflab.notebook.lessons.texts import Prediction

CURVE = Prediction(
    "How long?",
    "sketch",
    "service times",
    low=1,
    high=12,
    at=(0.1, 0.5, 0.95),
    at_label="utilisation",
    label="time",
)


def test_a_curve_counts_when_each_handle_was_moved() -> None:
    """One that still lies at the bottom was not meant."""
    ask = AskSketch("curve", CURVE)

    ask._sliders[0].value, ask._sliders[1].value = 2.0, 3.0
    two_of_three = ask.button.disabled
    ask._sliders[2].value = 9.0
    ask.button.click()

    assert two_of_three
    assert ask.value == [2.0, 3.0, 9.0]


def test_the_line_follows_the_handles() -> None:
    """The picture behind them is drawn again with each move."""
    ask = AskSketch("curve", CURVE)
    before = ask._picture.box.value

    ask._sliders[0].value, ask._sliders[1].value = 2.0, 3.0

    assert ask._picture.box.value != before


def test_a_curve_whose_result_is_known_stays() -> None:
    """Its handles would move, and nothing would be kept."""
    ask = AskSketch("curve", CURVE)
    ask.give([2.0, 3.0, 9.0])

    ask.rest()

    assert all(slider.disabled for slider in ask._sliders)


def test_each_handle_has_a_name_that_can_be_read_aloud() -> None:
    """Seven nameless sliders are no axes."""
    assert [slider.tooltip for slider in AskSketch("curve", CURVE)._sliders] == [
        "time at utilisation 0.1",
        "time at utilisation 0.5",
        "time at utilisation 0.95",
    ]


@pytest.mark.parametrize("wrong", [3, [1, 2], "up"])
def test_a_curve_is_a_number_for_each_place(wrong: object) -> None:
    """Neither fewer nor more."""
    with pytest.raises(UsageError, match="is 3 numbers"):
        AskSketch("curve", CURVE).give(wrong)  # type: ignore[arg-type]
