"""A network between a browser and a server, which can be cut and mended; and a path before all addresses."""

import re
import socket
from contextlib import suppress
from threading import Event, Thread


class Cable:
    """Listens on a port of its own, and passes all on to another one; `prefix` is taken off each path."""

    def __init__(self, port: int, *, prefix: str = "") -> None:
        self._port = port
        self._prefix = re.compile(rb"^([A-Z]+) " + prefix.encode()) if prefix else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._is_cut, self._is_over = Event(), Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}{prefix}/"
        self._start(self._accept)

    def cut(self) -> None:
        """End all connections, and take no new one."""
        self._is_cut.set()
        self._hang_up()

    def mend(self) -> None:
        """Take connections again."""
        self._is_cut.clear()

    def close(self) -> None:
        """End."""
        self._is_over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: object, *arguments: object) -> None:
        thread = Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._is_over.is_set():
                near, _ = self._listener.accept()
                if self._is_cut.is_set():
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._ends += [near, far]
                self._start(self._pass_on, near, far, self._prefix)
                self._start(self._pass_on, far, near, None)

    def _pass_on(
        self, source: socket.socket, target: socket.socket, prefix: re.Pattern[bytes] | None
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(prefix.sub(rb"\1 ", data) if prefix else data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _hang_up(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()
