"""A lesson remembers what was predicted, and answers answers without giving the right one away."""

from collections.abc import Mapping

import pytest
from IPython.lib.pretty import pretty

from pdflab.errors import UsageError
from pdflab.notebook.lessons import questions
from pdflab.notebook.lessons.lesson import Lesson, Question

HINT = "Count the workers, not the jobs."
SUM = Question("How many?\na) one\nb) two", "b", "Two it is.", {"a": HINT})
COUNT = Question("How many?", 2, "Two it is.", {3: HINT})

TABLES: dict[str, Mapping[str, Question]] = {
    name: table for name, table in vars(questions).items() if name.isupper()
}
ASKED = [
    pytest.param(question, id=f"{table}-{name}")
    for table, asked in TABLES.items()
    for name, question in asked.items()
]


@pytest.fixture
def lesson() -> Lesson:
    return Lesson({"q1": SUM, "q2": COUNT})


def test_a_prediction_is_remembered_until_another_takes_its_place(lesson: Lesson) -> None:
    """The chart draws the latest guess."""
    lesson.predict("lost", 20)
    said = lesson.predict("lost", 5)

    assert lesson.predicted("lost") == 5
    assert "lost 5" in said


def test_who_has_not_predicted_is_asked_to(lesson: Lesson) -> None:
    """The chart is not drawn without a guess, and the error is the line to type."""
    with pytest.raises(UsageError, match=r'Predict first: lesson.predict\("lost"'):
        lesson.predicted("lost")


@pytest.mark.parametrize("value", ["many", None, ..., True])
def test_a_prediction_is_a_number(lesson: Lesson, value: object) -> None:
    """What cannot be drawn on a chart is no prediction."""
    with pytest.raises(UsageError, match="is a number"):
        lesson.predict("lost", value)  # type: ignore[arg-type]


def test_three_dots_show_the_question(lesson: Lesson) -> None:
    """A notebook that was never answered reads as a page with questions."""
    assert lesson.check("q1", ...).startswith(SUM.text)


@pytest.mark.parametrize(("name", "answer"), [("q1", "b"), ("q1", " B "), ("q2", 2), ("q2", 2.0)])
def test_the_right_answer_is_explained(lesson: Lesson, name: str, answer: str | float) -> None:
    """However it is written."""
    assert lesson.check(name, answer) == "Yes. Two it is."


@pytest.mark.parametrize(("name", "answer"), [("q1", "a"), ("q2", 3)])
def test_a_likely_wrong_answer_gets_its_own_hint(lesson: Lesson, name: str, answer: str | float) -> None:
    """It says where to look."""
    assert lesson.check(name, answer) == HINT


@pytest.mark.parametrize("answer", ["c", "", 7])
def test_any_other_answer_gives_nothing_away(lesson: Lesson, answer: str | float) -> None:
    """Not even which answers there are."""
    assert lesson.check("q1", answer) == "That is none of the answers; read the question once more."


def test_a_question_that_is_not_there_is_named(lesson: Lesson) -> None:
    """A typing mistake is answered with the names that there are."""
    with pytest.raises(UsageError, match="no question 'q3': take q1, q2"):
        lesson.check("q3", "a")


def test_a_cell_shows_the_words_as_they_are(lesson: Lesson) -> None:
    """Lines are lines: no quotation marks, no backslashes."""
    assert pretty(lesson.check("q1", "b")) == "Yes. Two it is."
    assert "\na) one\n" in pretty(lesson.check("q1", ...))


@pytest.mark.parametrize("question", ASKED)
def test_every_wrong_choice_has_a_hint_that_keeps_the_secret(question: Question) -> None:
    """Each choice that a question offers is answered; no hint names a choice, or tells the reason."""
    offered = {line[0] for line in question.text.splitlines() if line[1:2] == ")"}
    answers = {str(answer) for answer in (question.right, *question.hints)}

    assert offered <= answers
    assert question.right not in question.hints
    assert len(question.hints) >= 2
    for hint in question.hints.values():
        assert question.why not in hint
        assert f"{question.right})" not in hint
