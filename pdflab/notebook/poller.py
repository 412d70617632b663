"""The thread of a room that looks at the lab four times a second, and draws while something changes.

Read next: pdflab/notebook/look.py.
"""

import threading
import time
from typing import Any
from weakref import ref

from pdflab.errors import UsageError
from pdflab.lab import Lab

_POLL_INTERVAL = 0.25  # seconds
_QUIET_AFTER = 3.0  # seconds after the last change until pictures stop moving


class Poller(threading.Thread):
    """Shows a lab in a room until it is closed, or until the lab ends: then it ends the room, its owner.

    The reference to the lab is weak: the lab stops when it is dropped. Without `watched`, only `refresh`
    draws.
    """

    def __init__(self, lab: Lab, *, owner: Any, watched: bool) -> None:
        super().__init__(name="control room poller", daemon=True)
        self.lab, self.owner = ref(lab), owner
        self._watched = watched
        self._closed = threading.Event()
        self.lock = threading.RLock()  # held while the lab is shown, or while it restarts
        self._turn, self._moved_at = 0, time.monotonic()

    def run(self) -> None:
        """Show the lab while it runs."""
        try:
            while not self._closed.wait(_POLL_INTERVAL):
                with self.lock:
                    self._look()
        except UsageError:
            self.owner.end("The lab has stopped.", None)
        except Exception as error:
            self.owner.end(f"The picture broke: {error}", error)

    def refresh(self) -> None:
        """Show the present state, and draw it. Raises the errors of the lab."""
        with self.lock:
            self.owner.show(self._living(), pictures=True, every=True)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()

    def _look(self) -> None:
        lab = self._living()
        if lab.is_halted:
            return
        self._turn += 1
        moving = time.monotonic() - self._moved_at < _QUIET_AFTER
        try:
            if self.owner.show(lab, pictures=self._watched and moving, every=self._turn % 2 == 0):
                self._moved_at = time.monotonic()
        except UsageError:
            if not lab.is_halted:  # otherwise it was halted during this look, and may start again
                raise

    def _living(self) -> Lab:
        if (lab := self.lab()) is None:
            raise UsageError("This lab is gone; make a new one: lab = Lab().")
        return lab


def close_earlier(lab: Lab, room: Any) -> None:
    """Close an earlier room of this lab with the same parts, so that a repeated cell does not draw twice."""
    parts = [type(part) for part in room.parts]
    pollers = [thread for thread in threading.enumerate() if isinstance(thread, Poller)]
    for poller in pollers:
        if poller.lab() is lab and [type(part) for part in poller.owner.parts] == parts:
            poller.owner.close()
