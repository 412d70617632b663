"""The eyes of a control room: a thread that looks at the lab twice a second, and shows what it saw.

Two pictures a second while something happens, none when nothing does.

Read next: notebook/status_html.py and charts/live.py.
"""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, RLock, Thread
from typing import Protocol
from weakref import ref

from pdflab.charts.live import LiveChart
from pdflab.charts.rolling_window import ENDPOINTS, LastMinute
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import WorkerId
from pdflab.lab import Lab
from pdflab.notebook import status_html as board
from pdflab.notebook.hints import THREADS
from pdflab.notebook.panel import HEIGHT, WIDTH, Panel
from pdflab.notebook.preview import thumbnail

_BREATH = 0.5  # seconds between two pictures
_AFTERGLOW = 3.0  # seconds that the picture still moves after the last news
_THUMBNAILS = 2.0  # seconds between two of them, at the least


class Owner(Protocol):
    """Whom a watcher watches for."""

    def end(self, words: str, error: Exception | None) -> None:
        """Learn that there is nothing to be seen any more, and why."""

    def close(self) -> None:
        """Make room for another."""


class Poller(Thread):
    """Shows a lab on a panel until `close`; its owner is told when it ends by itself.

    It holds the lab weakly: a lab that its owner has forgotten is to stop. Where nobody is `watching`, only
    `look` paints.
    """

    def __init__(self, lab: Lab, panel: Panel, *, owner: Owner, watching: bool) -> None:
        super().__init__(name="control room watcher", daemon=True)
        self.lab, self.owner = ref(lab), owner
        self._panel, self._watching = panel, watching
        self._closing, self._lock = Event(), RLock()
        self._scale = 1.0
        self._begin()

    def run(self) -> None:
        """Look while there is a lab that runs."""
        try:
            while not self._closing.wait(_BREATH):
                with self._lock:
                    self._glance(paint=False)
        except UsageError:
            self.owner.end("The lab has stopped.", None)
        except Exception as error:
            self.owner.end(f"The picture broke: {error}", error)

    def look(self) -> None:
        """Show what there is to see now. Raises what the lab raises."""
        with self._lock:
            self._glance(paint=True)

    def enlarge(self, scale: float) -> None:
        """Paint so many times as large."""
        with self._lock:
            self._scale = scale
            self._chart = LiveChart(width=WIDTH, height=HEIGHT, scale=scale)
            self._glance(paint=True)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Look away while the lab starts again, and then begin with nothing."""
        with self._lock:
            yield
            self._begin()
            self._glance(paint=True)

    def close(self) -> None:
        """Look no more."""
        self._closing.set()

    def _begin(self) -> None:
        self._minute = LastMinute()
        self._chart = LiveChart(width=WIDTH, height=HEIGHT, scale=self._scale)
        self._news: tuple[int, ...] = ()
        self._news_at = self._pictured_at = 0.0
        self._pictured: str | None = None
        self._panel.thumbnail.value = ""

    def _glance(self, *, paint: bool) -> None:
        lab = self.lab()
        if lab is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab().")
        try:
            self._show(lab, paint=paint)
        except BrokerUnavailable as error:
            self._panel.numbers.value = board.show_trouble(str(error))  # it may be back a moment later

    def _show(self, lab: Lab, *, paint: bool) -> None:
        stats, living, now = lab.stats(), _living(lab), time.time()
        events, synchronous, sends = lab.events(), lab.sync_events(), lab.sends()
        minute, panel = self._minute, self._panel
        minute.follow(now, queued=events, synchronous=synchronous, sends=sends)
        panel.numbers.value = board.show_numbers(
            stats, {endpoint: minute.numbers(endpoint, now) for endpoint in ENDPOINTS}
        )
        panel.strips.value = board.show_strips(living, minute.in_hand, now=now, threads=lab.mode == THREADS)
        panel.log.value = board.show_log(events)
        news = (len(events), len(synchronous), len(sends), stats.workers)
        if news != self._news:
            self._news, self._news_at = news, now
        moving = stats.queued + stats.processing > 0 or now - self._news_at < _AFTERGLOW
        if paint or (self._watching and moving):
            self._chart.update(now, minute)
            panel.picture.value = self._chart.png()
            self._show_newest(lab, now, paint=paint)

    def _show_newest(self, lab: Lab, now: float, *, paint: bool) -> None:
        newest = self._minute.newest
        if newest in (None, self._pictured) or not (paint or now - self._pictured_at >= _THUMBNAILS):
            return
        pdf = lab.pdf(newest)
        picture = thumbnail(pdf, width=110) if pdf else None
        self._pictured, self._pictured_at = newest, now
        if picture:
            self._panel.thumbnail.value = board.show_thumbnail(picture, url=f"{lab.url}/jobs/{newest}/pdf")


def _living(lab: Lab) -> list[str]:
    """Name the workers that live. The registry believes in one until its lease runs out: we look for it."""
    known = [status.worker for status in lab.workers()]
    return known if lab.mode == THREADS else [worker for worker in known if _runs(worker)]


def _runs(worker: str) -> bool:
    """Return whether a worker runs: on another machine it does, as far as we know."""
    worker_id = WorkerId.parse(worker)
    if worker_id.host != socket.gethostname():
        return True
    try:
        os.kill(worker_id.pid, 0)
    except ProcessLookupError:
        return False
    return True
