"""A server that is none of ours: the standard library's, in threads, which can be made to stall."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Foreign:
    """Where it is, when each request came in, and the gate before its answers."""

    url: str = ""
    came_at: list[float] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    stalls: list[tuple[float, float]] = field(default_factory=list)

    def stall(self, seconds: float) -> None:
        """Answer nobody for so many seconds; note from when to when."""
        began = time.time()
        self.gate.clear()
        time.sleep(seconds)
        self.gate.set()
        self.stalls.append((began, time.time()))


@contextmanager
def foreign_server(*, status: int = 202) -> Iterator[Foreign]:
    """Serve until the end of the block, answering everybody with the same status."""
    there = Foreign()
    there.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            there.came_at.append(time.time())
            self.rfile.read(int(self.headers["Content-Length"]))
            there.gate.wait(30)
            body = json.dumps({"job_id": f"job-{len(there.came_at)}"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        block_on_close = True
        daemon_threads = False

    with Server(("127.0.0.1", 0), Handler) as server:
        there.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield there
        finally:
            there.gate.set()
            server.shutdown()
            thread.join()
