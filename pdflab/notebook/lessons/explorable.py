"""A picture that is drawn anew whenever the reader moves a slider: a model to play with.

    Explorable(draw, load=slider("utilisation", 0.5, 0.96, 0.8), workers=slider("workers", 1, 8, 2, step=1))

Read next: pdflab/notebook/task_queue.py.
"""

import html
import os
from collections.abc import Callable, Sequence
from threading import Lock, Thread
from typing import Any

import ipywidgets as widgets

from pdflab.charts.style import Picture, png
from pdflab.errors import UsageError
from pdflab.notebook import controls

# A slider's handle has no name of its own: a screen reader would say its value alone. It gets its label's.
_NAME_HANDLES = """<img alt="" src="data:," hidden onerror="
document.querySelectorAll('.pdflab-room .widget-slider').forEach((slider) =>
  slider.querySelector('[role=slider]')?.setAttribute('aria-label', slider.firstElementChild.textContent)
)">"""


def slider(
    label: str, low: float, high: float, value: float, *, step: float = 0.01, readout: str = ""
) -> widgets.IntSlider | widgets.FloatSlider:
    """Return a slider of whole numbers if `step` is one; `readout` is a format such as ".0%"."""
    kind = widgets.IntSlider if isinstance(step, int) else widgets.FloatSlider
    format_of = {"readout_format": readout} if readout else {}
    made = kind(value=value, min=low, max=high, step=step, description=label, **format_of)
    made.layout.width, made.style.description_width = "360px", "auto"
    return controls.respond_at_once(made)


def choice(label: str, options: Sequence[tuple[str, Any]], value: Any) -> widgets.Dropdown:
    """Return a menu of these options: what is read, and its value."""
    return controls.make_menu(label, options, value, lambda _: None)


class Explorable:
    """Show it as the last line of a cell.

    `draw` is called with the value of each control by its name, and returns a figure whose headline is its
    alternative text. That happens on a thread, which ends with the last move; of several moves meanwhile, the
    last one counts. Under pytest or with PDFLAB_HEADLESS the executed copy holds the first picture.
    """

    def __init__(self, draw: Callable[..., Picture], **choices: Any) -> None:
        self._draw, self.choices = draw, choices
        self._moves = 0
        self._lock = Lock()  # of the thread that draws, if any
        self._drawing: Thread | None = None
        self._closed = False
        self._picture = controls.PictureBox("The picture of these values", "explored")
        self.status = controls.make_text("status")
        row = controls.make_row(*choices.values())
        self.box = controls.make_panel(row, self.status, self._picture.box)
        for control in choices.values():
            control.observe(self._move, "value")
        self._is_watched = {"PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS"}.isdisjoint(os.environ)
        if self._is_watched:
            self._move()

    def figure(self) -> Picture:
        """Draw the present values, at once. Raises the errors of `draw`."""
        return self._draw(**{name: control.value for name, control in self.choices.items()})

    def wait(self, timeout: float = 60.0) -> None:
        """Wait until the last move is drawn. Raises TimeoutError."""
        if drawing := self._drawing:
            drawing.join(timeout)
            if drawing.is_alive():
                raise TimeoutError(f"The picture is not drawn after {timeout:g} s; wait again.")

    def close(self) -> None:
        """Draw no more, and disable the controls; a second close does nothing."""
        with self._lock:
            self._closed = True
            self._say("This picture is closed; run its cell again.")
        for control in self.choices.values():
            control.disabled = True

    def _move(self, _: object = None) -> None:
        """Ask for a new picture; a slider calls it on any thread."""
        with self._lock:
            if self._closed:
                return
            self._moves += 1
            self._say("…")
            if self._drawing is None:
                self._drawing = Thread(target=self._draw_until_it_rests, daemon=True)
                self._drawing.start()

    def _draw_until_it_rests(self) -> None:
        while True:
            move = self._moves
            trouble = self._redraw()
            with self._lock:
                if self._closed or move == self._moves:
                    self._drawing = None
                    if not self._closed:
                        self._say(trouble, "trouble" if trouble else "note")
                    return

    def _redraw(self) -> str:
        """Show the present values; return what went wrong."""
        try:
            figure = self.figure()
            self._picture.show(png(figure), figure.get_suptitle())
        except UsageError as error:
            return str(error)
        except Exception as error:
            return f"No picture of these values: {error!r}."
        return ""

    def _say(self, text: str, style: str = "note") -> None:
        sentence = f'<div role="status" class="pdflab-{style}">{html.escape(text)}</div>'
        self.status.value = sentence + _NAME_HANDLES

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = {**self.box._repr_mimebundle_(**options)}
        bundle["text/plain"] = "A picture to explore: run the notebook to move its sliders."
        return bundle if self._is_watched else bundle | {"image/png": png(self.figure())}
