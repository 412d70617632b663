"""The widgets of a control room. What they do is in control_room.py.

Every size is fixed, so that a page never jumps; every text is one string, one message to the browser.

Read next: pdflab/notebook/control_room.py.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

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

from pdflab.jobs import Endpoint
from pdflab.notebook import hints, status_html

WIDTH, HEIGHT = 1000, 310  # of the live picture, in pixels
_FAULTS = {
    "kill": ("Kill a worker", "SIGKILL: watch the strips below the picture"),
    "freeze": ("Freeze for 1.4 s", "Stop the renderers of the chosen endpoint for a moment"),
}
_ENDPOINTS = [
    ("Synchronous endpoint", Endpoint.SYNCHRONOUS),
    ("Queued endpoint", Endpoint.QUEUED),
    ("Both side by side", hints.BOTH),
]


class Panel:
    """Buttons, choices, numbers, a picture, workers, the log, the newest PDF.

    `loads` are the title and the hint of each load button, by name. `press` is called with the name of a
    button, `choose` with the name of a choice and its new value, on the thread of the browser's message.
    """

    def __init__(
        self,
        *,
        loads: Mapping[str, tuple[str, str]],
        chosen: dict[str, Any],
        presets: Sequence[str],
        press: Callable[[str], None],
        choose: Callable[[str, Any], None],
    ) -> None:
        self.loads = {name: _button(*words, 151) for name, words in loads.items()}
        self.faults = {name: _button(*words, 130) for name, words in _FAULTS.items()}
        self.restart = _button("Reset", "Stop everything, and start again with an empty lab", 90)
        self.endpoint = _choice(_ENDPOINTS, Endpoint.QUEUED, 148)
        self.choices = _choices(chosen, presets)
        self.picture = Image(format="png", layout=_fixed(WIDTH, HEIGHT))
        self.hint, self.status = _text(WIDTH, 40), _text(WIDTH, 22)
        self.numbers, self.strips = _text(WIDTH, 62), _text(WIDTH, 70)
        self.log, self.thumbnail = _text(WIDTH - 130, 156), _text(118, 156)
        self.box = self._arrange()
        self._closed = self._in_threads = False
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: press(name))
        for name, choice in self.choices.items():
            choice.observe(lambda change, name=name: choose(name, change["new"]), "value")
        self.show_hint(hints.FIRST)
        answer_during_cells(*self.buttons.values(), self.endpoint, *self.choices.values())

    @property
    def buttons(self) -> dict[str, Button]:
        """All buttons by name."""
        return self.loads | self.faults | {"reset": self.restart}

    def show_hint(self, hint: str) -> None:
        """Show what to watch; the hint is our own markup."""
        self.hint.value = f'<div class="pdflab-hint">{hint}</div>'

    def show_status(self, words: str, *, trouble: bool = False) -> None:
        """Show what happened, or what went wrong."""
        self.status.value = status_html.show_trouble(words) if trouble else f"<div>{html.escape(words)}</div>"

    def disable(self, name: str, disabled: bool) -> None:
        """Disable a button while its action runs, or enable it again."""
        impossible = self._in_threads and name in self.faults
        if name in self.buttons:
            self.buttons[name].disabled = disabled or self._closed or impossible

    def disable_all(self, disabled: bool, *, in_threads: bool) -> None:
        """Disable everything while the lab restarts; threads can be neither killed nor frozen."""
        self._in_threads = in_threads
        for name in self.buttons:
            self.disable(name, disabled)
        for choice in (self.endpoint, *self.choices.values()):
            choice.disabled = disabled or self._closed

    def close(self) -> None:
        """Disable everything for good."""
        self._closed = True
        self.disable_all(True, in_threads=self._in_threads)

    def enlarge(self, large: bool) -> None:
        """Switch to the size of a projector, or back to that of a desk."""
        (self.box.add_class if large else self.box.remove_class)("pdflab-large")

    def _arrange(self) -> VBox:
        style = HTML(f"<style>{(files('pdflab.notebook') / 'panel.css').read_text()}</style>", layout=_none())
        choices = self.choices
        rows = [
            _row("Send", *self.loads.values()),
            _row("to the", self.endpoint),
            _row("Workers", choices["workers"], choices["worker"], *self.faults.values()),
            _row("The lab", choices["mode"], choices["preset"], self.restart, choices["projector"]),
        ]
        bottom = HBox([self.log, self.thumbnail])
        parts = [self.hint, self.status, self.numbers, self.picture, self.strips, bottom]
        box = VBox([style, *rows, *parts])
        box.add_class("pdflab-room")
        return box


def answer_during_cells(*controls: DOMWidget) -> None:
    """Handle clicks on the thread that the browser chose, which is free while a cell runs.

    ipykernel 7.4 sends a click to the thread that wrote to the widget last. That is the cell's own thread, so
    that nothing would happen before the cell ends. Other versions ignore this attribute.
    """
    for control in controls:
        control.comm._reply_subshell_for = None


def _choices(chosen: dict[str, Any], presets: Sequence[str]) -> dict[str, DOMWidget]:
    workers = IntSlider(chosen["workers"], 1, max(8, chosen["workers"]), continuous_update=False)
    workers.layout = Layout(width="270px")
    known = [*presets, *({chosen["preset"]} - {*presets})]
    return {
        "workers": workers,
        "worker": _choice([("Reliable", "reliable"), ("Naive", "naive")], chosen["worker"], 90),
        "mode": _choice([("Processes", "processes"), ("Threads", "threads")], chosen["mode"], 90),
        "preset": Dropdown(options=known, value=chosen["preset"], layout=Layout(width="110px")),
        "projector": ToggleButton(description="Projector size", layout=Layout(width="140px")),
    }


def _row(label: str, *controls: DOMWidget) -> HBox:
    return HBox([HTML(label, layout=Layout(width="62px")), *controls])


def _button(label: str, tooltip: str, width: int) -> Button:
    return Button(description=label, tooltip=tooltip, layout=Layout(width=f"{width}px"))


def _choice(options: Sequence[tuple[str, str]], value: str, width: int) -> ToggleButtons:
    choice = ToggleButtons(options=options, value=value, layout=Layout(width="auto"))
    choice.style.button_width = f"{width}px"
    return choice


def _text(width: int, height: int) -> HTML:
    return HTML(layout=_fixed(width, height))


def _fixed(width: int, height: int) -> Layout:
    return Layout(width=f"{width}px", height=f"{height}px")


def _none() -> Layout:
    return Layout(display="none")
