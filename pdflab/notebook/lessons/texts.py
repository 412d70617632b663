"""The texts of a lesson, from texts/NAME.toml: what it asks before the run, and what it checks at the end.

    [predict.makespan]
    ask = "When is the last PDF there?"
    unit = "s"
    low = 0
    high = 20

    [check.q1]
    ask = "Who waits?"
    why = "The jobs wait, in the queue."
    options = [{text = "the clients", reply = "For what?"}, {text = "the jobs", right = true}]

Read next: pdflab/notebook/lessons/predict.py.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from pdflab.errors import UsageError, require

Given = float | str | list[float]  # a number, a choice, an interval or a sketched curve

_KINDS = ("number", "interval", "choice", "sketch")
_OTHER = "Not that. Read the question once more: which quantities does it name, and in which units?"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a lesson asks before it runs; `low` and `high` are the ends of the axis, in `unit`.

    A sketch asks for a value at each of `at`; `options` are those of a choice.
    """

    ask: str
    kind: str = "number"
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0
    options: tuple[str, ...] = ()
    at: tuple[float, ...] = ()
    at_label: str = ""  # of the axis of `at`
    label: str = ""  # of the axis of the values

    def __post_init__(self) -> None:
        require(self.kind in _KINDS, f"A prediction is one of {', '.join(_KINDS)}, not {self.kind!r}.")
        require(self.low < self.high, "The axis of a prediction needs a low and a higher end.")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice, and the reply to it if it is wrong."""

    text: str
    reply: str = ""
    right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options, or with a number within `tolerance` (a share) of `answer`.

    `why` is shown only after the right answer. A reply names the thought behind a wrong one, not the answer.
    """

    ask: str
    why: str
    options: tuple[Option, ...] = ()
    answer: float | None = None
    unit: str = ""
    tolerance: float = 0.02
    replies: Mapping[str, str] = field(default_factory=dict)  # by the wrong number, as it is typed

    @property
    def right(self) -> str | float:
        """The right answer: the text of an option, or a number."""
        if self.answer is not None:
            return self.answer
        return next(option.text for option in self.options if option.right)

    def accepts(self, answer: str | float) -> bool:
        """Return whether an answer is right."""
        if self.answer is None:
            return answer == self.right
        return isinstance(answer, float | int) and abs(answer - self.answer) <= self.tolerance * abs(
            self.answer
        )

    def reply(self, answer: str | float) -> str:
        """Return the reply to a wrong answer."""
        if self.answer is None:
            return next(option.reply for option in self.options if option.text == answer)
        return next((text for wrong, text in self.replies.items() if float(wrong) == answer), _OTHER)


@dataclass(frozen=True, slots=True)
class Texts:
    """All that a lesson asks, by name, in the order of the file."""

    predict: Mapping[str, Prediction]
    check: Mapping[str, Question]
    order: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # cards, as Order takes them


def read(lesson: str) -> Texts:
    """Return the texts of a lesson. Raises UsageError if there are none."""
    folder = files("pdflab.notebook.lessons") / "texts"
    try:
        data = tomllib.loads((folder / f"{lesson}.toml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(path.name.removesuffix(".toml") for path in folder.iterdir()))
        raise UsageError(f"There is no lesson {lesson!r}: take one of {known}.") from error
    asked = {name: Prediction(**_frozen(table)) for name, table in data.get("predict", {}).items()}
    checked = {name: _question(table) for name, table in data.get("check", {}).items()}
    return Texts(asked, checked, data.get("order", {}))


def _question(table: Mapping[str, Any]) -> Question:
    options = tuple(Option(**option) for option in table.get("options", ()))
    return Question(**{**table, "options": options})


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
