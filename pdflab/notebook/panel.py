"""The widgets of a control room, without their actions, and what a fault panel shares with it.

Every size is fixed, so that a page never jumps. Every text is one string, sent in one message.

Read next: pdflab/notebook/status_html.py.
"""

import html
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import Any

import ipywidgets as widgets
from ipywidgets import HTML, Button, DOMWidget, HBox, Layout, VBox

from pdflab.charts.live import HEIGHT, WIDTH
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.load.scenarios import OPERATIONS
from pdflab.notebook import hints
from pdflab.notebook.status_html import error_html

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
    """Buttons, choices, numbers, a chart, workers, the log and the newest PDF of a lab.

    `loads` has the parameters of each operation. `use` gets the name of a button, or the name of a choice and
    its new value, on the thread that receives the browser's message.
    """

    def __init__(self, lab: Lab, loads: Mapping[str, Mapping[str, Any]], *, use: Callable[..., None]) -> None:
        width = min(_MAX_BUTTON_WIDTH, (WIDTH - 62) // max(len(loads), 1) - 5)
        texts = {name: _texts(name, load) for name, load in loads.items()}
        self.loads = {name: make_button(*text, width, partial(use, name)) for name, text in texts.items()}
        self.faults = {name: make_button(*text, 130, partial(use, name)) for name, text in _FAULTS.items()}
        reset = make_button("Reset", "Stop everything and start again, empty", 90, partial(use, "reset"))
        self.buttons = self.loads | self.faults | {"reset": reset}
        self.endpoint = _choice(_ENDPOINTS, Endpoint.QUEUED, 172)
        workers = widgets.IntSlider(
            lab.settings.workers, 1, max(8, lab.settings.workers), continuous_update=False
        )
        workers.layout = Layout(width="270px")
        self.choices: dict[str, DOMWidget] = {
            "workers": workers,
            "worker": _choice([("Reliable", "reliable"), ("Naive", "naive")], lab.worker, 90),
            "projector": widgets.ToggleButton(description="Projector size", layout=Layout(width="140px")),
        }
        for name, choice in self.choices.items():
            choice.observe(lambda change, name=name: use(name, change["new"]), "value")
        for control in (self.endpoint, *self.choices.values()):
            _respond_at_once(control)
        self.chart = widgets.Image(format="png", layout=_fixed_size(WIDTH, HEIGHT))
        self.hint, self.status = _text(WIDTH, 40), _text(WIDTH, 22)
        self.numbers, self.strips = _text(WIDTH, 62), _text(WIDTH, 70)
        self.log, self.thumbnail = _text(WIDTH - 130, 156), _text(118, 156)
        self.box = self._arrange()
        self._closed, self._in_threads = False, lab.mode == THREADS
        self.set_all_busy(False)
        self.show_hint(hints.FIRST)
        self.show_address(lab)

    def show_hint(self, hint: str) -> None:
        """Show what to look for; the hint is trusted HTML."""
        self.hint.value = f'<div class="pdflab-hint">{hint}</div>'

    def show_status(self, text: str, *, error: bool = False) -> None:
        """Show a message or an error."""
        self.status.value = error_html(text) if error else f"<div>{html.escape(text)}</div>"

    def show_address(self, lab: Lab) -> None:
        """Show the Redis and the dashboard of a lab; the token is in the link, and not on the screen."""
        link = f'<a target="_blank" href="{html.escape(lab.link())}">{html.escape(lab.url)}</a>'
        self.status.value = f"<div>{html.escape(lab.redis)}; dashboard: {link}</div>"

    def set_busy(self, name: str, busy: bool) -> None:
        """Disable a button while its task runs; then enable it if it can be used."""
        impossible = self._in_threads and name in self.faults
        if name in self.buttons:
            self.buttons[name].disabled = busy or self._closed or impossible

    def set_all_busy(self, busy: bool) -> None:
        """Disable or enable every control; threads can be neither killed nor frozen."""
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
        self.set_all_busy(True)

    def _arrange(self) -> VBox:
        css = (files("pdflab.notebook") / "panel.css").read_text()
        style = HTML(f"<style>{css}</style>", layout=Layout(display="none"))
        choices = self.choices
        rows = [
            _row("Send", *self.loads.values()),
            _row("to the", self.endpoint),
            _row("Workers", choices["workers"], choices["worker"], *self.faults.values()),
            _row("The lab", self.buttons["reset"], choices["projector"]),
        ]
        bottom = HBox([self.log, self.thumbnail])
        parts = [self.hint, self.status, self.numbers, self.chart, self.strips, bottom]
        box = VBox([style, *rows, *parts])
        box.add_class("pdflab-room")
        return box


class LogForwarder(logging.Handler):
    """Passes every warning of the lab to `report`, on any thread, until it is closed."""

    def __init__(self, report: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._report = report
        logging.getLogger("pdflab").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Report one message."""
        self._report(record.getMessage())

    def close(self) -> None:
        """Report no more."""
        logging.getLogger("pdflab").removeHandler(self)
        super().close()


def make_button(label: str, hint: str, width: int, on_click: Callable[[], object]) -> Button:
    """Return a button; `on_click` runs on the thread that receives the browser's message."""
    button = Button(description=label, tooltip=hint, layout=Layout(width=f"{width}px"))
    button.on_click(lambda _: on_click())
    _respond_at_once(button)
    return button


def _texts(name: str, load: Mapping[str, Any]) -> tuple[str, str]:
    """Return the title and the hint of an operation's button."""
    operation, values = OPERATIONS[name], {name: f"{value:g}" for name, value in load.items()}
    return operation.title.format(**values), operation.hint.format(**values).capitalize()


def _choice(options: Sequence[tuple[str, str]], value: str, width: int) -> widgets.ToggleButtons:
    choice = widgets.ToggleButtons(options=options, value=value, layout=Layout(width="auto"))
    choice.style.button_width = f"{width}px"
    return choice


def _row(label: str, *controls: DOMWidget) -> HBox:
    return HBox([HTML(label, layout=Layout(width="62px")), *controls])


def _text(width: int, height: int) -> HTML:
    return HTML(layout=_fixed_size(width, height))


def _fixed_size(width: int, height: int) -> Layout:
    return Layout(width=f"{width}px", height=f"{height}px")


def _respond_at_once(widget: DOMWidget) -> None:
    """Handle clicks on the thread that the browser chose, which is free while a cell runs.

    ipykernel 7.4 sends a click to the last thread that wrote to the widget. That is the cell's own thread,
    which is blocked until the cell ends. Other versions ignore this field.
    """
    widget.comm._reply_subshell_for = None
