"""Questions to the whole class: a vote on A, B, C, or a number to predict.

Read next: pdflab/classroom/script.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pdflab.classroom.students import NotAllowed

_LARGEST = 1_000_000  # that can be predicted


@dataclass(frozen=True, slots=True)
class Question:
    """A text, and either options or a unit with the range of the axis.

    `measured_by` names the act whose middle wait is drawn among the predictions, `right` the right option's
    letter, and `why` says why it is right.
    """

    text: str
    options: Sequence[str] = ()
    right: str = ""
    why: str = ""
    unit: str = ""
    low: float = 0.0
    high: float = 60.0
    measured_by: str = ""

    @property
    def letters(self) -> str:
        """The letter of each option."""
        return "ABCDEFGH"[: len(self.options)]


@dataclass(slots=True)
class Poll:
    """A question that was asked, and the latest answer of each student, by number.

    `round` counts the votes on it: after a discussion the class votes again.
    """

    question: Question
    number: int
    round: int = 1
    is_shown: bool = False
    answers: dict[int, str | float] = field(default_factory=dict)
    earlier: list[Mapping[str, int]] = field(default_factory=list)  # the counts of earlier rounds

    def answer(self, student: int, value: object) -> None:
        """Note an answer. Raises NotAllowed for one that the question does not take, or after its result."""
        if self.is_shown:
            raise NotAllowed("The result is shown already.")
        self.answers[student] = self._checked(value)

    def counts(self) -> dict[str, int]:
        """Return how often each option was chosen."""
        chosen = Counter(str(value) for value in self.answers.values())
        return {letter: chosen[letter] for letter in self.question.letters}

    def values(self) -> list[float]:
        """Return the predicted numbers, in ascending order."""
        return sorted(value for value in self.answers.values() if isinstance(value, float))

    def ask_again(self) -> None:
        """Begin another round, and keep the counts of this one."""
        self.earlier.append(self.counts())
        self.answers, self.round, self.is_shown = {}, self.round + 1, False

    def _checked(self, value: object) -> str | float:
        if self.question.options:
            if not isinstance(value, str) or value not in tuple(self.question.letters):
                raise NotAllowed(f"Choose one of {', '.join(self.question.letters)}.")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
            raise NotAllowed(f"A prediction is a number, up to {_LARGEST:,}.")
        return float(value)
