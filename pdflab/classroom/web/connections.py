"""The connections of a classroom's server: room for all phones, and none that is held without a request.

Read next: pdflab/classroom/web/server.py.
"""

import asyncio
from typing import Any

from aiohttp import web

from pdflab.service.http.connections import raise_file_limit

_SILENCE = 10.0  # seconds that a connection may be open without a request
_FILES = 8  # of a phone: its pages' connections, and those that are sent on to the lab
_OTHER_FILES = 200


def make_room_for(phones: int, loop: asyncio.AbstractEventLoop) -> None:
    """Let this process open files for so many phones; a crowd beyond them does not flood the terminal."""
    raise_file_limit(_FILES * phones + _OTHER_FILES)
    loop.set_exception_handler(_ignore_crowd)


class SilentConnections:
    """Closes the connections on which nothing is asked for some seconds."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner
        self._since: dict[Any, float] = {}

    def close_old(self, now: float) -> None:
        """Look at all connections, and close those that have been silent since long before now."""
        connections = self._runner.server.connections if self._runner.server else []
        idle = (one for one in connections if getattr(one, "_current_request", None) is None)
        self._since = {one: self._since.get(one, now) for one in idle}
        for one, since in self._since.items():
            if now - since > _SILENCE:
                one.force_close()


def _ignore_crowd(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle an error of the loop; that no file is left for one more connection is said by its browser."""
    if "socket.accept()" not in str(context.get("message")):
        loop.default_exception_handler(context)
