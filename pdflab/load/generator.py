"""The load generator: it sends every request at its planned instant, whether or not others were answered.

That is an open loop. A generator that waits for answers slows down with the service that it measures, and
hides the delay (coordinated omission). So latency counts from the *intended* instant of sending. For
comparison it can also run a closed loop: some clients, each waiting for its answer.

Read next: pdflab/service/api/submit.py.
"""

import asyncio
import errno
import io
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from typing import Any, NamedTuple

import aiohttp

from pdflab.analysis.run import Send
from pdflab.errors import require
from pdflab.jobs import Endpoint
from pdflab.load.batching import Document, Requests, batches_of
from pdflab.load.plan import Plan
from pdflab.load.retries import NO_RETRIES, Attempt, Retries, Retrying

_PATHS = {Endpoint.QUEUED: "/generate-pdf", Endpoint.SYNCHRONOUS: "/generate-pdf/sync"}
_BATCH_PATH = "/generate-pdf/batch"
_MAX_READY = 1_000  # batches made ahead
_MIN_SPARE = 0.005  # seconds: with less until the next batch is due, none is made


@dataclass(frozen=True, slots=True)
class Target:
    """Endpoint, client timeout in seconds, number of clients of a closed loop, token, and retries.

    Raises UsageError for invalid values.
    """

    url: str
    endpoint: Endpoint = Endpoint.QUEUED
    timeout: float = 30.0
    clients: int | None = None
    token: str | None = field(default=None, repr=False)
    retries: Retries = NO_RETRIES

    def __post_init__(self) -> None:
        require(
            self.url.startswith(("http://", "https://")),
            f"{self.url!r} is not a URL: it begins with http:// or https://.",
        )
        known = self.endpoint in _PATHS
        require(known, f"There is no endpoint {self.endpoint!r}: take {' or '.join(_PATHS)}.")
        require(0 < self.timeout < inf, "A client waits for more than 0 seconds, and not for ever.")
        require(self.clients is None or self.clients >= 1, "A closed loop needs 1 client or more.")
        require(not self.clients or self.retries.tries == 1, "Only clients of an open loop retry; use 1 try.")


async def send_plan(
    requests: Requests,
    target: Target,
    *,
    on_send: Callable[[Send], object],
    on_start: Callable[[int], object] = lambda count: None,
    on_begin: Callable[[float], object] = lambda at: None,
) -> None:
    """Send a plan, or (seconds from now, kind, request) in ascending order; return when all are answered.

    `on_begin` receives the instant from which the plan counts, `on_start` the number of documents in each
    POST, `on_send` each document with its outcome, once for each attempt. When the task is cancelled, it
    reports the requests in flight as "cancelled".
    """
    batched = isinstance(requests, Plan) and requests.batched and target.endpoint == Endpoint.QUEUED
    batches = _Ahead(batches_of(requests, batched=batched))
    batches.make()  # before the clock starts: a batch is due at once
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=target.timeout)
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {target.token}"} if target.token else {}
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
        turn = nullcontext() if target.clients is None else asyncio.Semaphore(target.clients)
        sender = _Sender(session, target, batched, on_send, on_start, turn, Retrying(target.retries))
        on_begin(sender.clock.began_at)
        async with asyncio.TaskGroup() as in_flight:
            while batch := batches.take():
                await sender.wait_until(batch[-1].at, meanwhile=batches.make)
                in_flight.create_task(sender.send(batch))


class _Ahead:
    """Makes batches ahead while there is time, so that in a spike they are ready to send."""

    def __init__(self, batches: Iterator[list[Document]]) -> None:
        self._batches = batches
        self._ready: deque[list[Document]] = deque()

    def make(self) -> bool:
        """Make one more batch; return False if none is left or there is no room."""
        more = list(islice(self._batches, 1)) if len(self._ready) < _MAX_READY else []
        self._ready.extend(more)
        return bool(more)

    def take(self) -> list[Document] | None:
        """Return the next batch; None after the last."""
        if not self._ready:
            self.make()
        return self._ready.popleft() if self._ready else None


class _Answer(NamedTuple):
    status: int
    error: str | None = None
    job_ids: Sequence[str | None] = ()


class _Clock:
    """Seconds since the epoch, read once and continued by a clock that never jumps."""

    def __init__(self) -> None:
        self._offset = time.time() - time.perf_counter()
        self.began_at = self.now()

    def now(self) -> float:
        return self._offset + time.perf_counter()


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends batches of one or more documents, and reports their outcomes."""

    session: aiohttp.ClientSession
    target: Target
    batched: bool
    on_send: Callable[[Send], object]
    on_start: Callable[[int], object]
    turn: AbstractAsyncContextManager[None]  # of a client, in a closed loop
    retrying: Retrying
    clock: _Clock = field(default_factory=_Clock)

    async def wait_until(self, at: float, *, meanwhile: Callable[[], bool]) -> None:
        """Wait for an instant of the plan and call `meanwhile`."""
        while (left := self.clock.began_at + at - self.clock.now()) > 0:
            await asyncio.sleep(0 if left > _MIN_SPARE and meanwhile() else left)
        await asyncio.sleep(0)  # a late generator never slept: without this line, nothing would be sent

    async def send(self, batch: list[Document]) -> None:
        attempt: Attempt | None = self.retrying.first()
        while attempt:
            attempt = await self._try(batch, attempt)

    async def _try(self, batch: list[Document], attempt: Attempt) -> Attempt | None:
        """Send one request and report it; return the next one, if its client retries."""
        sent_at, answered_at, answer, following = self.clock.now(), None, _Answer(0, "cancelled"), None
        try:
            async with self.turn:
                await asyncio.sleep(attempt.pause)
                sent_at = self.clock.now()
                self.on_start(len(batch))
                answer = await self._post(batch, attempt.headers)
            answered_at = self.clock.now()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            answer = _Answer(0, _name(error))
        finally:
            following = self.retrying.after(attempt, answer.status, answer.error)
            times = {"sent_at": sent_at, "answered_at": answered_at}
            self._report(batch, answer, **times, attempt=attempt.number, retried=following is not None)
        return following

    async def _post(self, batch: list[Document], headers: Mapping[str, str]) -> _Answer:
        bodies = [document.body for document in batch]
        path = _BATCH_PATH if self.batched else _PATHS[self.target.endpoint]
        data = b'{"requests":[' + b",".join(bodies) + b"]}" if self.batched else bodies[0]
        url = self.target.url.rstrip("/") + path
        # as a file, because aiohttp warns of plain bytes beyond one mebibyte
        async with self.session.post(url, data=io.BytesIO(data), headers=headers) as response:
            return _read(response, await response.read(), len(batch))

    def _report(self, batch: list[Document], answer: _Answer, **facts: Any) -> None:
        for document, job_id in zip(batch, answer.job_ids or [None] * len(batch), strict=True):
            self.on_send(
                Send(
                    endpoint=self.target.endpoint,
                    kind=document.kind,
                    intended_at=self.clock.began_at + document.at,
                    status=answer.status,
                    job_id=job_id,
                    error=answer.error,
                    seed=document.seed,
                    **facts,
                )
            )


def _read(response: aiohttp.ClientResponse, body: bytes, expected: int) -> _Answer:
    if response.status == 200:
        return _Answer(200, None, [response.headers.get("X-Job-Id")])
    if response.status != 202:
        return _Answer(response.status, _reason(response.status, body))
    try:
        data = json.loads(body)
        job_ids = data["job_ids"] if "job_ids" in data else [data["job_id"]]
    except (ValueError, KeyError, TypeError):
        job_ids = []
    if len(job_ids) != expected:
        return _Answer(202, "an answer without job ids")
    return _Answer(202, None, job_ids)


def _reason(status: int, body: bytes) -> str:
    if status in (429, 503):
        return "refused"
    try:
        problem = json.loads(body)
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"HTTP {status}"


def _name(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return "the generator has no more files to open"  # this machine's limit, not the service's fault
    return "connection"
