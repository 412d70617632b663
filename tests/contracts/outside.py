"""pdflab from outside: its commands as processes, HTTP, Redis and files; none of its modules is imported."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import redis
from conftest import eventually, needs

TOKEN = "the-token-of-these-tests"
NOTE = {"type": "custom", "title": "A note", "text": "Some words."}
# Valid, and yet no worker can draw it: it has far more text that is costly to set than one document may.
IMPOSSIBLE = NOTE | {"bullets": ["\u0628" * 2_000] * 150}


def pdflab(*words: str, folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    command = [sys.executable, "-m", "pdflab", *words]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=_environment(env), timeout=300
    )


@contextmanager
def running(*words: str, folder: Path, **env: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a command in the background; it is ended as Ctrl-C does."""
    command = [sys.executable, "-m", "pdflab", *words]
    with (folder / "stderr").open("a") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(env),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def up(folder: Path, *words: str, **env: str) -> Iterator[tuple[str, str]]:
    """Run the whole system with one worker; return the addresses of the API and of the synchronous server."""
    ports = ("--port", "0", "--sync-port", "0", "--workers", "1", "--folder", str(folder))
    with running("up", *ports, *words, folder=folder, **env) as process:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        yield line[3], line[5].rstrip(")")


@contextmanager
def api(redis_url: str, folder: Path, **env: str) -> Iterator[str]:
    """Run the API alone, without a worker: what it accepts stays QUEUED; return its address."""
    port = _free_port()
    words = ("--redis-url", redis_url, "--port", str(port), "--folder", str(folder))
    with running("api", *words, folder=folder, **env):
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _listens(port), seconds=30)
        yield url


@contextmanager
def redis_server(folder: Path) -> Iterator[tuple[str, "redis.Redis", "subprocess.Popen[bytes]"]]:
    """Run a redis-server on a Unix socket; return its URL, a client, and its process."""
    needs("redis-server", "redis-server")
    path = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", ""]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            eventually(path.exists, seconds=20)
            with redis.Redis(unix_socket_path=str(path), decode_responses=True) as client:
                yield f"unix://{path}", client, process
        finally:
            process.terminate()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content_type(self) -> str | None:
        return self.headers.get("Content-Type")


def ask(
    url: str,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request, with the token; a body that is no text is sent as JSON."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        kind = {"Authorization": f"Bearer {TOKEN}"}
        kind |= {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, path, data, kind | dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def submit(url: str, document: Any) -> str:
    """Ask for a document; return the job's id."""
    answer = ask(url, "POST", "/generate-pdf", document)
    assert answer.status == 202, answer.body
    return str(answer.json["job_id"])


def await_ending(url: str, job_id: str) -> None:
    """Wait until a job has ended."""
    eventually(
        lambda: ask(url, "GET", f"/jobs/{job_id}").json["state"] in ("COMPLETED", "FAILED"), seconds=60
    )


def shape(value: Any) -> Any:
    """Say which keys a JSON value has, and of which types; of a list, each shape that occurs in it."""
    match value:
        case dict():
            return {key: shape(item) for key, item in value.items()}
        case list():
            shapes: list[Any] = []
            for item in map(shape, value):
                shapes += [] if item in shapes else [item]
            return shapes
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
    return value


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _environment(changed: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PDFLAB_")}
    return kept | {"PDFLAB_TOKEN": TOKEN} | dict(changed)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
