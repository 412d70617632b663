"""The control room: every part of a room together, with the picture first.

Read next: pdflab/notebook/room.py.
"""

from functools import partial
from typing import Any

from pdflab.analysis.run import Run
from pdflab.jobs import Endpoint
from pdflab.lab import Lab
from pdflab.notebook import hints
from pdflab.notebook.parts.faults import FaultPart
from pdflab.notebook.parts.lab import LabPart, SizePart
from pdflab.notebook.parts.load import LoadPart
from pdflab.notebook.parts.picture import ChartsPart, PicturePart
from pdflab.notebook.parts.texts import LogPart, NumbersPart, PreviewPart
from pdflab.notebook.parts.workers import WorkerPart
from pdflab.notebook.room import Room


class ControlRoom(Room):
    """The room of a running lab: show it as the last line of a cell.

    `buttons` has a button for each of OPERATIONS, "stop", "kill", "freeze", "power" and "reset"; press one
    with `.click()`. A document has `lines` lines, by default enough to keep this machine busy for seconds; a
    month lasts `month_seconds`. Raises UsageError when the lab does not run.
    """

    def __init__(self, lab: Lab, *, lines: int | None = None, month_seconds: float = 20.0) -> None:
        load = partial(LoadPart, lines=lines, month_seconds=month_seconds)
        above = (PicturePart, load, WorkerPart, FaultPart, LabPart, SizePart)
        super().__init__(lab, *above, NumbersPart, ChartsPart, LogPart, PreviewPart, title="control room")
        self.show_hint(hints.FIRST.format(burst=self.buttons["burst"].description))

    @property
    def load(self) -> LoadPart:
        """The part that sends."""
        return next(part for part in self.parts if isinstance(part, LoadPart))

    @property
    def picture(self) -> Any:
        """The widget with the live picture."""
        return next(part.box for part in self.parts if isinstance(part, PicturePart))

    @property
    def endpoint(self) -> Any:
        """The choice of the endpoint; set its `value`."""
        return self.load.endpoint

    def run(self, endpoint: Endpoint) -> Run:
        """Return the run of an endpoint since its latest load, or since the beginning."""
        return self.load.run(endpoint)
