"""The widgets of a control room, without their actions.

Every size is fixed, so that a page never jumps. Every text is one string, sent in one message.

Read next: pdflab/notebook/status_html.py.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import Any, TypeVar

from ipywidgets import (
    HTML,
    Button,
    DOMWidget,
    Dropdown,
    HBox,
    Image,
    IntSlider,
    Layout,
    ToggleButton,
    ToggleButtons,
    VBox,
)

from pdflab.charts.live import HEIGHT, WIDTH
from pdflab.jobs import Endpoint
from pdflab.notebook import hints
from pdflab.notebook.status_html import error_html

W = TypeVar("W", bound=DOMWidget)

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

    `operations` has the title and the hint of each load button. `press` gets the name of a button, `choose`
    the name of a choice and its new value, each on the thread that receives the browser's message.
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
        self.endpoint = _choice(_ENDPOINTS, Endpoint.QUEUED, 172)
        self.choices = _make_choices(chosen, presets)
        for name, choice in self.choices.items():
            choice.observe(lambda change, name=name: choose(name, change["new"]), "value")
        self.chart = Image(format="png", layout=_fixed_size(WIDTH, HEIGHT))
        self.hint, self.status = _text(WIDTH, 40), _text(WIDTH, 22)
        self.numbers, self.strips = _text(WIDTH, 62), _text(WIDTH, 70)
        self.log, self.thumbnail = _text(WIDTH - 130, 156), _text(118, 156)
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
        """Show a message or an error."""
        self.status.value = error_html(text) if error else f"<div>{html.escape(text)}</div>"

    def set_busy(self, name: str, busy: bool) -> None:
        """Disable a button while its task runs; then enable it if it can be used."""
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
            _row("Send", *self.loads.values()),
            _row("to the", self.endpoint),
            _row("Workers", choices["workers"], choices["worker"], *self.faults.values()),
            _row("The lab", choices["mode"], choices["preset"], self.reset, choices["projector"]),
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
        "workers": _respond_at_once(workers),
        "worker": _choice([("Reliable", "reliable"), ("Naive", "naive")], chosen["worker"], 90),
        "mode": _choice([("Processes", "processes"), ("Threads", "threads")], chosen["mode"], 90),
        "preset": _dropdown(known, chosen["preset"], 110),
        "projector": _respond_at_once(projector),
    }


def make_button(label: str, hint: str, width: int, on_click: Callable[[], object]) -> Button:
    """Return a button; `on_click` runs on the thread that receives the browser's message."""
    button = Button(description=label, tooltip=hint, layout=Layout(width=f"{width}px"))
    button.on_click(lambda _: on_click())
    return _respond_at_once(button)


def _choice(options: Sequence[tuple[str, str]], value: str, width: int) -> ToggleButtons:
    choice = ToggleButtons(options=options, value=value, layout=Layout(width="auto"))
    choice.style.button_width = f"{width}px"
    return _respond_at_once(choice)


def _dropdown(options: Sequence[str], value: str, width: int) -> Dropdown:
    return _respond_at_once(Dropdown(options=options, value=value, layout=Layout(width=f"{width}px")))


def _row(label: str, *controls: DOMWidget) -> HBox:
    return HBox([HTML(label, layout=Layout(width="62px")), *controls])


def _text(width: int, height: int) -> HTML:
    return HTML(layout=_fixed_size(width, height))


def _fixed_size(width: int, height: int) -> Layout:
    return Layout(width=f"{width}px", height=f"{height}px")


def _respond_at_once(widget: W) -> W:
    """Handle clicks on the thread that the browser chose, which is free while a cell runs.

    ipykernel 7.4 sends a click to the last thread that wrote to the widget. That is the cell's own thread,
    which is blocked until the cell ends. Other versions ignore this field.
    """
    widget.comm._reply_subshell_for = None
    return widget
