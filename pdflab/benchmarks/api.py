"""`pdflab bench api`: documents accepted a second, beside a Flask view that returns a constant, in one run.

Both are processes with the same waitress. They take turns, and get the same bytes over the same number of
keep-alive connections from a cheap client. No worker runs: only the endpoint is measured.

Read next: pdflab/benchmarks/yardsticks.py.
"""

import json
import os
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from pdflab.benchmarks.measuring import rounds_of
from pdflab.child_process import end, spawn, wait_until
from pdflab.documents.kinds import KINDS, sample_request
from pdflab.errors import LoadFailed, PdfLabError
from pdflab.experiments.figure_table import FigureTable
from pdflab.service.http.server import address, listen
from pdflab.service.jobqueue.redis_server import private_broker
from pdflab.settings import Settings

_ROUNDS = 9
SECONDS = 0.5  # of a turn
CONNECTIONS = 16
KIND = "custom"  # the headline: most of the cost of the others is the validation of their fields
_SEED = 1
_QUEUE = 10_000_000  # no round is refused
_START_TIMEOUT = 20.0  # seconds


def measure(*, rounds: int = _ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Measure both with each kind of document, in turns; return the medians, and those of the ratios."""
    posts = {kind: _post(sample_request(kind, _SEED)) for kind in KINDS}
    ours: dict[str, list[float]] = {kind: [] for kind in KINDS}
    bare: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with _endpoints() as (api, yardstick):
        for endpoint in (api, yardstick):
            for post in posts.values():
                accept_rate(endpoint, post, seconds=seconds)  # warm-up: the first requests do not count
        for _ in rounds_of(rounds, "measuring"):
            for kind, post in posts.items():
                ours[kind].append(accept_rate(api, post, seconds=seconds))
                bare[kind].append(accept_rate(yardstick, post, seconds=seconds))
    kinds = {kind: _figures(ours[kind], bare[kind]) for kind in KINDS}
    return {name: kinds[KIND][name] for name in ("accepted_per_s", "share_of_bare_flask")} | {"kinds": kinds}


def accept_rate(url: str, post: bytes, *, seconds: float) -> float:
    """Post repeatedly on keep-alive connections for a while; return how many were accepted a second.

    Raises LoadFailed for any other answer.
    """
    host, port = urlsplit(url).hostname, urlsplit(url).port
    with ExitStack() as exits, selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS):
            sock = exits.enter_context(socket.create_connection((host, port), timeout=10.0))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(sock, selectors.EVENT_READ)
            sock.sendall(post)
        answered, began = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(1.0):
                _read_answer(key.fileobj)
                answered += 1
                key.fileobj.sendall(post)  # type: ignore[union-attr]
    return answered / elapsed


def explain(figures: dict[str, Any]) -> Iterator[FigureTable | str]:
    """Yield the results as a table."""
    rows = [
        (
            kind,
            f"{row['bare_per_s']:,.0f}",
            f"{row['accepted_per_s']:,.0f}",
            f"{100 * row['share_of_bare_flask']:.0f} %",
        )
        for kind, row in figures["kinds"].items()
    ]
    yield FigureTable(("accepted per second", "bare Flask", "pdflab", "share"), rows)


def _figures(ours: list[float], bare: list[float]) -> dict[str, float]:
    pairs = (one / other for one, other in zip(ours, bare, strict=True))
    return {
        "accepted_per_s": round(median(ours), 1),
        "bare_per_s": round(median(bare), 1),
        "share_of_bare_flask": round(median(pairs), 3),
    }


def _post(request: Mapping[str, Any]) -> bytes:
    body = json.dumps(request, ensure_ascii=False).encode()
    head = f"POST /generate-pdf HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return (head + "Content-Type: application/json\r\n\r\n").encode() + body


def _read_answer(sock: Any) -> None:
    """Read one whole answer; ours and the bare one's are a few hundred bytes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 202"):
        raise LoadFailed(f"The endpoint answered {head.splitlines()[0].decode()} instead of 202.")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += _more(sock)


def _more(sock: Any) -> bytes:
    data: bytes = sock.recv(65_536)
    if not data:
        raise LoadFailed("The endpoint closed a connection in the middle of an answer.")
    return data


@contextmanager
def _endpoints() -> Iterator[tuple[str, str]]:
    """Run a Redis, the API and the yardstick, each in its own process; yield both addresses."""
    folder = Path(tempfile.mkdtemp(prefix="pdflab-bench-"))
    with ExitStack() as exits:
        exits.callback(shutil.rmtree, folder, ignore_errors=True)
        broker = private_broker(folder / "redis")
        exits.callback(broker.stop)
        settings = replace(Settings(folder=folder, queue_limit=_QUEUE), redis_url=broker.url)
        names = ("api", "bare")
        socks = [exits.enter_context(listen("127.0.0.1", 0, setting="--port")) for _ in names]
        words = (
            ["pdflab", "api", "--guarded", "--fd", str(socks[0].fileno())],
            ["pdflab.benchmarks.yardsticks", "flask", str(socks[1].fileno())],
        )
        for name, command, sock in zip(names, words, socks, strict=True):
            env = os.environ | settings.to_env()
            process = spawn(command, folder / f"{name}.log", env=env, sock=sock)
            exits.callback(_end, process)
        for sock in socks:
            if not wait_until(partial(_answers, address(sock)), _START_TIMEOUT):
                raise PdfLabError(f"{address(sock)} did not answer within {_START_TIMEOUT:g} s; try again.")
        yield address(socks[0]), address(socks[1])


def _answers(url: str) -> bool:
    """Return whether a process answers: its socket accepts connections earlier."""
    try:
        return accept_rate(url, _post(sample_request("custom", _SEED)), seconds=0.01) > 0
    except (OSError, LoadFailed):
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    end(process, seconds=3.0)
