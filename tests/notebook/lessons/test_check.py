"""A check replies to each answer, gives nothing away, and lets one try again."""

import pytest

from pdflab.errors import UsageError
from pdflab.notebook.lessons.check import Check
from pdflab.notebook.lessons.texts import Option, Question

CHOICE = Question(
    "Who waits?",
    "The queue holds jobs.",
    options=(Option("clients", reply="For what?"), Option("jobs", right=True), Option("both", reply="When?")),
)
SECONDS = Question(
    "How long?", "It is the work.", answer=6.0, unit="s", replies={"9": "That is all the work."}
)


def check(question: Question) -> tuple[Check, list[str | float]]:
    answers: list[str | float] = []
    return Check("q1", question, answers.append), answers


def test_no_option_is_chosen_before_the_student_does() -> None:
    """The button wakes with a choice."""
    asked, _ = check(CHOICE)

    asleep = asked.button.disabled
    asked._input.value = "both"

    assert asleep
    assert not asked.button.disabled


def test_a_wrong_answer_gets_its_own_reply_and_another_try() -> None:
    """The reply names the thought, and not the answer."""
    asked, answers = check(CHOICE)

    asked._input.value = "clients"
    asked.button.click()
    first = asked.reply
    asked._input.value = "jobs"
    asked.button.click()

    assert first == "For what? Try again."
    assert asked.reply == "Yes. The queue holds jobs."
    assert asked.solved
    assert answers == ["clients", "jobs"]


@pytest.mark.parametrize("typed", ["6", "6 s", "6,0", "6000 ms", "0.1 min"])
def test_a_number_is_taken_with_its_unit(typed: str) -> None:
    """Six thousand milliseconds are six seconds."""
    asked, _ = check(SECONDS)

    asked._input.value = typed
    asked.button.click()

    assert asked.solved


@pytest.mark.parametrize("typed", ["six", "6 jobs", "s"])
def test_what_is_no_number_of_this_unit_is_not_taken(typed: str) -> None:
    """It is no wrong answer: what to type is said."""
    asked, answers = check(SECONDS)

    asked._input.value = typed

    assert asked.button.disabled
    assert "Type a number in s" in asked.note.value
    assert not answers


def test_replies_are_escaped() -> None:
    """A question about <b> is a question about <b>."""
    asked, _ = check(Question("Who?", "<b> is a tag.", options=(Option("a", right=True),)))

    asked.give("a")

    assert "&lt;b&gt; is a tag." in asked.note.value


@pytest.mark.parametrize(("question", "wrong"), [(CHOICE, "nobody"), (SECONDS, "six"), (SECONDS, True)])
def test_an_answer_of_another_kind_is_refused(question: Question, wrong: object) -> None:
    """A typing mistake in code says which answers there are."""
    asked, _ = check(question)

    with pytest.raises(UsageError, match="answer"):
        asked.give(wrong)  # type: ignore[arg-type]
