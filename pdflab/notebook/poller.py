"""A thread that reads the lab twice a second and shows its state on the panel.

It draws two pictures a second while something happens, and none otherwise.

Read next: pdflab/notebook/status_html.py.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import Protocol
from weakref import ref

from pdflab.analysis.rolling_window import ENDPOINTS, RollingWindow
from pdflab.charts.live import LiveChart
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab
from pdflab.notebook.hints import THREADS
from pdflab.notebook.panel import HEIGHT, WIDTH, Panel
from pdflab.notebook.preview import thumbnail
from pdflab.notebook.status_html import show_log, show_numbers, show_strips, show_thumbnail, show_trouble

_POLL_INTERVAL = 0.5  # seconds between two pictures
_SETTLE_TIME = 3.0  # seconds that the picture still moves after the last event
_THUMBNAIL_INTERVAL = 2.0  # seconds between two thumbnails, at least


class Owner(Protocol):
    """The control room that a poller belongs to."""

    def end(self, words: str, error: Exception | None) -> None:
        """Stop, because the poller has ended; `words` say why."""

    def close(self) -> None:
        """Stop, because another control room takes over."""


class Poller(Thread):
    """Shows a lab on a panel until `close`; calls `owner.end` when it ends by itself.

    It holds the lab weakly, so that a forgotten lab can stop. Unless `watching`, only `look` draws.
    """

    def __init__(self, lab: Lab, panel: Panel, *, owner: Owner, watching: bool) -> None:
        super().__init__(name="control room poller", daemon=True)
        self.lab, self.owner = ref(lab), owner
        self._panel, self._watching = panel, watching
        self._closing, self._lock = Event(), RLock()
        self._scale = 1.0
        self._begin()

    def run(self) -> None:
        """Poll while the lab runs."""
        try:
            while not self._closing.wait(_POLL_INTERVAL):
                with self._lock:
                    self._poll(paint=False)
        except UsageError:
            self.owner.end("The lab has stopped.", None)
        except Exception as error:
            self.owner.end(f"The picture cannot be drawn: {error}", error)

    def look(self) -> None:
        """Show the present state. Raises what the lab raises."""
        with self._lock:
            self._poll(paint=True)

    def enlarge(self, scale: float) -> None:
        """Draw `scale` times as large."""
        with self._lock:
            self._scale = scale
            self._chart = LiveChart(width=WIDTH, height=HEIGHT, scale=scale)
            self._poll(paint=True)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Pause while the lab restarts; then start with an empty picture."""
        with self._lock:
            yield
            self._begin()
            self._poll(paint=True)

    def close(self) -> None:
        """Stop polling."""
        self._closing.set()

    def _begin(self) -> None:
        self._minute = RollingWindow()
        self._chart = LiveChart(width=WIDTH, height=HEIGHT, scale=self._scale)
        self._seen: tuple[int, ...] = ()
        self._changed_at = self._pictured_at = 0.0
        self._pictured: str | None = None
        self._panel.thumbnail.value = ""

    def _poll(self, *, paint: bool) -> None:
        lab = self.lab()
        if lab is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab().")
        try:
            self._show(lab, paint=paint)
        except BrokerUnavailable as error:
            self._panel.numbers.value = show_trouble(str(error))  # it may be back a moment later

    def _show(self, lab: Lab, *, paint: bool) -> None:
        stats, living, now = lab.stats(), _living(lab), time.time()
        events, synchronous, sends = lab.events(), lab.sync_events(), lab.sends()
        minute, panel = self._minute, self._panel
        minute.follow(now, queued=events, synchronous=synchronous, sends=sends)
        panel.numbers.value = show_numbers(
            stats, {endpoint: minute.numbers(endpoint, now) for endpoint in ENDPOINTS}
        )
        panel.strips.value = show_strips(living, minute.claimed, now=now, threads=lab.mode == THREADS)
        panel.log.value = show_log(events)
        seen = (len(events), len(synchronous), len(sends), stats.workers)
        if seen != self._seen:
            self._seen, self._changed_at = seen, now
        moving = stats.queued + stats.processing > 0 or now - self._changed_at < _SETTLE_TIME
        if paint or (self._watching and moving):
            self._chart.update(now, minute)
            panel.picture.value = self._chart.png()
            self._show_newest(lab, now, paint=paint)

    def _show_newest(self, lab: Lab, now: float, *, paint: bool) -> None:
        newest = self._minute.newest
        if newest in (None, self._pictured) or not (paint or now - self._pictured_at >= _THUMBNAIL_INTERVAL):
            return
        pdf = lab.pdf(newest)
        picture = thumbnail(pdf, width=110) if pdf else None
        self._pictured, self._pictured_at = newest, now
        if picture:
            self._panel.thumbnail.value = show_thumbnail(picture, url=f"{lab.url}/jobs/{newest}/pdf")


def _living(lab: Lab) -> list[str]:
    """Return the workers whose process exists. The registry keeps a dead one until its lease ends."""
    known = [status.worker for status in lab.workers()]
    return known if lab.mode == THREADS else [worker for worker in known if _runs(worker)]


def _runs(worker: str) -> bool:
    """Return whether a worker runs; on another machine we cannot know, and say yes."""
    worker_id = WorkerId.parse(worker)
    if worker_id.host != socket.gethostname():
        return True
    try:
        os.kill(worker_id.pid, 0)
    except ProcessLookupError:
        return False
    return True
