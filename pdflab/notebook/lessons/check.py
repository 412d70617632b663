"""Questions at the end of a lesson: radio buttons or a number, a reply to each wrong answer, and try again.

Read next: pdflab/notebook/lessons/lesson.py.
"""

import html
import re
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from ipywidgets import HTML, Layout

from pdflab.errors import UsageError
from pdflab.notebook import controls
from pdflab.notebook.lessons.texts import Question

_NUMBER = re.compile(r"\s*([-+]?\d+(?:[.,]\d+)?)\s*(.*)")
_IN_SECONDS = {"ms": 0.001, "s": 1.0, "seconds": 1.0, "min": 60.0, "minutes": 60.0}


class Check:
    """One question; `give` answers it as the button does, and `reply` is what is said to that."""

    def __init__(self, name: str, question: Question, on_answer: Callable[[str | float], object]) -> None:
        self.name, self.question, self.reply = name, question, ""
        self._on_answer = on_answer
        self.button = controls.make_button("Check", "See what is said to your answer", self._press)
        self.button.disabled = True
        self.note = controls.make_text("reply")
        self._input = self._make_input()
        self._input.observe(lambda _: self._touched(), "value")
        ask = HTML(f'<p class="pdflab-ask">{html.escape(question.ask)}</p>')
        unit = HTML(html.escape(question.unit))
        row = controls.make_row(self._input, unit, self.button, style="inputs")
        self.box = controls.with_class(widgets.VBox([ask, row, self.note]), "pdflab-question")

    @property
    def solved(self) -> bool:
        """Whether the last answer was right."""
        return self.reply.startswith("Yes.")

    def give(self, answer: str | float) -> str:
        """Answer the question; return the reply. Raises UsageError for what is no answer to it."""
        options = [option.text for option in self.question.options]
        if options and answer not in options:
            raise UsageError(f"The answers to {self.name} are {', '.join(options)}; choose one.")
        if not options and (isinstance(answer, bool) or not isinstance(answer, float | int)):
            raise UsageError(f"The answer to {self.name} is a number, in {self.question.unit}.")
        self.show(answer)
        self._on_answer(answer)
        return self.reply

    def show(self, answer: str | float) -> None:
        """Show an answer with its reply, and keep nothing."""
        right = self.question.accepts(answer)
        self.reply = f"Yes. {self.question.why}" if right else f"{self.question.reply(answer)} Try again."
        look = "pdflab-right" if right else "pdflab-wrong-answer"
        self.say(self.reply, look)

    def say(self, text: str, look: str = "") -> None:
        """Show a sentence below the question."""
        self.note.value = f'<div role="status" class="{look}">{html.escape(text)}</div>'

    def _make_input(self) -> Any:
        if self.question.options:
            texts = [option.text for option in self.question.options]
            choice = controls.with_class(widgets.RadioButtons(options=texts, value=None), "pdflab-options")
        else:
            choice = widgets.Text(placeholder="?", continuous_update=True, layout=Layout(width="120px"))
        choice.tooltip = self.question.ask
        return controls.respond_at_once(choice)

    def _read(self) -> str | float | None:
        if self.question.options:
            chosen: str | None = self._input.value
            return chosen
        found = _NUMBER.fullmatch(self._input.value)
        factor = self._factor(found[2].strip()) if found else None
        return float(found[1].replace(",", ".")) * factor if found and factor else None

    def _factor(self, typed: str) -> float | None:
        """Return by what a number with this unit is multiplied; None for a unit of another kind."""
        if typed in ("", self.question.unit):
            return 1.0
        return _IN_SECONDS.get(typed) if self.question.unit == "s" else None

    def _touched(self) -> None:
        answer = self._read()
        self.button.disabled = answer is None
        typed = self.question.answer is not None and self._input.value.strip()
        if typed and answer is None:
            self.note.value = f"<div>Type a number{self._in_unit()}, such as 12.</div>"

    def _in_unit(self) -> str:
        return f" in {html.escape(self.question.unit)}" if self.question.unit else ""

    def _press(self) -> None:
        if (answer := self._read()) is not None:
            self.give(answer)
