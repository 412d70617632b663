"""The fault panel: the live picture, and below it every fault; and what a lesson needs to time them.

Read next: pdflab/notebook/lessons/lesson.py.
"""

import time

from pdflab.analysis.run import Send
from pdflab.lab import Lab
from pdflab.notebook.parts.attack import POLL_INTERVAL
from pdflab.notebook.parts.attack import AttackPart as AttackPart
from pdflab.notebook.parts.attack import await_condition as await_condition
from pdflab.notebook.parts.picture import PicturePart
from pdflab.notebook.room import Room

_LINES = 400  # of a document: rendering takes some 30 ms, so that workers are almost always busy


class FaultPanel(Room):
    """Buttons for faults: show it as the last line of a cell, or press them with `.click()`."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab, PicturePart, AttackPart, title="fault panel")

    def wait(self, timeout: float = 120.0) -> str:
        """Wait until every fault is over, not until every job has ended; return all since the last wait.

        Raises the first error of a fault, and TimeoutError.
        """
        self.await_tasks(time.monotonic() + timeout)
        return self.verdict()


def fill_queue(lab: Lab, n: int) -> list[Send]:
    """Send n large documents at once; return their sends as soon as all workers are busy."""
    before = len(lab.sends())
    lab.operate("batch", n=n, lines=_LINES)
    await_condition(lambda: len(lab.sends()) == before + n)
    await_condition(lambda: lab.stats().processing >= lab.settings.workers)
    return lab.sends()[before:]


def wait_until_idle(lab: Lab, *, seconds: float) -> None:
    """Wait until the queue is empty and no event has come for so many seconds."""
    seen, since = -1, time.monotonic()
    while seen < 0 or time.monotonic() - since < seconds:
        stats = lab.stats()
        if stats.events != seen or stats.queue_depth:
            seen, since = stats.events, time.monotonic()
        time.sleep(POLL_INTERVAL)
