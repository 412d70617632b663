"""What is seen of a control room: its widgets. What they do is the control room's business.

Every size is fixed, so that a page never jumps; every text is one string, one message to the browser.

Read next: control_room.py.
"""

import html
from collections.abc import Callable, Sequence
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
from pdflab.notebook import hints
from pdflab.notebook import status_html as board

WIDTH, HEIGHT = 1000, 310  # of the live picture, in pixels
_LOADS = {
    "custom": ("Custom PDF", "One page of text"),
    "invoice": ("Invoice", "One, with all its sums"),
    "report": ("Report", "One, with charts and a table"),
    "batch": ("Batch of 50", "Fifty documents in one request"),
    "burst": ("Burst of 100", "A hundred requests within one second"),
    "month-end": ("Month-end spike", "A month of business: look at its last day"),
}
_ATTACKS = {
    "kill": ("Kill a worker", "SIGKILL: look at the strips below the picture"),
    "freeze": ("Freeze for 1.4 s", "Those who render at the chosen endpoint stand still, and go on"),
}
_ENDPOINTS = [
    ("Synchronous endpoint", Endpoint.SYNCHRONOUS),
    ("Queued endpoint", Endpoint.QUEUED),
    ("Both side by side", hints.BOTH),
]


class Panel:
    """Buttons, choices, numbers, a picture, workers, the log, the newest PDF.

    `press` is told the name of a button, `choose` the name of a choice and its new value; both on whatever
    thread the browser's message arrives.
    """

    def __init__(
        self,
        *,
        chosen: dict[str, Any],
        presets: Sequence[str],
        press: Callable[[str], None],
        choose: Callable[[str, Any], None],
    ) -> None:
        self.loads = {name: _button(*words, 151) for name, words in _LOADS.items()}
        self.attacks = {name: _button(*words, 130) for name, words in _ATTACKS.items()}
        self.restart = _button("Reset", "Stop everything, and begin anew with nothing of before", 90)
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
        self.tell(hints.FIRST)
        self._obey_at_once()

    @property
    def buttons(self) -> dict[str, Button]:
        """Return all buttons by name."""
        return self.loads | self.attacks | {"reset": self.restart}

    def tell(self, hint: str) -> None:
        """Say what to look for; the hint is markup of ours."""
        self.hint.value = f'<div class="pdflab-hint">{hint}</div>'

    def look_for(self, endpoint: Endpoint) -> None:
        """Say what to look for when load goes to an endpoint."""
        self.tell(hints.ENDPOINTS[endpoint])

    def say(self, words: str, *, trouble: bool = False) -> None:
        """Show what happened, or what went wrong."""
        self.status.value = board.show_trouble(words) if trouble else f"<div>{html.escape(words)}</div>"

    def rest(self, name: str, resting: bool) -> None:
        """Let a button rest while what it began is under way, or let it be pressed again."""
        impossible = self._in_threads and name in self.attacks
        if name in self.buttons:
            self.buttons[name].disabled = resting or self._closed or impossible

    def rest_all(self, resting: bool, *, in_threads: bool) -> None:
        """Let everything rest while the lab starts again; threads can be neither killed nor frozen."""
        self._in_threads = in_threads
        for name in self.buttons:
            self.rest(name, resting)
        for choice in (self.endpoint, *self.choices.values()):
            choice.disabled = resting or self._closed

    def close(self) -> None:
        """Let nothing be pressed any more."""
        self._closed = True
        self.rest_all(True, in_threads=self._in_threads)

    def enlarge(self, large: bool) -> None:
        """Make everything readable from the back row, or no larger than on a desk."""
        (self.box.add_class if large else self.box.remove_class)("pdflab-large")

    def _arrange(self) -> VBox:
        style = HTML(f"<style>{(files('pdflab.notebook') / 'panel.css').read_text()}</style>", layout=_none())
        choices = self.choices
        rows = [
            _row("Send", *self.loads.values()),
            _row("to the", self.endpoint),
            _row("Workers", choices["workers"], choices["worker"], *self.attacks.values()),
            _row("The lab", choices["mode"], choices["preset"], self.restart, choices["projector"]),
        ]
        bottom = HBox([self.log, self.thumbnail])
        parts = [self.hint, self.status, self.numbers, self.picture, self.strips, bottom]
        box = VBox([style, *rows, *parts])
        box.add_class("pdflab-room")
        return box

    def _obey_at_once(self) -> None:
        """Take each click on the thread that the browser chose for it, which is free while a cell runs.

        ipykernel 7.4 sends it to the thread that wrote to the widget last, the cell's own: nothing would
        happen until the cell has ended. Other versions do not look at this.
        """
        controls: list[DOMWidget] = [*self.buttons.values(), self.endpoint, *self.choices.values()]
        for widget in controls:
            widget.comm._reply_subshell_for = None


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
