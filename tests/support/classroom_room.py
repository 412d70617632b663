"""A room beside a real lab for the tests of the classroom, and a phone that speaks plain HTTP."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest

from pdflab.classroom.host import ClassroomHost
from pdflab.classroom.state import ClassState, Options
from pdflab.jobs import Endpoint
from pdflab.lab import Lab

_LARGEST, WORK = (
    40.0,
    2.0,
)  # seconds of the largest document, and of ours, as is said: a twentieth of its size
_KEYS = count(1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


class Phone:
    """A phone, or an attacker; it keeps its cookie."""

    def __init__(self, url: str, cookie: str = "") -> None:
        self.place, self.cookie = urlsplit(url).netloc, cookie

    def send(
        self, path: str, body: bytes | None = None, *, method: str = "", kind: str = "application/json"
    ) -> Answer:
        connection = HTTPConnection(self.place, timeout=30)
        connection.request(method or ("GET" if body is None else "POST"), path, body, self.headers(kind))
        answer = connection.getresponse()
        seen = Answer(answer.status, dict(answer.headers), answer.read())
        connection.close()
        self.cookie = seen.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        return seen

    def headers(self, kind: str = "application/json") -> dict[str, str]:
        return {"Cookie": self.cookie, "Content-Type": kind}

    def post(self, path: str, **data: Any) -> Answer:
        return self.send(path, json.dumps(data).encode())

    def join(self, code: str, name: str = "Ada") -> "Phone":
        assert self.post("/api/join", code=code, name=name).status == 200
        return self

    def press(self, key: str | None = None) -> Answer:
        return self.post("/api/press", key=key or f"k{next(_KEYS)}")

    def view(self) -> dict[str, Any]:
        with self.live() as messages:
            return next(messages)

    @contextmanager
    def live(self, path: str = "/api/live") -> Iterator[Iterator[dict[str, Any]]]:
        """Follow a live page: each message, `{}` being the last."""
        connection = HTTPConnection(self.place, timeout=30)
        connection.request("GET", path, headers=self.headers())
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        yield _messages(answer)
        if connection.sock:
            connection.sock.close()
        answer.close()
        connection.close()

    def leave_at_once(self, key: str) -> None:
        """Press, and close the page before the answer."""
        with self.open_press(key):
            pass

    @contextmanager
    def open_press(self, key: str) -> Iterator[None]:
        """Press, and close the page in the end, whatever was answered."""
        host, _, port = self.place.partition(":")
        body = json.dumps({"key": key})
        with socket.create_connection((host, int(port))) as sock:
            head = f"POST /api/press HTTP/1.1\r\nHost: x\r\nCookie: {self.cookie}\r\n"
            rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            sock.sendall((head + rest).encode())
            yield


def _messages(answer: HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := answer.readline():
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


@contextmanager
def opened_room(lab: Lab, *, options: Options | None = None, **how: Any) -> Iterator[Any]:
    """A room on a free port, with documents of a known size, and without a countdown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pdflab.classroom.host.seconds_of_largest", lambda: _LARGEST)
        patch.setattr(ClassState, "size", lambda room: room.stage.work / _LARGEST)
        patch.setattr("pdflab.classroom.teacher.COUNTDOWN", 0.0)
        patch.setattr("pdflab.classroom.host._TICK", 0.05)
        small = options or Options(work=WORK)
        with ClassroomHost(lab, small, at=("127.0.0.1", 0), **how) as host:
            yield host


def begin(host: ClassroomHost, endpoint: Endpoint) -> None:
    """Wake the buttons for presses at an endpoint, in a class that begins again."""
    host.control("reset")
    host.control("endpoint", endpoint)
    host.control("go")


def teacher_of(host: ClassroomHost) -> Phone:
    """A browser that has opened the teacher's page by its address."""
    browser = Phone(host.site.url)
    assert browser.send(f"/teacher?token={host.site.token}").status == 303
    return browser
