"""A lesson without a lab and without widgets, for the tests of the student: it promises what real ones do."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pdflab.errors import UsageError


class NotYet(UsageError):
    """Raised when a cell needs what the student has not done yet."""


@dataclass
class Widget:
    value: Any = None

    def give(self, value: Any) -> None:
        if not isinstance(value, int | float):
            raise UsageError(f"A prediction is a number, not {value!r}.")
        self.value = value


@dataclass
class Question:
    question: Any
    always: str = ""  # a reply to whatever is answered

    def give(self, answer: str | float) -> str:
        if self.always:
            return self.always
        return f"Yes. {self.question.why}" if answer == self.question.right else "How many wait?"


@dataclass
class Order:
    cards: list[str] = field(default_factory=lambda: ["store", "claim"])
    right: tuple[str, ...] = ("claim", "store")

    def arrange(self, cards: list[str]) -> None:
        self.cards = cards

    def grade(self) -> str:
        return "yes" if self.cards == [*self.right] else "not yet: it was killed in between"


class Room:
    """One button; a run is there once it was pressed."""

    def __init__(self) -> None:
        self.runs: set[str] = set()
        self.buttons = {"burst": SimpleNamespace(click=lambda: self.runs.add("burst"))}

    def wait(self) -> None: ...


class Lesson:
    def __init__(self, *, reply: str = "", in_order: bool = False, lenient: bool = False) -> None:
        options = [SimpleNamespace(text="jobs", right=True), SimpleNamespace(text="nobody", right=False)]
        asked = SimpleNamespace(options=options, right="jobs", why="They are in the queue.", answer=None)
        self._question, self._widgets = Question(asked, reply), {"wait": Widget()}
        self._order = Order(["claim", "store"]) if in_order else Order()
        self._lenient = lenient

    def predict(self, name: str) -> str:
        return f"Predict: {name}"

    def widget(self, name: str) -> Widget:
        return self._widgets[name]

    def predicted(self, name: str) -> Any:
        if self._widgets[name].value is None:
            raise NotYet("Predict first.")
        return self._widgets[name].value

    def run(self, room: Room, name: str) -> str:
        if name not in room.runs:
            raise NotYet(f"Press {name!r}, above.")
        return name

    def check(self, name: str) -> str:
        return f"Check: {name}"

    def question(self, name: str) -> Question:
        return self._question

    def order(self, name: str) -> Order:
        return self._order

    def gap(self, name: str, function: Any) -> "Grade":
        return Grade("yes" if self._lenient or function(2) == 4 else "not yet: 2 × 2 is 4")


class Grade(str):
    __slots__ = ()
    __repr__ = str.__str__
