"""The state of a class, without a lab: acts, buttons, questions, and how large its documents are."""

import pytest

from pdflab.classroom.press import Press
from pdflab.classroom.script import ACTS
from pdflab.classroom.state import ClassState, Options
from pdflab.classroom.students import NotAllowed
from pdflab.jobs import Endpoint


def room(now: float = 0.0, **options: float) -> ClassState:
    return ClassState(Options(**options), lambda: now)  # type: ignore[arg-type]


def test_a_smaller_class_gets_larger_documents() -> None:
    """One press of each is the same work in any class, up to the largest document."""
    state = room(work=0.5, largest=0.8)
    seconds = {}
    for number in range(1, 61):
        state.students.join(state.students.code, "", now=0.0).streams = 1
        seconds[number] = state.document_seconds()

    assert (seconds[1], seconds[20]) == (0.8, 0.8)
    assert (seconds[40], seconds[60]) == (0.5, pytest.approx(1 / 3))
    state.students.all()[0].streams = 0
    assert state.document_seconds() > seconds[60]
    assert room(work=10.0, largest=4.0).size() == 1.0


def test_the_size_of_a_document_is_fixed_at_go() -> None:
    """Whoever comes or goes during an act changes nothing."""
    state = room(work=0.5, largest=2.0)
    state.stage.opens_at, state.stage.phones = 1.0, 20

    assert state.document_seconds() == 1.0


def test_an_act_begins_without_presses() -> None:
    """Its buttons sleep, and the wait of the last act is kept for the prediction."""
    state = room(now=20.0)
    state.stage.opens_at = 1.0
    state.note_press(Press("1-a", 1, Endpoint.SYNCHRONOUS, 2.0, "a" * 32, 5.0, 200))
    state.note_series()
    assert state.is_open

    state.begin_act(ACTS[1])

    assert (state.presses, list(state.series), state.is_open) == ({}, [], False)
    assert {act: seen.middle for act, seen in state.stage.measured.items()} == {"predict": 3.0}


def test_a_phones_presses_are_its_own_with_the_latest_first() -> None:
    """Each student sees what that student pressed."""
    state = room()
    ada, grace = (state.students.join(state.students.code, "", now=0.0) for _ in range(2))
    presses = [Press(f"{number}", ada.number, Endpoint.QUEUED, float(number)) for number in range(3)]
    for press in presses:
        state.note_press(press)

    assert (state.presses_of(ada), state.presses_of(grace)) == (presses[::-1], [])


def test_a_question_that_is_asked_again_is_another_round() -> None:
    """And one without a question cannot be asked."""
    state = room()
    state.ask()
    state.ask()
    assert state.poll is not None
    assert (state.poll.number, state.poll.round, len(state.polls)) == (1, 2, 1)

    state.begin_again()
    state.ask()
    assert (state.poll.number, state.poll.round) == (2, 1)
    state.begin_act(ACTS[1])
    with pytest.raises(NotAllowed, match="no question"):
        state.ask()
