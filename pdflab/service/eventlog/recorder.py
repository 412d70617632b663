"""Writes the event stream to jobs.log: one JSON object a line, no gap and no duplicate.

Each line carries its stream id. At its start, a recorder cuts off a half-written last line and continues
after the last whole one. So the log stays complete wherever the previous recorder was killed.

Read next: pdflab/service/worker/worker.py.
"""

import json
import logging
import os
import time
from collections import deque
from math import inf
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import JobEvent
from pdflab.service.eventlog.history import History
from pdflab.service.jobqueue.base import Monitor

_log = logging.getLogger(__name__)
_KEEP = 20_000  # events that stay in the stream behind the log, for clients of GET /events
_TAIL_BYTES = 65_536  # read at the end of a log to find its last line
_FOLLOW_TIMEOUT = 0.5  # seconds to wait for events; also the longest delay of a stop


class Recorder:
    """Follows the stream and appends to the log; a file lock keeps a second recorder out."""

    def __init__(self, monitor: Monitor, path: Path) -> None:
        self._monitor = monitor
        self._path = path
        self._lock = FileLock(f"{path}.lock")
        self._last_id, self._last_number = "0", 0
        self._unsure = False  # what the log holds, after an error
        self._batches: deque[tuple[str, int]] = deque()  # last id and size of each write still in the stream
        self._behind = 0  # the sum of those sizes
        self._history = History(monitor)
        self._kept_time_at = -inf  # by time.monotonic()

    def open(self) -> None:
        """Take the lock and find where to continue. Raises UsageError for a log of another format."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
            self._path.touch()
        except Timeout:
            raise UsageError(
                f"Another recorder is writing {self._path}; stop it, or choose another log."
            ) from None
        except OSError as error:
            raise UsageError(
                f"{self._path} cannot be written ({error.strerror}); choose another log."
            ) from None
        self._resume()

    def run(self, stop: Event) -> None:
        """Record until `stop` is set; wait while Redis is away or the disk is full."""
        while not stop.is_set():
            try:
                if self._unsure:
                    self._resume()
                self.run_once(_FOLLOW_TIMEOUT)
                if time.monotonic() - self._kept_time_at >= _FOLLOW_TIMEOUT:
                    self._kept_time_at = time.monotonic()
                    self._monitor.keep_time()
                    self._history.sample()
            except BrokerUnavailable as error:
                _log.warning("%s", error)
                stop.wait(0.5)
            except (OSError, UsageError) as error:  # a full disk; a last line that is no event any more
                _log.error("%s cannot be written (%s); retrying.", self._path, error)
                self._unsure = True
                stop.wait(0.5)
        self.close()

    def run_once(self, timeout: float = 0.001) -> int:
        """Wait up to `timeout` seconds for events, write them, and return how many there were."""
        events = self._monitor.follow(self._last_id, timeout)
        if self._last_number and not self._path.exists():  # logrotate has moved it away: begin the next one
            begin_log(self._path, self._last_id, self._last_number)
        if not events:
            return 0
        lines = [line for event in events for line in self._lines(event)]
        with self._path.open("a", encoding="utf-8") as file:
            file.write("".join(lines))
        self._trim(events)
        self._history.add(events)
        return len(events)

    def close(self) -> None:
        """Write the remaining events, if Redis still answers, and release the lock."""
        try:
            if self._unsure:
                self._resume()
            while self.run_once():
                pass
        except (BrokerUnavailable, OSError) as error:
            _log.warning("The log may lack the last events; the next recorder writes them (%s).", error)
        self._lock.release()

    def _resume(self) -> None:
        """Continue after the last whole line."""
        last = _last_whole_line(self._path)
        self._last_id, self._last_number = (last["event_id"], last["number"]) if last else ("0", 0)
        self._unsure = False

    def _lines(self, event: JobEvent) -> list[str]:
        """Return the line of an event, after a line that notes a gap if the numbering has one."""
        lines = []
        expected = self._last_number + 1
        if self._last_number and event.number != expected:
            gap = {"gap": True, "expected": expected, "found": event.number, "at": event.at}
            # A recorder that is killed after this line continues before the event, not after it.
            place = {"event_id": self._last_id, "number": event.number - 1}
            lines.append(json.dumps(gap | place) + "\n")
            _log.error("events %s: expected number %s, found %s", event.event_id, expected, event.number)
        self._last_id, self._last_number = event.event_id, event.number
        return [*lines, event.to_json() + "\n"]

    def _trim(self, events: list[JobEvent]) -> None:
        """Trim the stream, but never an event that the log does not yet hold."""
        self._batches.append((events[-1].event_id, len(events)))
        self._behind += len(events)
        while self._behind - self._batches[0][1] > _KEEP:
            last_id, size = self._batches.popleft()
            self._behind -= size
            self._monitor.trim_events(last_id)


def begin_log(path: Path, event_id: str, number: int) -> None:
    """Begin a new log after an event: earlier ones belong to another log."""
    mark = {"gap": True, "event_id": event_id, "number": number, "at": time.time()}
    path.write_text(json.dumps(mark) + "\n")


def _last_whole_line(path: Path) -> dict[str, Any] | None:
    """Cut off a half-written last line, and return the line before it."""
    if not path.exists():
        return None
    with path.open("rb+") as file:
        before, text = _end_of(file)
        whole = text.rfind(b"\n") + 1
        file.truncate(before + whole)
    lines = text[:whole].splitlines()
    try:
        return json.loads(lines[-1]) if lines else None
    except ValueError:
        raise UsageError(f"The last line of {path} is no event; move that file away.") from None


def _end_of(file: BinaryIO) -> tuple[int, bytes]:
    """Return the end of a file, with its last whole line if it has one: a log may be larger than memory."""
    size = file.seek(0, os.SEEK_END)
    length = _TAIL_BYTES
    while True:
        before = file.seek(max(0, size - length))
        text = file.read()
        if before == 0 or text.count(b"\n") > 1:
            return before, text
        length *= 2
