"""The part that sets how many workers there are, and of which type.

Read next: pdflab/notebook/parts/faults.py.
"""

from functools import partial
from typing import Any

from pdflab.notebook import controls, hints
from pdflab.notebook.parts.part import Part

_MAX_WORKERS = 8
_TYPES = ("reliable", "naive")


class WorkerPart(Part):
    """Scales the workers, and the rendering processes of the synchronous endpoint with them."""

    place = "controls"

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._room = room
        workers = room.lab.settings.workers
        counts = [(str(count), count) for count in range(1, max(_MAX_WORKERS, workers) + 1)]
        types = [(one.capitalize(), one) for one in dict.fromkeys((*_TYPES, room.lab.worker))]
        self.choices = {
            "workers": controls.make_menu("Workers", counts, workers, partial(self._choose, "workers")),
            "worker": controls.make_choice(types, room.lab.worker, partial(self._choose, "worker")),
        }
        self.box = controls.make_group("3. Who works", *self.choices.values(), style="work")

    def _choose(self, name: str, value: Any) -> None:
        self._room.do(name, partial(self._change, name, value))

    def _change(self, name: str, value: Any) -> None:
        if name == "workers":
            self._room.show_hint(hints.WORKERS)
            self._room.lab.scale(value)
        else:
            self._room.show_hint(hints.WORKER_TYPES.get(value, ""))
            self._room.lab.set_worker_type(value)
