"""The connections of the server: refused bodies are not stored, slow and idle clients make room for others.

Read next: pdflab/service/http/openapi.py.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import Error, RequestEntityTooLarge

from pdflab.service.http.backlog import BacklogFull

_MAX_CONNECTIONS = 900
_OTHER_FILES = 48  # that a server opens beside its connections: logs, Redis, PDFs
_MAX_UNFINISHED = 256_000_000  # bytes of bodies that have not arrived whole
_LINGER = 5.0  # seconds to read on and throw away, so that the client can read why it was refused
_PATIENCE = {False: (60.0, 60.0), True: (5.0, 2.0)}  # seconds to send a request, to stay idle; when crowded
TOO_LARGE = "The request is larger than this service accepts. Split it or shorten it."


class _Refusal(Error):
    """An error of the parser, as problem+json."""

    def __init__(self, error: Error) -> None:
        super().__init__(TOO_LARGE if isinstance(error, RequestEntityTooLarge) else error.body)
        self.code, self.reason = error.code, error.reason

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:  # type: ignore[override]
        problem = {"type": "about:blank", "title": self.reason, "status": self.code, "detail": self.body}
        headers = [("Content-Type", "application/problem+json")]
        headers += [("Retry-After", "1")] if self.code == BacklogFull.code else []
        return f"{self.code} {self.reason}", headers, json.dumps(problem).encode() + b"\n"


class _Refuse(ErrorTask):
    """Answers what is no request, too large a one, or one too many."""

    def execute(self) -> None:
        self.channel.refused = True  # type: ignore[attr-defined]
        self.request.error = _Refusal(self.request.error)  # type: ignore[attr-defined]
        self.channel.server.on_refusal()  # type: ignore[attr-defined]
        super().execute()


class Channel(HTTPChannel):
    """A connection that can be overdue. What every request passes is waitress' own: it is called most."""

    error_task_class = _Refuse
    refused = False
    leave: Callable[[], None] | None = None  # the backlog, once its requests are answered
    is_full = False  # there was no place in the backlog for its request
    _partial: object = None  # the request that had not arrived whole, at the last look
    _since = 0.0  # when that was seen first
    _closing: float | None = None  # the end of reading on after a refusal

    def is_overdue(self, now: float, *, crowded: bool) -> bool:
        """Return whether to close it: it is slow, idle, or has had time to read its refusal."""
        if self._closing is not None:
            return now > self._closing
        if self.request is not self._partial:
            self._partial, self._since = self.request, now
        if self.requests or self.total_outbufs_len:
            return False
        for_request, for_idle = _PATIENCE[crowded]
        if self.request is not None:
            return now - self._since > for_request
        return time.time() - self.last_activity > for_idle

    def writable(self) -> bool:
        """Return whether there is something to do for the loop: an answer that is not yet whole is not."""
        ending = self.will_close or self.close_when_flushed
        whole = not self.requests or self.total_outbufs_len >= self.adj.send_bytes
        return bool(ending or (whole and self.total_outbufs_len))

    def service(self) -> None:
        """Answer one request; the client need not wait for the answer to the next."""
        super().service()
        with self.requests_lock:  # type: ignore[attr-defined]
            if self.leave and not self.requests:
                self.leave()
                self.leave = None
        if self.requests:
            self._flush_exception(self._flush_some_if_lockable)  # type: ignore[attr-defined]
        self._refuse_if_full()

    def received(self, data: bytes) -> bool:
        """Take what has arrived; refuse what is too much at once, on the thread of the loop."""
        taken = super().received(data)
        if self._refuse_if_full():
            self.handle_write()
        return taken

    def _refuse_if_full(self) -> bool:
        with self.requests_lock:  # type: ignore[attr-defined]
            is_full, self.is_full = self.is_full, False
        if is_full:
            self.service()
        return is_full

    def handle_close(self) -> None:
        """Close; after a refusal, read on for a while: a reset would reach the client before the answer."""
        if self.refused and self._closing is None and self.socket:
            self.will_close, self._closing = False, time.monotonic() + _LINGER
            self.readable = lambda: True  # type: ignore[method-assign]
            self.handle_read = self._discard  # type: ignore[method-assign]
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        else:
            super().handle_close()

    def _discard(self) -> None:
        self.recv(self.adj.recv_bytes)  # which closes at the end of what the client sends


def cut_overdue(channels: dict[int, Any], limit: int) -> None:
    """Close the connections that are overdue; sooner, when most places or much memory are taken."""
    found = [channel for channel in channels.values() if isinstance(channel, Channel)]
    held = sum(channel.request.body_bytes_received for channel in found if channel.request)
    now, crowded = time.monotonic(), len(found) > 0.8 * limit or held > _MAX_UNFINISHED
    for channel in found:
        if channel.is_overdue(now, crowded=crowded):
            HTTPChannel.handle_close(channel)


def connection_limit() -> int:
    """Return how many connections this process can serve, after raising its limit of open files."""
    allowed = raise_file_limit(_MAX_CONNECTIONS + _OTHER_FILES + _open_files())
    return max(8, min(_MAX_CONNECTIONS, allowed - _OTHER_FILES - _open_files()))


def raise_file_limit(wanted: int) -> int:
    """Raise the limit of open files of this process as far as allowed, and return it."""
    try:
        import resource  # which Windows lacks

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
        return max(soft, wanted)
    except (ImportError, OSError, ValueError):
        return wanted


def _open_files() -> int:
    with suppress(OSError):
        return len(os.listdir("/proc/self/fd"))
    return 16
