"""The connections of a classroom: silent ones make room, and a crowd does not flood the terminal."""

import asyncio
from types import SimpleNamespace
from typing import Any

from pdflab.classroom.web.connections import SilentConnections, make_room_for


class Connection:
    """A connection as aiohttp's server has it."""

    def __init__(self, request: object = None) -> None:
        self._current_request, self.is_closed = request, False

    def force_close(self) -> None:
        self.is_closed = True


def test_a_connection_without_a_request_is_closed_after_ten_seconds() -> None:
    """One that is answered stays, however long; a second request begins anew."""
    silent, busy, back = Connection(), Connection("a live page"), Connection()
    runner: Any = SimpleNamespace(server=SimpleNamespace(connections=[silent, busy, back]))
    connections = SilentConnections(runner)

    connections.close_old(0.0)
    back._current_request = "a press"
    connections.close_old(8.0)
    back._current_request = None
    connections.close_old(10.5)

    assert [one.is_closed for one in (silent, busy, back)] == [True, False, False]


def test_only_an_error_of_the_crowd_is_silent(caplog: Any) -> None:
    """Each other one is reported as before."""

    async def report(message: str) -> None:
        loop = asyncio.get_running_loop()
        make_room_for(10, loop)
        loop.call_exception_handler({"message": message})

    asyncio.run(report("socket.accept() out of system resource"))
    assert not caplog.records
    asyncio.run(report("A task has failed"))
    assert "A task has failed" in caplog.text
