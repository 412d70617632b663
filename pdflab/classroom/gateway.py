"""Sends the presses of the phones to the lab, and follows what the lab does with them.

The phones reach this server only; nothing of the service's own API is reachable through it.

Read next: pdflab/classroom/press.py.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from uuid import uuid4

import aiohttp

from pdflab.analysis.run import Send
from pdflab.classroom.document import KIND
from pdflab.classroom.press import REFUSED, TIMED_OUT, Press
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.lab import Lab
from pdflab.load.send_log import SendLog
from pdflab.service.eventlog.reader import Tail, read_event
from pdflab.settings import Settings

_PATHS = {Endpoint.QUEUED: "/generate-pdf", Endpoint.SYNCHRONOUS: "/generate-pdf/sync"}
_QUEUED_TIMEOUT = 10.0  # seconds for an answer 202
_log = logging.getLogger(__name__)


class Gateway:
    """One client of both endpoints for all phones. Create it on the loop that runs it."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._log = SendLog(lab.settings)

    async def send(self, press: Press, body: bytes, *, patience: float) -> bytes:
        """Send a press, note in it what came of it, and return the PDF of a synchronous answer.

        A synchronous request is given up after `patience` seconds; the server does not notice.
        """
        press.job_id = uuid4().hex if press.endpoint == Endpoint.SYNCHRONOUS else None
        pdf = b""
        try:
            async with asyncio.timeout(patience if press.job_id else _QUEUED_TIMEOUT):
                status, body = await self._post(press, body)
            pdf = self._read(press, status, body)
        except TimeoutError:
            self._end(press, 0, TIMED_OUT)
        except asyncio.CancelledError:
            self._end(press, 0, "cancelled")
            raise
        except Exception as error:  # the lab stopped, or what answers is no service: the phone goes on
            _log.warning("A press had no answer (%s).", error)
            self._end(press, 0, "connection")
        return pdf

    async def cancel_queued(self) -> None:
        """End every QUEUED job of the lab as cancelled."""
        url, yes = f"{self._lab.url}/queue/cancel", {"confirm": True}
        timeout = asyncio.timeout(_QUEUED_TIMEOUT)
        with suppress(aiohttp.ClientError, OSError):  # then they are rendered
            async with timeout, self._session.post(url, json=yes, headers=self._headers()) as response:
                await response.read()

    async def close(self) -> None:
        """Close the connections and the log."""
        await self._session.close()
        self._log.close()

    async def _post(self, press: Press, body: bytes) -> tuple[int, bytes]:
        name = {"X-Job-Id": press.job_id} if press.job_id else {}
        headers = self._headers() | name | {"Content-Type": "application/json"}
        url = self._lab.target(press.endpoint).url + _PATHS[press.endpoint]
        async with self._session.post(url, data=BytesIO(body), headers=headers) as response:
            return response.status, await response.read()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._lab.token}"} if self._lab.token else {}

    def _read(self, press: Press, status: int, body: bytes) -> bytes:
        if status == 202:
            press.job_id = json.loads(body)["job_id"]
        refused = REFUSED if status in (429, 503) else f"HTTP {status}"
        self._end(press, status, None if status in (200, 202) else refused)
        return body if status == 200 else b""

    def _end(self, press: Press, status: int, error: str | None) -> None:
        """Note the end of a request, and log it; a client that left had an end before."""
        now = time.time()
        if press.answered_at is None:
            press.answered_at, press.status, press.error = now, status, error
        self._log(
            Send(
                press.endpoint,
                KIND,
                press.at,
                press.at,
                press.answered_at,
                press.status,
                press.job_id,
                press.error,
                seed=press.student,  # whose name is on the document
            )
        )


class EventFeed:
    """Follows the events of both endpoints."""

    def __init__(self, settings: Settings) -> None:
        files = {Endpoint.QUEUED: settings.log_file, Endpoint.SYNCHRONOUS: settings.sync_log_file}
        self._tails = {endpoint: Tail(file, read_event) for endpoint, file in files.items()}

    def read(self) -> Iterator[tuple[Endpoint, JobEvent]]:
        """Yield each new event with its endpoint."""
        for endpoint, tail in self._tails.items():
            yield from ((endpoint, event) for event in tail.read_new())


class QueueView:
    """The queue as its events say: which jobs wait, in which order, and how long a document took lately."""

    def __init__(self, service: float) -> None:
        """`service` is the expected service time, in seconds, until one is measured."""
        self.service = service
        self._waiting: dict[str, tuple[bool, int]] = {}  # returned ones go first, the others by number
        self._places: dict[str, int] = {}
        self._claimed: dict[str, float] = {}

    def note(self, event: JobEvent) -> None:
        """Note an event of the queue."""
        self._waiting.pop(event.job_id, None)
        claimed = self._claimed.pop(event.job_id, None)
        match event.state:
            case JobState.QUEUED:
                self._waiting[event.job_id] = event.attempt == 0, event.number
            case JobState.PROCESSING:
                self._claimed[event.job_id] = event.at
            case JobState.COMPLETED if claimed is not None:
                self.service += 0.2 * (event.at - claimed - self.service)
        self._places.clear()

    def place(self, job_id: str | None) -> int | None:
        """Return the place of a job in the queue, 1 for the next one; None if it is not there."""
        if not self._places:
            order = sorted(self._waiting, key=self._waiting.__getitem__)
            self._places = {job: place for place, job in enumerate(order, start=1)}
        return self._places.get(job_id or "")
