"""An HTTP server that can be stopped: waitress, on a socket that a parent process may have opened.

Read next: pdflab/service/entrypoints.py.
"""

import errno
import logging
import os
import socket
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from waitress import wasyncore
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from pdflab.errors import UsageError
from pdflab.service.http.backlog import BoundedDispatcher, Places
from pdflab.service.http.connections import Channel, connection_limit, cut_overdue

_POLL_INTERVAL = 0.2  # seconds between two checks of `stop`
_LARGEST_PDF = 64_000_000  # bytes; waitress would write a larger answer to a temporary file
_WHOLE_ANSWER = 16_000  # bytes: the loop sends a shorter answer, head and body at once
_SHUTDOWN_TIMEOUT = 1  # seconds to finish the requests in flight


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """Return a listening socket; port 0 means any free one. Raises UsageError when the port is taken."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(1024)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} is taken; choose another one with {setting}, 0 being any."
            ) from None
        reason = f"{host}:{port} cannot be listened on ({error.strerror})"
        raise UsageError(f"{reason}; choose another address.") from None
    return sock


def listener(fd: int) -> socket.socket:
    """Return the listening socket that the parent process has opened."""
    return socket.socket(fileno=fd)


def address(sock: socket.socket) -> str:
    """Return the URL at which a listening socket is reached from this machine."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def usable_cores() -> set[int]:
    """Return the cores that this thread may run on; none where the system does not say."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def keep_to_one_core() -> None:
    """Let this thread, and those that it starts, run on one core only.

    Only one thread of a Python process runs at a time. On two cores, each handover between threads wakes the
    other core up, and a request has a dozen: on one core a server answers up to twice as many.
    """
    if cores := sorted(usable_cores()):
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


def serve_http(
    app: Callable[..., Any],
    sock: socket.socket,
    stop: Event,
    *,
    threads: int,
    max_body: int,
    on_refusal: Callable[[], None] = lambda: None,
    backlog: Places | None = None,
) -> None:
    """Answer requests with a WSGI application until `stop` is set; POSTs only while the backlog has a place.

    A body of more than `max_body` bytes is refused while it is read, and never stored. `on_refusal` is
    called for it, and for what is no request.
    """
    # Queueing is expected here; silence waitress's warning, which would fill a notebook's cell.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    channels: dict[int, Any] = {}
    limit = connection_limit()
    sock.setblocking(False)
    dispatcher = BoundedDispatcher(backlog) if backlog else ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    server = create_server(
        app,
        map=channels,
        sockets=[sock],
        _dispatcher=dispatcher,
        connection_limit=limit,
        max_request_body_size=max_body + 1,
        inbuf_overflow=max_body + 1,  # bodies stay in memory: a full /tmp refuses nobody
        outbuf_overflow=_LARGEST_PDF,
        clear_untrusted_proxy_headers=True,
    )
    server.on_refusal = on_refusal  # type: ignore[union-attr]
    server.adj.send_bytes = _WHOLE_ANSWER
    server.channel_class = Channel  # type: ignore[union-attr]
    try:
        cut_at = 0.0
        while not stop.is_set():
            if time.monotonic() > cut_at:
                cut_overdue(channels, limit)
                cut_at = time.monotonic() + _POLL_INTERVAL
            wasyncore.loop(timeout=_POLL_INTERVAL, map=channels, count=1, use_poll=True)
    finally:
        dispatcher.shutdown(timeout=_SHUTDOWN_TIMEOUT)
        for channel in [*channels.values()]:
            if isinstance(channel, Channel):
                channel.handle_write()  # the last answers
        wasyncore.close_all(channels)
