"""The questions of every lesson: answered by thought, and never by place or length."""

from importlib.resources import files

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.texts import Option, Prediction, Question, read

LESSONS = sorted(p.name.removesuffix(".toml") for p in (files("pdflab.notebook.lessons") / "texts").iterdir())
CHOICES = [
    (lesson, name, question)
    for lesson in LESSONS
    for name, question in read(lesson).check.items()
    if question.options
]
NUMBERS = [
    (lesson, name, question)
    for lesson in LESSONS
    for name, question in read(lesson).check.items()
    if not question.options
]


def test_there_are_questions_of_both_kinds() -> None:
    """The tests below say nothing about an empty table."""
    assert len(CHOICES) > 5
    assert NUMBERS


@pytest.mark.parametrize(("lesson", "name", "question"), CHOICES)
def test_a_choice_has_one_right_answer_and_a_reply_of_its_own_to_each_other(
    lesson: str, name: str, question: Question
) -> None:
    """A reply is about one thought; two options with the same reply would be guessed at."""
    wrong = [option.reply for option in question.options if not option.right]

    assert sum(option.right for option in question.options) == 1
    assert all(wrong)
    assert len(set(wrong)) == len(wrong)
    assert 3 <= len(question.options) <= 5


@pytest.mark.parametrize(("lesson", "name", "question"), CHOICES)
def test_no_reply_gives_the_right_answer(lesson: str, name: str, question: Question) -> None:
    """It names the thought behind a wrong answer, and leaves the right one to the student."""
    assert not [option for option in question.options if str(question.right) in option.reply]


def test_the_right_answer_cannot_be_guessed_by_its_place() -> None:
    """Who always takes the first, the second or the last option is right no more often than by chance."""
    places = [[option.right for option in q.options].index(True) for _, _, q in CHOICES]
    last = [place == len(q.options) - 1 for place, (_, _, q) in zip(places, CHOICES, strict=True)]

    for place in (0, 1):
        assert places.count(place) <= 0.45 * len(places)
    assert sum(last) <= 0.5 * len(last)


def test_the_right_answer_cannot_be_guessed_by_its_length() -> None:
    """Who always takes the longest, or the shortest, is right no more often than by chance."""
    ranks = []
    for _, _, question in CHOICES:
        lengths = sorted(len(option.text) for option in question.options)
        ranks.append(lengths.index(len(str(question.right))) / (len(lengths) - 1))

    assert ranks.count(1.0) <= 0.45 * len(ranks)
    assert ranks.count(0.0) <= 0.45 * len(ranks)


@pytest.mark.parametrize(("lesson", "name", "question"), NUMBERS)
def test_a_number_has_replies_to_likely_errors(lesson: str, name: str, question: Question) -> None:
    """None of them is the right number."""
    assert len(question.replies) >= 2
    assert not [wrong for wrong in question.replies if question.accepts(float(wrong))]


def test_a_number_is_right_within_its_tolerance() -> None:
    """Who has rounded was not wrong; a wrong one is answered, also when nobody thought of it."""
    question = Question("How many?", "Since …", answer=3.0, tolerance=0.05, replies={"6": "Two workers."})

    assert question.accepts(3.1)
    assert not question.accepts(3.2)
    assert question.reply(6.0) == "Two workers."
    assert "Read the question once more" in question.reply(17.0)


def test_a_choice_answers_by_the_text_of_an_option() -> None:
    """So that the places of options can change."""
    question = Question("Who?", "Since …", options=(Option("we", reply="No."), Option("they", right=True)))

    assert question.right == "they"
    assert question.reply("we") == "No."


def test_an_unknown_lesson_is_answered_with_those_there_are() -> None:
    """A typing mistake is seen at once."""
    with pytest.raises(UsageError, match="There is no lesson '99_none': take one of 00_start_here"):
        read("99_none")


@pytest.mark.parametrize("wrong", [{"kind": "guess"}, {"low": 3.0, "high": 3.0}])
def test_a_prediction_that_no_widget_can_ask_is_refused(wrong: dict[str, object]) -> None:
    """The author of a lesson sees it, not the student."""
    with pytest.raises(UsageError):
        Prediction("How many?", **wrong)  # type: ignore[arg-type]
