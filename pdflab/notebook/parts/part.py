"""What every part of a room has: a box, named controls, and a way to show a look at the lab.

Read next: pdflab/notebook/parts/picture.py.
"""

from collections.abc import Sequence

from ipywidgets import Button, DOMWidget

from pdflab.notebook.look import Look


class Part:
    """A part without controls that shows nothing; others override what they need."""

    box: DOMWidget
    quick = False  # whether it is shown four times a second, or twice
    is_picture = False  # whether it costs much, and rests while nothing goes on
    place = "middle"  # in a room: "top", "controls", "middle" or "bottom"; "controls" and "bottom" are rows
    processes_only: Sequence[str] = ()  # controls that make no sense in threads
    may_lose_jobs = False  # whether it makes no sense to wait for each ending

    def __init__(self) -> None:
        self.buttons: dict[str, Button] = {}
        self.choices: dict[str, DOMWidget] = {}

    def show(self, look: Look) -> None:
        """Show the lab as it is."""

    def begin(self) -> None:
        """Forget what was seen: the lab has started again, empty."""

    def set_scale(self, scale: float) -> None:
        """Draw pictures with so many times the pixels."""

    def verdict(self) -> str:
        """Return a line about what was done since the last call, or nothing."""
        return ""
