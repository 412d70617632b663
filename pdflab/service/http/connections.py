"""The connections of the server: refused bodies are not stored, slow and idle clients make room for others.

Read next: pdflab/service/http/openapi.py.
"""

import json
import os
import socket
import time
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import Error, RequestEntityTooLarge

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
        return f"{self.code} {self.reason}", headers, json.dumps(problem).encode() + b"\n"


class _Parser(HTTPRequestParser):
    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.error and not isinstance(self.error, _Refusal):
            self.error = _Refusal(self.error)
        return consumed


class Channel(HTTPChannel):
    """A connection that knows since when it waits for the rest of a request."""

    _parser: _Parser | None = None  # of the latest request
    _refused = False
    _began: float | None = None  # the request that has not arrived whole
    _closing: float | None = None  # the end of reading on after a refusal

    def parser_class(self, adj: Any) -> _Parser:  # type: ignore[override]
        """Return a parser for the next request; after a refused one, for what is left of its body."""
        self._refused = self._is_refused()
        self._parser = _Parser(adj)
        return self._parser

    def _is_refused(self) -> bool:
        return self._refused or (self._parser is not None and self._parser.error is not None)

    def received(self, data: bytes) -> bool:
        taken: bool = super().received(data)
        if self.request is None:
            self._began = None
        elif self._began is None:
            self._began = time.monotonic()
        return taken

    def is_overdue(self, now: float, *, crowded: bool) -> bool:
        """Return whether to close it: it is slow, idle, or has had time to read its refusal."""
        if self._closing is not None:
            return now > self._closing
        if self.requests or self.total_outbufs_len:
            return False
        for_request, for_idle = _PATIENCE[crowded]
        if self._began is not None:
            return now - self._began > for_request
        return time.time() - self.last_activity > for_idle

    def handle_close(self) -> None:
        """Close; after a refusal, read on for a while: a reset would reach the client before the answer."""
        if self._is_refused() and self._closing is None and self.socket:
            self.will_close, self._closing = False, time.monotonic() + _LINGER
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        else:
            super().handle_close()

    def readable(self) -> bool:
        return self._closing is not None or super().readable()

    def handle_read(self) -> None:
        if self._closing is None:
            super().handle_read()
        elif not self.recv(self.adj.recv_bytes):
            super().handle_close()


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
