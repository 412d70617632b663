"""The parts that stop the lab and start it again, and that set the size of the room.

Read next: pdflab/lab/lab.py.
"""

from collections.abc import Callable
from typing import Any

from pdflab.notebook import controls, hints
from pdflab.notebook.parts.part import Part
from pdflab.notebook.parts.texts import PreviewPart

_STOP, _START = "Stop the lab", "Start the lab"


class LabPart(Part):
    """Stop or start, and reset."""

    place = "controls"

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._room = room
        self.buttons = {
            "power": controls.make_button(_STOP, "Every process ends; its files stay", self._press_power),
            "reset": controls.make_button("Reset", "Stop, and start again empty", self._press_reset),
        }
        self.box = controls.make_group("The lab", *self.buttons.values(), style="lab")

    def _press_power(self) -> None:
        halted = self._room.lab.is_halted
        self._room.do("power", self._start if halted else self._halt)

    def _halt(self) -> None:
        self._switch(self._room.lab.halt)
        self._room.show_hint(hints.HALTED)

    def _start(self) -> None:
        self._room.show_hint(hints.STARTS)
        seen = len(self._room.lab.events())
        self._switch(self._start_lab)
        if len(self._room.lab.events()) < seen:  # its Redis has lost its jobs, so that a new log began
            self._room.restart(lambda lab: None)
        self._room.show_hint(hints.STARTED[self._room.lab.mode])
        self._room.show_address()

    def _start_lab(self) -> None:
        self._room.lab.start()
        for part in self._room.parts:
            if isinstance(part, PreviewPart):
                part.begin()  # its link has the port of before, which may have been taken meanwhile

    def _switch(self, action: Callable[[], object]) -> None:
        """Stop or start the lab while nobody looks; a halted one has only the button that starts it."""
        self._room.set_all_busy(True)
        try:
            with self._room.poller.lock:
                action()
        finally:
            halted = self._room.lab.is_halted
            self._room.set_all_busy(halted, but="power")
            (self._room.box.add_class if halted else self._room.box.remove_class)("pdflab-halted")
            self.buttons["power"].description = _START if halted else _STOP

    def _press_reset(self) -> None:
        self._room.do("reset", self._reset)

    def _reset(self) -> None:
        self._room.show_hint(hints.EMPTIED)
        self._room.restart(lambda lab: lab.reset())
        self._room.show_hint(hints.STARTED[self._room.lab.mode])


class SizePart(Part):
    """Projector size, and the compact view."""

    place = "controls"

    def __init__(self, room: Any) -> None:
        super().__init__()
        projector = controls.make_switch("Projector size", room.set_large)
        self.choices = {
            "projector": controls.with_class(projector, "pdflab-projector"),
            "compact": controls.make_switch("Compact", room.set_compact),
        }
        self.box = controls.make_group("The view", *self.choices.values(), style="view")
