"""Predictions have no default: the button wakes when a student has put a value in."""

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.predict import AskChoice, AskInterval, AskNumber
from pdflab.notebook.lessons.texts import Prediction

NUMBER = Prediction("When?", unit="s", low=0, high=20, step=0.5)
INTERVAL = Prediction("When?", "interval", unit="s", low=0, high=20)
CHOICE = Prediction("Which?", "choice", options=("the first", "the second"))


def test_nothing_is_predicted_before_a_student_does() -> None:
    """A filled-in value would be taken as it is."""
    for ask in (AskNumber("n", NUMBER), AskInterval("i", INTERVAL), AskChoice("c", CHOICE)):
        assert ask.value is None
        assert ask.button.disabled


def test_a_moved_slider_wakes_the_button_and_the_button_predicts() -> None:
    """Moving alone is no prediction: one may look first where the axis ends."""
    ask = AskNumber("n", NUMBER)

    ask._slider.value = 7.5
    before = ask.value
    ask.button.click()

    assert before is None
    assert ask.value == 7.5
    assert "You predict 7.5 s." in ask.note.value


@pytest.mark.parametrize(("typed", "value"), [("12", 12.0), ("7,5", 7.5), ("about 3 s", 3.0), ("-1", -1.0)])
def test_a_number_is_typed_as_people_type(typed: str, value: float) -> None:
    """With a comma, and with its unit."""
    ask = AskNumber("n", NUMBER)

    ask._field.value = typed
    ask.button.click()

    assert ask.value == value


def test_what_is_no_number_wakes_nothing() -> None:
    """The button would have nothing to take."""
    ask = AskNumber("n", NUMBER)

    ask._field.value = "soon"

    assert ask.button.disabled


def test_a_number_beyond_the_axis_is_kept_and_shown_as_such() -> None:
    """A slider that stops at 20 must not turn 300 into 20."""
    ask = AskNumber("n", NUMBER)

    ask._field.value = "300"
    ask.button.click()

    assert ask.value == 300
    assert ask._slider.value == 20
    assert ask._field.value == "300"
    assert "beyond the axis" in ask.note.value


def test_an_interval_of_nearly_the_whole_axis_predicts_nothing() -> None:
    """From 0 to the end is true of everything: it has to be narrower, and the widget says so."""
    ask = AskInterval("i", INTERVAL)
    said = []

    for ends in ((0.0, 19.5), (0.0, 16.5), (0.0, 16.0)):
        ask._slider.value = ends
        said.append((ask.button.disabled, "at most 16 s" in ask.note.value))

    assert said == [(True, True), (True, True), (False, False)]


def test_an_interval_that_was_given_is_said_again_after_one_that_is_too_wide() -> None:
    """It still counts."""
    ask = AskInterval("i", INTERVAL)
    ask.give([2, 6])

    ask._slider.value = (0.0, 20.0)
    ask._slider.value = (2.0, 6.0)

    assert "You predict 2 to 6 s." in ask.note.value


def test_a_choice_needs_its_reason() -> None:
    """Without one, it is a click."""
    ask = AskChoice("c", CHOICE)

    ask._radio.value = "the second"
    chosen_alone = ask.button.disabled
    ask._reason.value = "it is nearer"
    ask.button.click()

    assert chosen_alone
    assert (ask.value, ask.reason) == ("the second", "it is nearer")


def test_a_prediction_can_be_changed_until_its_result_is_known() -> None:
    """Afterwards it would be no prediction."""
    ask = AskNumber("n", NUMBER)

    ask.give(3)
    ask._slider.value = 5.0
    changeable = not ask.button.disabled
    ask.rest()

    assert changeable
    assert ask.button.disabled
    assert ask._slider.disabled
    assert ask._field.disabled


def test_each_prediction_is_reported_once() -> None:
    """A room waits for it."""
    ask, given = AskNumber("n", NUMBER), []
    ask.on_given.append(given.append)

    ask._field.value = "4"
    ask.button.click()

    assert given == [4.0]


@pytest.mark.parametrize(
    ("ask", "wrong"),
    [
        (AskNumber("n", NUMBER), "many"),
        (AskNumber("n", NUMBER), True),
        (AskInterval("i", INTERVAL), 3),
        (AskInterval("i", INTERVAL), [6, 3]),
        (AskInterval("i", INTERVAL), [0, 19.5]),
        (AskChoice("c", CHOICE), "the third"),
    ],
)
def test_a_value_of_another_kind_is_refused(ask: AskNumber, wrong: object) -> None:
    """With what a prediction looks like."""
    with pytest.raises(UsageError, match="A prediction"):
        ask.give(wrong)  # type: ignore[arg-type]
