"""`pdflab bench api`: documents accepted a second, beside a Flask view that returns a constant, in one run.

The view is served twice: by waitress as it comes, and as the API is. All take turns, and get the same bytes
over the same number of keep-alive connections from a cheap client. No worker runs.

    python -m pdflab.benchmarks.api [plain] FD    the Flask view, served as the API is, or by waitress

Read next: pdflab/service/api/submit.py.
"""

import json
import os
import secrets
import selectors
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from pdflab.benchmarks.measuring import median_ratio, take_turns
from pdflab.child_process import end, spawn, stop_event, wait_until
from pdflab.documents.kinds import KINDS, sample_request
from pdflab.errors import LoadFailed, PdfLabError
from pdflab.experiments.figure_table import FigureTable
from pdflab.service.http.server import address, keep_to_one_core, listen, listener, serve_http
from pdflab.service.jobqueue.redis_server import private_broker
from pdflab.settings import Settings

CONNECTIONS = 16
_QUEUE = 10_000_000  # no round is refused
_START_TIMEOUT = 20.0  # seconds


def measure(*, rounds: int = 9, seconds: float = 0.5) -> dict[str, float]:
    """Measure both with a document of each kind, in turns; return the medians, and that of the ratios."""
    token = secrets.token_urlsafe(24)
    posts = {kind: _post(sample_request(kind, 1), token) for kind in KINDS}
    with _endpoints(token) as urls:
        contenders = {
            (kind, name): partial(accept_rate, url, post, seconds=seconds)
            for kind, post in posts.items()
            for name, url in urls.items()
        }
        if not wait_until(lambda: all(run() for run in contenders.values()), _START_TIMEOUT):  # and a warm-up
            raise PdfLabError(f"An endpoint did not answer within {_START_TIMEOUT:g} s; try again.")
        rates = take_turns(contenders, rounds)
    figures = {}
    for kind in posts:
        ours, bare, waitress = (rates[kind, name] for name in ("ours", "bare", "waitress"))
        figures[f"{kind}_per_s"] = round(median(ours), 1)
        figures[f"{kind}_bare_per_s"] = round(median(bare), 1)
        figures[f"{kind}_waitress_per_s"] = round(median(waitress), 1)
        figures[f"{kind}_share"] = round(median_ratio(ours, bare), 3)
        figures[f"{kind}_share_of_waitress"] = round(median_ratio(ours, waitress), 3)
    return figures


def accept_rate(url: str, post: bytes, *, seconds: float) -> float:
    """Post repeatedly on keep-alive connections for a while; return how many were accepted a second.

    Raises LoadFailed for any other answer.
    """
    place = urlsplit(url)
    with ExitStack() as exits, selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            sock = exits.enter_context(socket.create_connection((place.hostname, place.port), timeout=10.0))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(sock, selectors.EVENT_READ, exits.enter_context(sock.makefile("rb")))
            sock.sendall(post)
        answered, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(1.0):
                _read_answer(key.data)
                answered += 1
                key.fileobj.sendall(post)  # type: ignore[union-attr]
    return answered / elapsed


def explain(figures: dict[str, float]) -> Iterator[FigureTable]:
    """Yield the results as a table."""
    rows = []
    for kind in KINDS:
        names = ("waitress_per_s", "bare_per_s", "per_s")
        rates = [f"{figures[f'{kind}_{name}']:,.0f}" for name in names]
        shares = [f"{figures[f'{kind}_{name}']:.0%}" for name in ("share_of_waitress", "share")]
        rows.append((kind, *rates, *shares))
    head = (
        "accepted per second",
        "Flask on waitress",
        "Flask on our server",
        "pdflab",
        "share",
        "share of ours",
    )
    yield FigureTable(head, rows)


def _post(request: Mapping[str, Any], token: str) -> bytes:
    body = json.dumps(request, ensure_ascii=False).encode()
    head = f"POST /generate-pdf HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    head += f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\r\n"
    return head.encode() + body


def _read_answer(answer: BinaryIO) -> None:
    """Read one whole answer: a head with its length, up to an empty line, and a body."""
    status, length = answer.readline(), 0
    if not status.startswith(b"HTTP/1.1 202"):
        raise LoadFailed(f"The endpoint answered {status.decode().strip() or 'nothing'!r} instead of 202.")
    while (line := answer.readline()).strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    if len(answer.read(length)) < length:
        raise LoadFailed("The endpoint closed a connection in the middle of an answer.")


@contextmanager
def _endpoints(token: str) -> Iterator[dict[str, str]]:
    """Run a Redis, the API and both yardsticks, each in its own process; yield their addresses, by name."""
    yardstick = "pdflab.benchmarks.api"
    commands = {
        "ours": ["pdflab", "api", "--guarded", "--fd"],
        "bare": [yardstick],
        "waitress": [yardstick, "plain"],
    }
    with ExitStack() as exits:
        folder = Path(exits.enter_context(TemporaryDirectory(prefix="pdflab-bench-")))
        broker = private_broker(folder / "redis")
        exits.callback(broker.stop)
        settings = Settings(folder=folder, redis_url=broker.url, queue_limit=_QUEUE, token=token)
        env = os.environ | settings.to_env()
        urls = {}
        for name, words in commands.items():
            sock = exits.enter_context(listen("127.0.0.1", 0, setting="--port"))
            process = spawn([*words, str(sock.fileno())], folder / "bench.log", env=env, sock=sock)
            exits.callback(end, process, seconds=3.0)
            exits.callback(process.terminate)
            urls[name] = address(sock)
        yield urls


def _serve_bare_flask(fd: int, *, plain: bool) -> None:
    import waitress
    from flask import Flask

    app = Flask("bare")

    @app.post("/generate-pdf")
    def answer() -> tuple[dict[str, str], int]:
        return {"job_id": "0" * 32, "state": "QUEUED"}, 202

    if plain:
        waitress.serve(app, sockets=[listener(fd)], threads=8)
    keep_to_one_core()
    serve_http(app, listener(fd), stop_event(guarded=True), threads=8, max_body=4_000_000)


if __name__ == "__main__":
    _serve_bare_flask(int(sys.argv[-1]), plain="plain" in sys.argv)
