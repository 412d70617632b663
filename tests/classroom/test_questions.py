"""What the class may answer, until when, and what is counted."""

import json

import pytest

from pdflab.classroom.questions import Poll, Question
from pdflab.classroom.students import NotAllowed

VOTE = Question("Which?", ("this", "that", "neither"), right="B")
NUMBER = Question("How many?", unit="s")


@pytest.mark.parametrize("value", ["D", "a", "AB", "", 1, True, None, ["A"], {"A": 1}, "A\n"])
def test_a_vote_is_one_of_the_letters(value: object) -> None:
    """Nothing else is counted, and the sentence names them."""
    poll = Poll(VOTE, 1)

    with pytest.raises(NotAllowed, match="Choose one of A, B, C"):
        poll.answer(1, value)
    assert poll.answers == {}


@pytest.mark.parametrize(
    "sent", ["true", "NaN", "1e999", "-Infinity", "9" * 400, '"7"', "null", "[1]", "{}", "1000001", "-1e7"]
)
def test_a_prediction_is_a_number_of_an_ordinary_size(sent: str) -> None:
    """An integer of four hundred digits is no float, and one that is not finite cannot be drawn."""
    poll = Poll(NUMBER, 1)

    with pytest.raises(NotAllowed, match="A prediction is a number, up to 1,000,000"):
        poll.answer(1, json.loads(sent))
    assert poll.answers == {}


def test_the_latest_answer_of_a_student_counts() -> None:
    """People change their minds until the result is shown."""
    poll = Poll(VOTE, 1)
    for student, value in [(1, "A"), (2, "B"), (1, "B")]:
        poll.answer(student, value)
    poll.is_shown = True

    with pytest.raises(NotAllowed, match="shown already"):
        poll.answer(3, "A")
    assert poll.counts() == {"A": 0, "B": 2, "C": 0}


def test_predictions_are_floats_in_order() -> None:
    """For the axis on the projector."""
    poll = Poll(NUMBER, 1)
    for student, value in enumerate([7, 2.5, 0, -1]):
        poll.answer(student, value)

    assert poll.values() == [-1.0, 0.0, 2.5, 7.0]
    assert {type(value) for value in poll.values()} == {float}


def test_a_second_round_keeps_the_counts_of_the_first() -> None:
    """After a discussion, the class sees how it moved."""
    poll = Poll(VOTE, 1)
    poll.answer(1, "C")
    poll.is_shown = True

    poll.ask_again()

    assert (poll.round, poll.is_shown, poll.counts()["C"]) == (2, False, 0)
    assert poll.earlier == [{"A": 0, "B": 0, "C": 1}]
