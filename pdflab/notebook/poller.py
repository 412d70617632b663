"""The thread of a control room that reads the lab twice a second, and draws while something changes.

Read next: pdflab/charts/live.py.
"""

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any
from weakref import ref

from pypdfium2 import PdfiumError

from pdflab.analysis.load_history import LoadHistory
from pdflab.analysis.scene import Follower
from pdflab.charts.live import LiveChart
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import Endpoint, JobState, WorkerId
from pdflab.lab import Lab
from pdflab.lab.system import THREADS
from pdflab.notebook import status_html
from pdflab.notebook.job_view import first_page
from pdflab.notebook.panel import Panel

_POLL_INTERVAL = 0.5  # seconds
_QUIET_AFTER = 3.0  # seconds after the last change until the chart stops moving
_THUMBNAIL_INTERVAL = 2.0  # seconds between two thumbnails, at least


class Poller(threading.Thread):
    """Shows a lab on a panel until it is closed, or until the lab stops: then it ends its owner.

    The owner is a control room. The reference to the lab is weak: the lab stops when it is dropped. Without
    `watched`, only `refresh` draws.
    """

    def __init__(self, lab: Lab, panel: Panel, *, owner: Any, watched: bool) -> None:
        super().__init__(name="control room poller", daemon=True)
        self.lab, self.owner = ref(lab), owner
        self._panel, self._watched = panel, watched
        self._closed = threading.Event()
        self.lock = threading.RLock()  # held while the panel is refreshed, or while the lab restarts
        self._scale = 1.0
        self.begin()

    def run(self) -> None:
        """Refresh the panel while the lab runs."""
        try:
            while not self._closed.wait(_POLL_INTERVAL):
                self.refresh(draw=False)
        except UsageError:
            self.owner.end("The lab has stopped.", None)
        except Exception as error:
            self.owner.end(f"The chart broke: {error}", error)

    def refresh(self, *, draw: bool = True) -> None:
        """Show the present state, and draw it. Raises the errors of the lab."""
        with self.lock:
            if (lab := self.lab()) is None:
                raise UsageError("This lab is gone; make a new one: lab = Lab().")
            try:
                self._show(lab, draw=draw)
            except BrokerUnavailable as error:
                self._panel.numbers.value = status_html.error_html(str(error))  # it may recover soon

    def set_scale(self, scale: float) -> None:
        """Set the scale of the chart."""
        with self.lock:
            self._scale = scale
            self._chart = LiveChart(scale=scale)
            self.refresh()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def begin(self) -> None:
        """Forget what was seen, and clear the panel."""
        self._follower, self._history = Follower(), LoadHistory()
        self._chart = LiveChart(scale=self._scale)
        self._counts: tuple[int, ...] = ()
        self._changed_at = self._thumbnail_at = 0.0
        self._shown_job: str | None = None
        self._panel.thumbnail.value = ""

    def _show(self, lab: Lab, *, draw: bool) -> None:
        stats, now, threads = lab.stats(), time.time(), lab.mode == THREADS
        living = [status.worker for status in lab.workers() if _runs(status.worker)]
        events, synchronous, sends = lab.events(), lab.events(Endpoint.SYNCHRONOUS), lab.sends()
        panel, follower = self._panel, self._follower
        follower.follow(now, queued=events, synchronous=synchronous, sends=sends)
        self._history.follow(now, queued=events, synchronous=synchronous, sends=sends, follower=follower)
        numbers = {endpoint: one.numbers() for endpoint, one in self._history.endpoints.items()}
        panel.numbers.value = status_html.numbers_html(stats, numbers)
        panel.strips.value = status_html.strips_html(living, follower.dead_claims, now=now, threads=threads)
        panel.log.value = status_html.log_html(events)
        counts = (len(events), len(synchronous), len(sends), stats.workers)
        if counts != self._counts:
            self._counts, self._changed_at = counts, now
        moving = stats.queued + stats.processing > 0 or now - self._changed_at < _QUIET_AFTER
        if draw or (self._watched and moving):
            self._chart.update(self._history)
            panel.chart.value = self._chart.png()
            made = (event.job_id for event in reversed(events) if event.state is JobState.COMPLETED)
            self._show_newest(lab, next(made, None), now, draw=draw)

    def _show_newest(self, lab: Lab, newest: str | None, now: float, *, draw: bool) -> None:
        since = now - self._thumbnail_at
        if newest is None or newest == self._shown_job or (since < _THUMBNAIL_INTERVAL and not draw):
            return
        self._shown_job, self._thumbnail_at = newest, now
        with suppress(PdfiumError):  # of a file that is not one of ours
            if pdf := lab.pdf(newest):
                picture, url = first_page(pdf, width=110).data, lab.link(f"/jobs/{newest}/pdf")
                self._panel.thumbnail.value = status_html.thumbnail_html(picture, url=url)


def close_earlier(lab: Lab) -> None:
    """Close an earlier room of this lab, so that a repeated cell does not draw twice."""
    for thread in threading.enumerate():
        if isinstance(thread, Poller) and thread.lab() is lab:
            thread.owner.close()


def _runs(worker: str) -> bool:
    """Return whether a worker's process exists; on another machine, assume that it does.

    The registry keeps a dead worker until its lease expires.
    """
    worker_id = WorkerId.parse(worker)
    try:
        if worker_id.host == socket.gethostname():
            os.kill(worker_id.pid, 0)
    except ProcessLookupError:
        return False
    return True
