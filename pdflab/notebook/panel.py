"""The widgets of a control room, without what they do.

Every size is fixed, so that a page never jumps. Every text is one string, sent in one message.

Read next: pdflab/notebook/status_html.py.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import Any

from ipywidgets import HTML, Button, DOMWidget, HBox, Image, IntSlider, Layout, ToggleButton, VBox

from pdflab.jobs import Endpoint
from pdflab.notebook import hints
from pdflab.notebook.controls import (
    fixed_size,
    make_button,
    make_choice,
    make_dropdown,
    make_row,
    make_text,
    respond_at_once,
)
from pdflab.notebook.status_html import error_html

WIDTH, HEIGHT = 1000, 310  # of the live chart, in pixels
_MAX_BUTTON_WIDTH = 151
_FAULTS = {
    "kill": ("Kill a worker", "SIGKILL: look at the strips below the chart"),
    "freeze": ("Freeze for 1.4 s", "Whatever renders at the chosen endpoint stops, and goes on"),
}
_ENDPOINTS = [
    ("Synchronous endpoint", Endpoint.SYNCHRONOUS),
    ("Queued endpoint", Endpoint.QUEUED),
    ("Both side by side", hints.BOTH),
]


class Panel:
    """Buttons, choices, numbers, a chart, workers, the log and the newest PDF.

    `operations` holds title and hint of each load button. `press` gets the name of a button, `choose` the
    name of a choice and its new value, each on the thread that the browser's message arrives on.
    """

    def __init__(
        self,
        *,
        operations: Mapping[str, tuple[str, str]],
        chosen: Mapping[str, Any],
        presets: Sequence[str],
        press: Callable[[str], None],
        choose: Callable[[str, Any], None],
    ) -> None:
        width = min(_MAX_BUTTON_WIDTH, (WIDTH - 62) // max(len(operations), 1) - 5)
        self.loads = _make_buttons(operations, width, press)
        self.faults = _make_buttons(_FAULTS, 130, press)
        self.reset = make_button(
            "Reset", "Stop everything and start again, empty", 90, lambda: press("reset")
        )
        self.endpoint = make_choice(_ENDPOINTS, Endpoint.QUEUED, 148)
        self.choices = _make_choices(chosen, presets)
        for name, choice in self.choices.items():
            choice.observe(lambda change, name=name: choose(name, change["new"]), "value")
        self.chart = Image(format="png", layout=fixed_size(WIDTH, HEIGHT))
        self.hint, self.status = make_text(WIDTH, 40), make_text(WIDTH, 22)
        self.numbers, self.strips = make_text(WIDTH, 62), make_text(WIDTH, 70)
        self.log, self.thumbnail = make_text(WIDTH - 130, 156), make_text(118, 156)
        self.box = self._arrange()
        self._closed = self._in_threads = False
        self.show_hint(hints.FIRST)

    @property
    def buttons(self) -> dict[str, Button]:
        """Return all buttons by name."""
        return self.loads | self.faults | {"reset": self.reset}

    def show_hint(self, hint: str) -> None:
        """Show what to look for; the hint is trusted HTML."""
        self.hint.value = f'<div class="pdflab-hint">{hint}</div>'

    def show_status(self, text: str, *, error: bool = False) -> None:
        """Show what happened, or what went wrong."""
        self.status.value = error_html(text) if error else f"<div>{html.escape(text)}</div>"

    def set_busy(self, name: str, busy: bool) -> None:
        """Disable a button while its task is carried out; enable it again if it can be used."""
        impossible = self._in_threads and name in self.faults
        if name in self.buttons:
            self.buttons[name].disabled = busy or self._closed or impossible

    def set_all_busy(self, busy: bool, *, in_threads: bool) -> None:
        """Disable or enable every control; threads can be neither killed nor frozen."""
        self._in_threads = in_threads
        for name in self.buttons:
            self.set_busy(name, busy)
        for choice in (self.endpoint, *self.choices.values()):
            choice.disabled = busy or self._closed

    def set_large(self, large: bool) -> None:
        """Use the size of a projector, or of a desk."""
        (self.box.add_class if large else self.box.remove_class)("pdflab-large")

    def close(self) -> None:
        """Disable every control for good."""
        self._closed = True
        self.set_all_busy(True, in_threads=self._in_threads)

    def _arrange(self) -> VBox:
        css = (files("pdflab.notebook") / "panel.css").read_text()
        style = HTML(f"<style>{css}</style>", layout=Layout(display="none"))
        choices = self.choices
        rows = [
            make_row("Send", *self.loads.values()),
            make_row("to the", self.endpoint),
            make_row("Workers", choices["workers"], choices["worker"], *self.faults.values()),
            make_row("The lab", choices["mode"], choices["preset"], self.reset, choices["projector"]),
        ]
        bottom = HBox([self.log, self.thumbnail])
        parts = [self.hint, self.status, self.numbers, self.chart, self.strips, bottom]
        box = VBox([style, *rows, *parts])
        box.add_class("pdflab-room")
        return box


def _make_buttons(
    texts: Mapping[str, tuple[str, str]], width: int, press: Callable[[str], None]
) -> dict[str, Button]:
    return {name: make_button(*text, width, partial(press, name)) for name, text in texts.items()}


def _make_choices(chosen: Mapping[str, Any], presets: Sequence[str]) -> dict[str, DOMWidget]:
    workers = IntSlider(chosen["workers"], 1, max(8, chosen["workers"]), continuous_update=False)
    workers.layout = Layout(width="270px")
    projector = ToggleButton(description="Projector size", layout=Layout(width="140px"))
    known = [*presets, *({chosen["preset"]} - {*presets})]
    return {
        "workers": respond_at_once(workers),
        "worker": make_choice([("Reliable", "reliable"), ("Naive", "naive")], chosen["worker"], 90),
        "mode": make_choice([("Processes", "processes"), ("Threads", "threads")], chosen["mode"], 90),
        "preset": make_dropdown(known, chosen["preset"], 110),
        "projector": respond_at_once(projector),
    }
