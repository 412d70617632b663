"""A lesson's two habits: predict before you run, and check yourself at the end.

    lesson = Lesson(WHEN_THINGS_FAIL)
    lesson.predict("lost", 20)      # drawn on the chart later, beside what was measured
    lesson.check("q1", ...)         # the three dots ask; an answer in their place is answered

Who has predicted a result understands it better than who only watched it (Crouch and others, American Journal
of Physics 72, 2004).

Read next: pdflab/notebook/lessons/start_and_failures.py, where the questions are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType

from pdflab.errors import UsageError

AnswerValue = str | float


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its right answer, and a hint for each wrong one that is likely.

    `why` is told to the right answer only; a hint says where to look, never what the answer is.
    """

    text: str
    right: AnswerValue
    why: str
    hints: Mapping[AnswerValue, str]


class PlainText(str):
    """Text that a cell shows as it is, without quotation marks."""

    __slots__ = ()
    __repr__ = str.__str__


class Lesson:
    """The questions of one notebook, and what its reader has predicted. It lives as long as the kernel."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self._questions = questions
        self._predictions: dict[str, float] = {}

    def predict(self, name: str, value: float) -> PlainText:
        """Record a guess under a name; a second one takes the place of the first."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"A prediction is a number, such as 12, not {value!r}; put yours in.")
        self._predictions[name] = value
        return PlainText(f"You predict: {name} {value:g}. It will be on the chart, beside what is measured.")

    def predicted(self, name: str) -> float:
        """Return a guess back. Raises UsageError when there is none: a chart without it teaches less."""
        if name not in self._predictions:
            raise UsageError(f'Predict first: lesson.predict("{name}", your number).')
        return self._predictions[name]

    def check(self, name: str, answer: AnswerValue | EllipsisType) -> PlainText:
        """Answer an answer, and never give it away; three dots show the question."""
        if name not in self._questions:
            raise UsageError(f"There is no question {name!r}: take {', '.join(self._questions)}.")
        question = self._questions[name]
        if isinstance(answer, EllipsisType):
            return PlainText(f"{question.text}\n\nPut your answer in the place of the three dots.")
        given = answer.strip().lower() if isinstance(answer, str) else answer
        if given == question.right:
            return PlainText(f"Yes. {question.why}")
        return PlainText(
            question.hints.get(given, "That is none of the answers; read the question once more.")
        )
