"""The two parts of a lesson: predict before you run, and check yourself at the end.

    lesson = Lesson(WHEN_THINGS_FAIL)
    lesson.predict("lost", 20)      # drawn on the chart later, beside what was measured
    lesson.check("q1", ...)         # three dots show the question; an answer in their place is checked

Students who predict a result understand it better than those who only watch (Crouch and others, American
Journal of Physics 72, 2004).

Read next: pdflab/notebook/lessons/questions.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType

from pdflab.errors import UsageError


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its right answer, and a hint for each wrong one that is likely.

    `why` is shown only after the right answer; a hint shows where to look, but not the answer.
    """

    text: str
    right: str | float
    why: str
    hints: Mapping[str | float, str]


class PlainText(str):
    """Text without quotation marks in the output of a cell."""

    __slots__ = ()
    __repr__ = str.__str__


class Lesson:
    """The questions of one notebook, and the reader's predictions while the kernel runs."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self._questions = questions
        self._predictions: dict[str, float] = {}

    def predict(self, name: str, value: float) -> PlainText:
        """Record a prediction under a name; a second one replaces the first."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"A prediction is a number, such as 12, not {value!r}; put yours in.")
        self._predictions[name] = value
        return PlainText(f"You predict: {name} {value:g}. It will be on the chart, beside what is measured.")

    def predicted(self, name: str) -> float:
        """Return a prediction. Raises UsageError if there is none."""
        if name not in self._predictions:
            raise UsageError(f'Predict first: lesson.predict("{name}", your number).')
        return self._predictions[name]

    def check(self, name: str, answer: str | float | EllipsisType) -> PlainText:
        """Return whether an answer is right, or a hint; for three dots, return the question."""
        if name not in self._questions:
            raise UsageError(f"There is no question {name!r}: take {', '.join(self._questions)}.")
        question = self._questions[name]
        if isinstance(answer, EllipsisType):
            return PlainText(f"{question.text}\n\nPut your answer in the place of the three dots.")
        given = answer.strip().lower() if isinstance(answer, str) else answer
        if given == question.right:
            return PlainText(f"Yes. {question.why}")
        hint = question.hints.get(given, "That is none of the answers; read the question once more.")
        return PlainText(hint)
