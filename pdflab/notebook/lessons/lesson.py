"""A lesson: predict, run, explain, make, check. What it asks is in texts/NAME.toml.

    lesson = Lesson("00_start_here")
    lesson.predict("makespan")                         # widgets; the room's buttons wake when they are given
    room = lesson.room(lab, PicturePart, partial(RunPart, runs=…), after=["makespan"])
    run = lesson.run(room, "queued")                   # what the student's click has made
    lesson.score("makespan", 5.2)                      # predicted, measured, and how far apart
    lesson.gap("waited", waited)                        # what the student wrote, graded
    lesson.check("q1")

A cell that comes too early says in one sentence what is missing, and stops Run All there.

Read next: pdflab/notebook/lessons/predict.py.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from pdflab.analysis.run import Run
from pdflab.errors import UsageError
from pdflab.lab import Lab
from pdflab.notebook import controls
from pdflab.notebook.lessons import answers, recorded, texts
from pdflab.notebook.lessons.check import Check
from pdflab.notebook.lessons.gap import Grade, grade
from pdflab.notebook.lessons.order import Order
from pdflab.notebook.lessons.predict import Ask, AskChoice, AskInterval, AskNumber
from pdflab.notebook.lessons.sketch import AskSketch
from pdflab.notebook.lessons.texts import Given
from pdflab.notebook.lessons.verdict import verdict
from pdflab.notebook.parts.lab import SizePart
from pdflab.notebook.parts.part import Part
from pdflab.notebook.parts.runs import RunPart
from pdflab.notebook.plain_text import PlainText
from pdflab.notebook.room import Room

_KINDS: Mapping[str, type[Ask]] = {
    "number": AskNumber,
    "interval": AskInterval,
    "choice": AskChoice,
    "sketch": AskSketch,
}


_ON_THEIR_WAY = 0.5  # seconds in which the last cell of Run All has come


class NotYet(UsageError):
    """Raised when a cell needs what the student has not done yet."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows, when all cells of Run All are here.

        The kernel drops those that wait when a cell fails; one that came later would run.
        """
        time.sleep(_ON_THEIR_WAY)
        return super()._render_traceback_()


class Lesson:
    """One lesson: its predictions and checks, kept in answers/NAME.json beside the notebook.

    With PDFLAB_REHEARSAL, predictions are handed in, and `run` presses the buttons itself.
    """

    def __init__(self, name: str) -> None:
        self._name, self._texts = name, texts.read(name)
        self._answers = answers.answers_of(name)
        self._asks: dict[str, Ask] = {}
        self._checks: dict[str, Check] = {}

    @property
    def is_rehearsed(self) -> bool:
        """Whether predictions were handed in, and no student is here."""
        return isinstance(self._answers, answers.Rehearsal)

    def predict(self, *names: str) -> "Box":
        """Return the widgets that ask for predictions."""
        asks = [self.widget(name) for name in names]
        lines = [f"Predict: {ask.text.ask}" for ask in asks]
        return Box([ask.box for ask in asks], "\n".join(lines))

    def widget(self, name: str) -> Ask:
        """Return the widget of a prediction. Raises UsageError if the lesson does not ask it."""
        text = _named(self._texts.predict, name, "prediction")
        if name not in self._asks:
            ask = self._asks[name] = _KINDS[text.kind](name, text)
            self._show_kept(ask)
            ask.on_given.append(lambda value, name=name: self._keep(name, value))  # type: ignore[misc]
        return self._asks[name]

    def predicted(self, *names: str) -> Any:
        """Return a prediction: a number, a choice, an interval or a curve; of several names, a tuple of them.

        From now on they cannot be changed. Raises NotYet if one is missing; then none of them ends.
        """
        asks = [self.widget(name) for name in names]
        for ask in asks:
            if ask.value is None:
                raise NotYet(f"Predict first: {ask.text.ask} Then run this cell again.")
        self._end(asks)
        return asks[0].value if len(asks) == 1 else tuple(ask.value for ask in asks)

    def score(self, name: str, measured: Any, *, how: str = "measured") -> PlainText:
        """Return how a prediction compares with what was measured.

        `measured` is a number, the option that came true, or a value for each place of a sketch; `how` says
        where it comes from.
        """
        value = self.predicted(name)
        ask = self.widget(name)
        _show(self._put("predict", name, measured=measured, scored_at=time.time()))
        shown = (
            f"{measured:.3g} {ask.text.unit}".strip() if isinstance(measured, float | int) else str(measured)
        )
        return PlainText(f"predicted {ask.words(value)}, {verdict(value, measured)}: {how} {shown}")

    def check(self, name: str) -> "Box":
        """Return the widget of a question."""
        check = self.question(name)
        options = [f"  o {option.text}" for option in check.question.options]
        return Box([check.box], "\n".join([f"Check: {check.question.ask}", *options]))

    def question(self, name: str) -> Check:
        """Return a question. Raises UsageError if the lesson does not ask it."""
        question = _named(self._texts.check, name, "question")
        if name not in self._checks:
            given = self._answers.get("check", name).get("given", [])
            check = self._checks[name] = Check(name, question, lambda answer: self._note(name, answer))
            if given and question.accepts(given[-1]):
                check.show(given[-1])
        return self._checks[name]

    def gap(self, name: str, function: Callable[..., Any], *, lab: Lab | None = None) -> Grade:
        """Return what is found in the student's function, which runs in a process of its own."""
        found = grade(name, function, redis=lab.broker.url if lab else None)
        _show(self._put("gap", name, passes=found.passes))
        return found

    def order(self, name: str, *, lab: Lab | None = None) -> Order:
        """Return cards to put in order, which are graded by running them."""
        cards = _named(self._texts.order, name, "set of cards")
        keep = partial(self._keep_grade, name)
        return Order(**cards, redis=lab.broker.url if lab else None, on_grade=keep)

    def room(
        self, lab: Lab, *parts: Callable[[Room], Part], after: Iterable[str] = (), title: str = "room"
    ) -> Room:
        """Return a room, with a size for a projector, whose controls wake when `after` is predicted.

        A run makes these predictions final.
        """
        room = Room(lab, *parts, SizePart, title=f"lesson's {title}")
        asks = [self.widget(name) for name in after]
        missing = [ask for ask in asks if ask.value is None]
        if missing:
            room.lock("Predict first: then these buttons wake.")
        for ask in missing:
            ask.on_given.append(
                lambda _: room.unlock() if all(a.value is not None for a in missing) else None
            )
        for part in room.parts:
            for button in part.buttons.values() if isinstance(part, RunPart) else ():
                button.on_click(lambda _: self._end(asks))
        return room

    def run(self, room: Room, name: str) -> Run:
        """Return the run that the student's click has made. Raises NotYet before its end.

        If this machine was too busy to measure, say so; return the run that came with the course, if any.
        """
        part = next(part for part in room.parts if isinstance(part, RunPart))
        if self.is_rehearsed and name not in part.runs:
            room.buttons[name].click()
            room.wait()
        if room.locked:
            raise NotYet("Predict first: the buttons above wake when each prediction is given.")
        if name not in part.runs:
            button = room.buttons[name].description
            when = "Wait for the end of" if room.is_busy(name) else "Press"
            raise NotYet(f"{when} {button!r}, above. Then run this cell again.")
        run = part.runs[name]
        recorded.keep(self._name, name, run)
        shown, trouble = (run, "") if self.is_rehearsed else recorded.instead_of(run, self._name, name)
        _show(trouble)
        return shown

    def _show_kept(self, ask: Ask) -> None:
        """Show what was predicted before; once its result has begun to show, it cannot be changed."""
        kept = self._answers.get("predict", ask.name)
        if (value := kept.get("value")) is None:
            return
        try:
            ask.give(value)
        except UsageError:  # a newer course asks otherwise
            ask.say(f"You predicted {value!r}, and the question has changed since: predict once more.")
        else:
            if "ended_at" in kept:
                ask.rest()

    def _end(self, asks: Iterable[Ask]) -> None:
        """Hold these predictions as they are, in later kernels as well: their result shows."""
        for ask in asks:
            ask.rest()
            if "ended_at" not in self._answers.get("predict", ask.name):
                self._put("predict", ask.name, ended_at=time.time())

    def _put(self, kind: str, name: str, **values: Any) -> str:
        """Keep values; return why they could not be written: they count all the same."""
        try:
            self._answers.put(kind, name, **values)
        except UsageError as error:
            return str(error)
        return ""

    def _keep_grade(self, name: str, found: Grade) -> None:
        _show(self._put("order", name, passes=found.passes))

    def _keep(self, name: str, value: Given) -> None:
        reason = getattr(self._asks[name], "reason", "")
        because = {"reason": reason} if reason else {}
        if trouble := self._put("predict", name, value=value, given_at=time.time(), **because):
            self._asks[name].say(trouble)

    def _note(self, name: str, answer: str | float) -> None:
        given = [*self._answers.get("check", name).get("given", []), answer]
        if trouble := self._put("check", name, given=given):
            self._checks[name].say(trouble)


class Box(widgets.VBox):  # type: ignore[misc]
    """Widgets of a lesson with their look; as text, what they ask."""

    def __init__(self, shown: Sequence[Any], text: str) -> None:
        self._text = text
        super().__init__([controls.make_style(), *shown])
        self.add_class("pdflab-lesson")

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**options), "text/plain": self._text}


def _show(text: str) -> None:
    if text:
        display(PlainText(text))


def _named(table: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in table:
        raise UsageError(f"There is no {what} {name!r} in this lesson: take {', '.join(table)}.")
    return table[name]
