"""Predictions before a run: widgets without a default, whose button wakes when a value was put in.

Students who predict a result understand it better than those who only watch (Crouch and others, American
Journal of Physics 72, 2004).

Read next: pdflab/notebook/lessons/verdict.py.
"""

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
from ipywidgets import HTML, Layout

from pdflab.errors import UsageError
from pdflab.notebook import controls
from pdflab.notebook.lessons.texts import Given, Prediction

WIDEST = 0.8  # of the axis: an interval that is wider holds nearly everything
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)?|[.,]\d+)(?![\d.,e])")  # 1,000.5 or 1e3 is none


class Ask:
    """One prediction: `give` takes a value as the button does; each of `on_given` is called then.

    `value` is None until one was given. A subclass makes the inputs, `_read` and `_show` of them.
    """

    def __init__(self, name: str, text: Prediction) -> None:
        self.name, self.text = name, text
        self.value: Given | None = None
        self._rests = False
        self.on_given: list[Callable[[Given], object]] = []
        self.button = controls.make_button("This is my prediction", "Keep it; you may change it", self._press)
        self.button.disabled = True
        self.note = controls.make_text("reply")
        question = HTML(f'<p class="pdflab-ask">{html.escape(text.ask)}</p>')
        self._inputs = self._make_inputs()
        inputs = controls.make_row(*self._inputs, self.button, style="inputs")
        self.box = controls.with_class(widgets.VBox([question, inputs, self.note]), "pdflab-question")

    def give(self, value: Given) -> None:
        """Take a prediction. Raises UsageError for one of another kind."""
        self._show(value)
        self.value = value
        self.button.description = "Change my prediction"
        self.button.disabled = True
        self.say(f"You predict {self.words(value)}.{self._outside(value)}")
        for notify in self.on_given:
            notify(value)

    def say(self, text: str) -> None:
        """Show a sentence below the inputs."""
        self.note.value = f'<div role="status">{html.escape(text)}</div>'

    def rest(self) -> None:
        """Take no other prediction: the result is known."""
        self._rests = self.button.disabled = True
        for widget in self._inputs:
            widget.disabled = True

    def words(self, value: Any) -> str:
        """Return a prediction in words, with its unit."""
        return f"{value:g} {self.text.unit}".strip() if isinstance(value, float | int) else str(value)

    def _make_inputs(self) -> Sequence[Any]:
        raise NotImplementedError

    def _read(self) -> Given | None:
        raise NotImplementedError

    def _show(self, value: Given) -> None:
        raise NotImplementedError

    def _outside(self, value: Given) -> str:
        return ""

    def _touched(self, *_: object) -> None:
        self.button.disabled = self._rests or self._read() in (None, self.value)

    def _press(self) -> None:
        if (value := self._read()) is not None:
            self.give(value)


class AskNumber(Ask):
    """A slider and a field; the field also takes a number beyond the ends of the axis."""

    def _make_inputs(self) -> Sequence[Any]:
        text = self.text
        self._slider = controls.respond_at_once(
            widgets.FloatSlider(
                value=text.low,
                min=text.low,
                max=text.high,
                step=text.step,
                readout=False,
                layout=Layout(width="260px"),
            )
        )
        self._field = controls.respond_at_once(
            widgets.Text(placeholder="?", continuous_update=True, layout=Layout(width="90px"))
        )
        ends = f"{text.low:g} to {text.high:g} {text.unit}".strip()
        self._slider.tooltip = f"{text.ask} {ends}"
        self._field.tooltip = f"{text.ask} As a number, in {text.unit}." if text.unit else text.ask
        self._slider.observe(lambda change: self._slide(change["new"]), "value")
        self._field.observe(self._touched, "value")
        return (self._slider, self._field, HTML(html.escape(text.unit)))

    def _slide(self, value: float) -> None:
        if (typed := self._read()) is None or min(max(typed, self.text.low), self.text.high) != value:
            self._field.value = f"{value:g}"

    def _read(self) -> float | None:
        found = _NUMBER.search(self._field.value)
        return float(found[0].replace(",", ".")) if found else None

    def _show(self, value: Given) -> None:
        if isinstance(value, bool) or not isinstance(value, float | int):
            raise UsageError(f"A prediction is a number, such as 12, not {value!r}; put yours in.")
        self._field.value = f"{value:g}"
        self._slider.value = min(max(value, self.text.low), self.text.high)

    def _outside(self, value: Given) -> str:
        inside = isinstance(value, float | int) and self.text.low <= value <= self.text.high
        return "" if inside else " That lies beyond the axis: it is kept, and shown at its edge."


class AskInterval(Ask):
    """A slider with two handles: the lowest and the highest value that would not surprise.

    An interval of more than `WIDEST` of the axis predicts nothing, and is no prediction.
    """

    def _make_inputs(self) -> Sequence[Any]:
        text = self.text
        self._slider = controls.respond_at_once(
            widgets.FloatRangeSlider(
                value=(text.low, text.high),
                min=text.low,
                max=text.high,
                step=text.step,
                readout_format=".3g",
                layout=Layout(width="340px"),
            )
        )
        self._slider.tooltip = f"{text.ask} From the lowest to the highest, in {text.unit}."
        self._slider.observe(self._touched, "value")
        return (self._slider, HTML(html.escape(text.unit)))

    def _read(self) -> Given | None:
        low, high = self._slider.value
        return [low, high] if high - low <= self._widest else None

    @property
    def _widest(self) -> float:
        return WIDEST * (self.text.high - self.text.low)

    def _touched(self, *_: object) -> None:
        super()._touched()
        if self._read() is None:
            limit = f"{self._widest:g} {self.text.unit}".strip()
            self.say(f"So wide an interval holds nearly everything: choose one of at most {limit}.")
        else:
            self.say(f"You predict {self.words(self.value)}." if self.value else "")

    def _show(self, value: Given) -> None:
        if not (isinstance(value, list | tuple) and len(value) == 2 and value[0] <= value[1]):
            raise UsageError(
                f"A prediction here is an interval, such as [2, 5], not {value!r}; put yours in."
            )
        if value[1] - value[0] > self._widest:
            raise UsageError(
                f"A prediction here is at most {self._widest:g} {self.text.unit} wide; narrow it."
            )
        self._slider.value = tuple(value)

    def words(self, value: Any) -> str:
        """Return the interval in words, with its unit."""
        low, high = value
        return f"{low:g} to {high:g} {self.text.unit}".strip()


class AskChoice(Ask):
    """Radio buttons, and a field for the reason; both are needed."""

    def _make_inputs(self) -> Sequence[Any]:
        self._radio = controls.respond_at_once(
            controls.with_class(widgets.RadioButtons(options=self.text.options, value=None), "pdflab-options")
        )
        self._reason = controls.respond_at_once(
            widgets.Text(placeholder="because …", continuous_update=True, layout=Layout(width="380px"))
        )
        self._radio.tooltip, self._reason.tooltip = self.text.ask, "Your reason"
        self._radio.observe(self._touched, "value")
        self._reason.observe(self._touched, "value")
        return (self._radio, self._reason)

    @property
    def reason(self) -> str:
        """Why, in the student's words."""
        return str(self._reason.value).strip()

    def _read(self) -> Given | None:
        return self._radio.value if self.reason else None

    def _show(self, value: Given) -> None:
        if value not in self.text.options:
            raise UsageError(f"A prediction here is one of {', '.join(self.text.options)}, not {value!r}.")
        self._radio.value = value
