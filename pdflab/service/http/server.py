"""An HTTP server that can be told to stop: waitress on a socket that somebody may have opened for us.

Read next: service/entrypoints.py.
"""

import errno
import logging
import socket
from collections.abc import Callable
from threading import Event
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from pdflab.errors import UsageError

_GLANCE = 0.2  # seconds between two looks at `stop`
# At waitress' own limit of 100, idle keep-alive connections would shut new clients out. A process may
# usually open 1024 files.
_CONNECTIONS = 900
_FAREWELL = 1  # seconds that answers under way may still take


def listen(host: str, port: int, *, setting: str) -> socket.socket:
    """Open a listening socket; port 0 takes a free one. Raises UsageError when it is taken."""
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
        raise UsageError(f"{host}:{port} cannot be listened on ({error.strerror}).") from None
    return sock


def listener(fd: int) -> socket.socket:
    """Take over a listening socket that our guardian has opened."""
    return socket.socket(fileno=fd)


def address(sock: socket.socket) -> str:
    """Return the URL at which a listening socket is reached from this machine."""
    host, port = sock.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Callable[..., Any], sock: socket.socket, stop: Event, *, threads: int) -> None:
    """Answer requests with a WSGI application until told to stop."""
    # That a line forms at an endpoint is what the lab is about, and no warning into a notebook's cell.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    channels: dict[int, Any] = {}
    sock.setblocking(False)
    server = create_server(
        app,
        map=channels,
        sockets=[sock],
        threads=threads,
        connection_limit=_CONNECTIONS,
        clear_untrusted_proxy_headers=True,
    )
    try:
        while not stop.is_set():
            wasyncore.loop(timeout=_GLANCE, map=channels, count=1, use_poll=True)
    finally:
        server.task_dispatcher.shutdown(timeout=_FAREWELL)
        wasyncore.close_all(channels)
