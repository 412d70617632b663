"""What is seen of a control room: its widgets. What they do is the control room's business.

Every size is fixed, so that a page never jumps; every line of text is one string, one message to the browser.

Read next: control_room.py.
"""

import html
from collections.abc import Callable

from ipywidgets import HTML, Button, DOMWidget, HBox, Image, IntSlider, Layout, ToggleButtons, VBox

from pdflab.run import QUEUED, SYNCHRONOUS

WIDTH, HEIGHT = 1000, 310  # of the live picture, in pixels

_LABELS = {
    "custom": "Custom PDF",
    "invoice": "Invoice",
    "report": "Report",
    "batch": "Batch of 50",
    "burst": "Burst of 100",
    "month-end": "Month-end spike",
}
_FIRST_HINT = "Press <b>Burst of 100</b> at the synchronous door, then at the queued one."
_HINTS = {
    QUEUED: "Left, the line grows and drains. Right, the answers (light) come at once, "
    "and the PDFs (dark) follow as they are made.",
    SYNCHRONOUS: "Right, each dot is a client that waited for its PDF, and for everybody before it. "
    "Left, nothing: this line stands at the door, where nobody counts it.",
}


class Panel:
    """Buttons, doors, workers, a picture, a status and a hint.

    `press` is told the operation and the door, `scale` the number of workers; both on whatever thread the
    browser's message arrives.
    """

    def __init__(
        self, *, workers: int, press: Callable[[str, str], None], scale: Callable[[int], None]
    ) -> None:
        self.buttons = {name: Button(description=label, layout=_wide(142)) for name, label in _LABELS.items()}
        doors = [("Synchronous door", SYNCHRONOUS), ("Queued door", QUEUED)]
        self.door = ToggleButtons(options=doors, value=QUEUED, layout=_wide(300))
        self.door.style.button_width = "142px"
        self.workers = IntSlider(workers, 1, max(8, workers), description="Workers", continuous_update=False)
        self.workers.style.description_width = "initial"
        self.picture = Image(format="png", layout=_wide(WIDTH, height=f"{HEIGHT}px"))
        self.status, self._hint = HTML(layout=_line()), HTML(_FIRST_HINT, layout=_line())
        rows = [HBox([*self.buttons.values()]), HBox([self.door, self.workers])]
        self.box = VBox([*rows, self.picture, self.status, self._hint])
        for name, button in self.buttons.items():
            button.on_click(lambda _, name=name: press(name, self.door.value))
        self.workers.observe(lambda change: scale(change["new"]), "value")
        self._obey_at_once()

    def say(self, numbers: str, trouble: str = "") -> None:
        """Show the numbers, and beside them what went wrong."""
        loud = f' <b style="color:#b00020">{html.escape(trouble)}</b>' if trouble else ""
        self.status.value = (
            f'<span style="font-variant-numeric:tabular-nums">{html.escape(numbers)}</span>{loud}'
        )

    def hint(self, door: str) -> None:
        """Say what to look for at a door."""
        self._hint.value = _HINTS[door]

    def disable(self) -> None:
        """Let nothing be pressed any more."""
        for widget in self._controls():
            widget.disabled = True

    def _controls(self) -> list[DOMWidget]:
        return [*self.buttons.values(), self.door, self.workers]

    def _obey_at_once(self) -> None:
        """Take each click on the thread that the browser chose for it, which is free while a cell runs.

        ipykernel 7.4 sends it to the thread that wrote to the widget last, the cell's own: nothing would
        happen until the cell has ended. Other versions do not look at this.
        """
        for widget in self._controls():
            widget.comm._reply_subshell_for = None


def _wide(pixels: int, **more: str) -> Layout:
    return Layout(width=f"{pixels}px", **more)


def _line() -> Layout:
    return Layout(height="28px")
