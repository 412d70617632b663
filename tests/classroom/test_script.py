"""The script of the class hour: literal tables that a teacher reads."""

from pdflab.classroom.script import ACTS, CONTROLS
from pdflab.classroom.state import Stage


def test_the_seven_acts_take_twenty_minutes() -> None:
    """Each has a name of its own, and what it sets is a control with that value."""
    values = {control.name: control.values for control in CONTROLS}

    assert len({act.name for act in ACTS}) == len(ACTS) == 7
    assert sum(act.minutes for act in ACTS) == 20
    for act in ACTS:
        assert {name for name, value in act.settings.items() if value not in values[name]} == set()
    assert {name for act in ACTS for name in act.settings} <= {*Stage.__slots__}


def test_a_question_has_one_right_option() -> None:
    """Or it is a number, with an axis, measured by an act."""
    for question in (act.question for act in ACTS if act.question):
        if question.options:
            assert question.right in question.letters
            assert len(question.letters) == len(question.options)
        else:
            assert question.low < question.high
            assert question.measured_by in {act.name for act in ACTS}


def test_what_harms_looks_harmful() -> None:
    """No button stands twice."""
    assert len({control.name for control in CONTROLS}) == len(CONTROLS)
    assert {c.name for c in CONTROLS if c.is_harmful} == {"kill", "freeze", "code", "reset", "end"}
