"""The parts that are texts: the latencies of both endpoints, the last lines of jobs.log, and the newest PDF.

Read next: pdflab/notebook/status_html.py.
"""

import time
from contextlib import suppress
from typing import Any

from pypdfium2 import PdfiumError

from pdflab.analysis.scene import ENDPOINTS
from pdflab.errors import StorageUnavailable
from pdflab.jobs import JobState
from pdflab.notebook import controls, status_html
from pdflab.notebook.job_view import first_page
from pdflab.notebook.look import Look
from pdflab.notebook.parts.part import Part

_PREVIEW_INTERVAL = 2.0  # seconds between two previews, at least


class NumbersPart(Part):
    """PDFs a second, and how long clients wait, at each endpoint."""

    def __init__(self, room: Any) -> None:
        super().__init__()
        self.box = self.text = controls.make_text("numbers")

    def show(self, look: Look) -> None:
        """Show the numbers of the present load."""
        numbers = {endpoint: look.history.endpoints[endpoint].numbers() for endpoint in ENDPOINTS}
        self.text.value = status_html.numbers_html(numbers)


class LogPart(Part):
    """The last lines of jobs.log."""

    place = "bottom"

    def __init__(self, room: Any) -> None:
        super().__init__()
        self.box = self.text = controls.make_text("log")

    def show(self, look: Look) -> None:
        """Show the last lines, with the names that the picture gives its workers."""
        self.text.value = status_html.log_html(look.events, look.names)


class PreviewPart(Part):
    """The first page of the newest PDF, which opens it."""

    is_picture = True
    place = "bottom"

    def __init__(self, room: Any) -> None:
        super().__init__()
        self._room = room
        self.box = self.text = controls.make_text("preview")
        self.begin()

    def begin(self) -> None:
        """Forget the newest PDF."""
        self._shown: str | None = None
        self._shown_at = 0.0
        self.text.value = ""

    def show(self, look: Look) -> None:
        """Draw the newest PDF, if there is another, and not too often."""
        completed = (one.job_id for one in reversed(look.events) if one.state is JobState.COMPLETED)
        newest = next(completed, None)
        hurried = look.is_busy and time.monotonic() - self._shown_at < _PREVIEW_INTERVAL
        if newest is None or newest == self._shown or hurried:
            return
        self._shown, self._shown_at, lab = newest, time.monotonic(), self._room.lab
        with suppress(PdfiumError, StorageUnavailable):  # no PDF of ours; a disk that is away
            if pdf := lab.pdf(newest):
                picture, url = first_page(pdf, width=110).data, lab.link(f"/jobs/{newest}/pdf")
                self.text.value = status_html.preview_html(picture, url=url)
