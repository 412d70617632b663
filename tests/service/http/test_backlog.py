"""The bound of an endpoint: over all its processes, at once, and free again when one of them dies."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Event, Semaphore, Thread

import pytest
from conftest import eventually
from flask import Flask, request

from pdflab.service.http.backlog import Places, set_limit
from pdflab.service.http.server import address, listen, serve_http

OTHER = """
import sys
from pathlib import Path
from pdflab.service.http.backlog import Places

backlog = Places(Path(sys.argv[1]))
print(*(backlog.enter() for _ in range(int(sys.argv[2]))), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """The file of the places: two of them."""
    set_limit(tmp_path / "places", 2)
    return tmp_path / "places"


@pytest.fixture
def backlog(places: Path) -> Iterator[Places]:
    """The same file in this process."""
    opened = Places(places)
    yield opened
    opened.close()


class Renderer:
    """An application with one thread, which answers when it may."""

    def __init__(self, backlog: Places) -> None:
        self.may, self.began = Semaphore(0), Semaphore(0)
        self.app = Flask("slow")
        self.app.add_url_rule("/", view_func=self._answer, methods=["GET", "POST"])
        self._backlog = backlog

    def _answer(self) -> str:
        self.began.release()
        assert request.method == "GET" or self.may.acquire(timeout=20)
        return "made"

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a free port."""
        stop, arguments = Event(), {"threads": 1, "max_body": 1000, "backlog": self._backlog}
        with listen("127.0.0.1", 0, setting="--port") as sock:
            server = Thread(target=serve_http, args=(self.app, sock, stop), kwargs=arguments)
            server.start()
            try:
                yield address(sock).removeprefix("http://")
            finally:
                self.may.release(100)
                stop.set()
                server.join()


def post(host: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(host, timeout=20)
    connection.request("POST", "/", b"{}")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def entered(backlog: Places, count: int) -> bool:
    return len(backlog._ours) == count


def test_one_too_many_is_refused_while_the_others_wait(backlog: Places) -> None:
    """The only thread is at work, and one request waits for it: the third needs no turn to be refused."""
    renderer = Renderer(backlog)
    with renderer.serving() as host, ThreadPoolExecutor() as clients:
        inside: list[Future[tuple[HTTPResponse, bytes]]] = [clients.submit(post, host) for _ in range(2)]
        eventually(lambda: entered(backlog, 2), seconds=10)

        refused, body = post(host)

        assert not any(one.done() for one in inside)
        assert (refused.status, refused.getheader("Retry-After")) == (503, "1")
        assert refused.getheader("Content-Type") == "application/problem+json"
        assert json.loads(body)["detail"].startswith("2 requests are inside, and no more may be.")
        renderer.may.release(2)
        assert [one.result()[1] for one in inside] == [b"made"] * 2
        eventually(lambda: entered(backlog, 0), seconds=10)
        renderer.may.release()
        assert post(host)[0].status == 200


def test_a_client_that_left_keeps_its_place_until_its_turn_is_over(backlog: Places) -> None:
    """The server goes on with what it has begun: the place is taken as long as the work is there."""
    renderer = Renderer(backlog)
    with renderer.serving() as host:
        connection = HTTPConnection(host, timeout=20)
        connection.request("POST", "/", b"{}")
        assert renderer.began.acquire(timeout=20)
        connection.close()

        assert entered(backlog, 1)
        renderer.may.release()
        eventually(lambda: entered(backlog, 0), seconds=10)


def test_a_connection_that_is_kept_takes_one_place_for_each_request(backlog: Places) -> None:
    """Ten requests in a row over one connection, and a question for health beside them."""
    renderer = Renderer(backlog)
    renderer.may.release(10)
    with renderer.serving() as host:
        connection = HTTPConnection(host, timeout=20)
        for method in ["POST", "GET"] * 10:
            connection.request(method, "/", b"{}")
            assert connection.getresponse().read() == b"made"
        connection.close()
        eventually(lambda: entered(backlog, 0), seconds=10)


def test_processes_share_the_places_and_a_killed_one_frees_its_own(places: Path, backlog: Places) -> None:
    """SIGKILL lets nobody tidy up: the system does it."""
    set_limit(places, 3)
    command = [sys.executable, "-c", OTHER, str(places), "2"]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdin
    assert other.stdout.readline() == "0 1\n"

    before = [backlog.enter(), backlog.enter()]
    other.kill()
    other.wait()

    assert before == [2, None]
    assert [backlog.enter(), backlog.enter(), backlog.enter()] == [0, 1, None]
    other.stdout.close(), other.stdin.close()


def test_the_bound_changes_while_requests_are_inside(places: Path, backlog: Places) -> None:
    """Without one, everybody enters; a place that is left is there for the next."""
    assert [backlog.enter() for _ in range(3)] == [0, 1, None]
    set_limit(places, None)
    assert (backlog.limit, backlog.enter()) == (0, -1)
    set_limit(places, 3)
    backlog.leave(0)
    backlog.leave(-1)

    assert [backlog.enter() for _ in range(3)] == [0, 2, None]
