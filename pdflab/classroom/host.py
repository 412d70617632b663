"""Runs a classroom beside a lab: an event loop in a thread, a listening socket, and an end.

    with ClassroomHost(lab, at=("0.0.0.0", 8080)) as classroom:
        print(classroom.join_url, classroom.teacher_url)

Read next: pdflab/classroom/web/server.py.
"""

import asyncio
import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from aiohttp import web

from pdflab.classroom.classroom import Classroom
from pdflab.classroom.document import seconds_of_largest
from pdflab.classroom.recording import Recording, Replay, record_class
from pdflab.classroom.state import Options
from pdflab.classroom.students import NotAllowed
from pdflab.classroom.teacher import Teacher
from pdflab.classroom.web.connections import SilentConnections, make_room_for
from pdflab.classroom.web.server import Site
from pdflab.errors import PdfLabError, require
from pdflab.lab import Lab
from pdflab.service.http.server import listen

PORT, MINUTES = 8080, 90.0
_LAST_MESSAGE = 0.3  # seconds for the live pages to say that the class is over
_EVERYWHERE = ("0.0.0.0", "::", "")
_TICK = 0.4  # seconds between two looks at the lab, and two messages to a phone
_NO_NETWORK = "192.0.2.1"  # an address that is nobody's: no packet is sent to it
_LONGEST_END = 30.0  # seconds: a fault that the lab has begun is waited for


class ClassroomHost:
    """Serves a class from `start` to `stop`, or for so many minutes.

    `url` is what phones open, if it is not the address of this machine. Raises UsageError for invalid values,
    and if the port is taken.
    """

    def __init__(
        self,
        what: Lab | Recording,
        options: Options | None = None,
        *,
        at: tuple[str, int] = ("0.0.0.0", PORT),
        url: str | None = None,
        minutes: float = MINUTES,
        save_to: Path | None = None,
        speed: float = 1.0,
    ) -> None:
        """`what` is a running lab, or the recording of a class to replay so many times as fast.

        `at` is the address to listen on; `save_to` the folder in which the class is saved when it ends.
        """
        require(0 < minutes <= 600, "A class takes more than 0 and up to 600 minutes.")
        require(0 < speed <= 60, "A class is replayed at more than 0 and up to 60 times its speed.")
        whole = url is None or re.match(r"https?://[^/?#\s]+", url)
        require(bool(whole), "--url must begin with http:// or https://, and have a name.")
        require(0 <= at[1] <= 65_535, "A port is between 0, which is any free one, and 65535.")
        self._what, self._options, self._minutes = what, options or Options(), minutes
        self._address, self._url, self._save_to, self._speed = at, url, save_to, speed
        self.on_over: Callable[[], object] = lambda: None  # called when the class has ended, on its thread
        self._ready, self._over = Event(), Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="pdflab classroom", daemon=True)

    def __enter__(self) -> Self:
        """Open the room."""
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Close the room."""
        self.stop()

    def start(self) -> None:
        """Open the room, and return when it answers. A room that cannot open leaves nothing."""
        if isinstance(self._what, Lab):
            _ = self._what.url  # it runs
        self._socket = listen(*self._address, setting="--port")
        self._port = self._socket.getsockname()[1]
        try:
            self._thread.start()
            self._ready.wait()
        finally:  # an interrupt, too
            if self._error or not self._ready.is_set():
                self.stop()

    def stop(self) -> None:
        """Close the room and forget the class; a second stop does nothing.

        Raises what made the class fail, such as a folder in which it cannot be saved.
        """
        self._over.set()
        if self._thread.ident:
            self._thread.join(_LONGEST_END)
        error, self._error = self._error, None
        if error:
            raise error

    def wait(self) -> None:
        """Wait until the class is over."""
        self._over.wait()

    @property
    def is_over(self) -> bool:
        """Whether the class is over."""
        return self._over.is_set()

    @property
    def join_url(self) -> str:
        """What the phones open; it has the room code."""
        return self.site.join_url

    @property
    def local_url(self) -> str:
        """The address of the pages on this machine."""
        host = "127.0.0.1" if self._address[0] in _EVERYWHERE else self._address[0]
        return f"http://{_in_url(host)}:{self._port}/"

    @property
    def code(self) -> str:
        """The room code."""
        return self.room.students.code

    @property
    def teacher_url(self) -> str:
        """The teacher's page, with its token."""
        return f"{self.site.url}teacher?token={self.site.token}"

    @property
    def projector_url(self) -> str:
        """The projector's page, with the same token."""
        return f"{self.site.url}projector?token={self.site.token}"

    def control(self, name: str, value: Any = None) -> None:
        """Press a control of the teacher, from any thread. Raises NotAllowed."""
        pressing = self.site.teacher.do(name, value)
        try:
            asyncio.run_coroutine_threadsafe(pressing, self._loop).result()
        except (RuntimeError, CancelledError):  # its loop has ended, or ends now
            pressing.close()
            raise NotAllowed("The class is over.") from None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._socket.close()
            self._over.set()
            self._ready.set()
            self.on_over()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        make_room_for(self._options.phones, self._loop)
        self.room = room = await self._open_room()
        teacher = Teacher(room, end=self._over.set) if isinstance(room, Classroom) else None
        self.site = site = Site(room, teacher, url=self._phones_url())
        runner = web.AppRunner(
            site.application(), handler_cancellation=True, access_log=None, shutdown_timeout=1.0
        )
        try:
            await runner.setup()
            await web.SockSite(runner, self._socket).start()
            self._ready.set()
            await self._look_until_over(room, site, runner)
        finally:
            self._over.set()
            site.end()
            if teacher:
                await teacher.room.close()
                with suppress(NotAllowed):  # the lab has stopped
                    await teacher.restore()
            await asyncio.sleep(_LAST_MESSAGE)
            site.ticker.tick()  # for a page that was slow at the first one
            await runner.cleanup()
            if teacher and self._save_to:
                recording = record_class(teacher.room.lab, room, teacher.changes)
                await asyncio.to_thread(recording.save, self._save_to)
            room.students.forget()

    def _phones_url(self) -> str:
        host = _in_url(lan_address(self._address[0]))
        return (self._url or f"http://{host}:{self._port}").rstrip("/") + "/"

    async def _open_room(self) -> Classroom | Replay:
        if isinstance(self._what, Recording):
            return Replay(self._what, speed=self._speed)
        largest = await asyncio.to_thread(seconds_of_largest)
        return Classroom(self._what, replace(self._options, largest=largest))

    async def _look_until_over(self, room: Classroom | Replay, site: Site, runner: web.AppRunner) -> None:
        silent = SilentConnections(runner)
        ends_at = time.monotonic() + 60 * self._minutes
        while not (self._over.is_set() or room.is_over) and time.monotonic() < ends_at:
            try:
                room.look()
            except (PdfLabError, OSError) as error:  # the lab stopped, its log is damaged: the phones go on
                room.stage.status = str(error)
            room.note_series()
            site.ticker.tick()
            silent.close_old(time.monotonic())
            await asyncio.sleep(_TICK)


def lan_address(host: str) -> str:
    """Return the address by which other machines reach a host's server, as far as this machine knows it."""
    if host not in _EVERYWHERE:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect((_NO_NETWORK, 9))
            return str(sock.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
