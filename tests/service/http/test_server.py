"""The server: it takes over an open socket, and it can be stopped."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from itertools import chain, repeat
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask, request

from pdflab.errors import UsageError
from pdflab.service.http import connections
from pdflab.service.http.server import address, keep_to_one_core, listen, listener, serve_http

needs_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core is all there is")


def ask(url: str) -> tuple[int, bytes]:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_a_taken_port_is_a_sentence_with_the_option_to_change() -> None:
    """Not a traceback: it says which port, and what to write instead."""
    with listen("127.0.0.1", 0, setting="--port") as first:
        port = first.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is taken; choose another one with --port"):
            listen("127.0.0.1", port, setting="--port")


def test_an_address_that_is_not_ours_is_a_sentence_too() -> None:
    """A host of another network cannot be listened on."""
    with pytest.raises(UsageError, match=r"192\.0\.2\.1:0 cannot be listened on"):
        listen("192.0.2.1", 0, setting="--port")


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")])
def test_the_address_shown_is_one_that_can_be_opened(host: str, shown: str) -> None:
    """A server for every network is reached from here by its loopback."""
    with listen(host, 0, setting="--port") as sock:
        assert address(sock) == f"http://{shown}:{sock.getsockname()[1]}"


def test_a_server_answers_until_it_is_stopped() -> None:
    """On a socket that the parent process opened; once stopped, its port is closed."""
    app, stop = Flask("small"), Event()
    app.add_url_rule("/", view_func=lambda: "here")
    opened = listen("127.0.0.1", 0, setting="--port")
    url, inherited = address(opened), listener(opened.detach())
    server = Thread(target=serve_http, args=(app, inherited, stop), kwargs={"threads": 2, "max_body": 1000})
    server.start()

    assert ask(url) == (200, b"here")
    stop.set()
    server.join()
    inherited.close()

    with pytest.raises(ConnectionRefusedError):
        ask(url)


def test_an_answer_in_flight_is_finished_before_the_server_ends() -> None:
    """Stopped in the middle of a request, it still answers it."""
    app, stop = Flask("small"), Event()
    sock = listen("127.0.0.1", 0, setting="--port")
    server = Thread(target=serve_http, args=(app, sock, stop), kwargs={"threads": 2, "max_body": 1000})

    @app.get("/")
    def stop_and_answer() -> str:
        stop.set()
        return "still here"

    server.start()
    try:
        assert ask(address(sock)) == (200, b"still here")
    finally:
        stop.set()
        server.join()
        sock.close()


def test_an_answer_does_not_wait_for_the_next_request_of_its_client() -> None:
    """Two requests in one packet: the first answer comes while the second one is at work."""
    app, stop, read, waited = Flask("two"), Event(), Event(), []

    @app.get("/slow")
    def slow() -> str:
        waited.append(read.wait(10))
        return "slow"

    with listen("127.0.0.1", 0, setting="--port") as sock:
        server = Thread(target=serve_http, args=(app, sock, stop), kwargs={"threads": 2, "max_body": 1000})
        server.start()
        with socket.create_connection(sock.getsockname(), timeout=20) as client:
            client.sendall(b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            first = client.recv(4096)
            read.set()
            client.recv(4096)
        stop.set()
        server.join()

    assert first.startswith(b"HTTP/1.1 404")
    assert waited == [True]


@needs_cores
def test_a_server_on_one_core_leaves_the_others_to_the_process() -> None:
    """The thread that serves, and those that it starts; not the one beside it."""
    kept: list[set[int]] = []

    def serve() -> None:
        keep_to_one_core()
        inner = Thread(target=lambda: kept.append(os.sched_getaffinity(0)))
        inner.start()
        inner.join()

    before = os.sched_getaffinity(0)
    thread = Thread(target=serve)
    thread.start()
    thread.join()

    assert len(kept[0]) == 1
    assert os.sched_getaffinity(0) == before


def test_two_servers_share_one_listening_socket() -> None:
    """As the rendering processes of the synchronous endpoint do: whichever is free answers."""
    app, stop = Flask("small"), Event()
    app.add_url_rule("/", view_func=lambda: "here")
    sock = listen("127.0.0.1", 0, setting="--sync-port")
    copies = [socket.socket(fileno=socket.dup(sock.fileno())) for _ in range(2)]
    servers = [
        Thread(target=serve_http, args=(app, copy, stop), kwargs={"threads": 1, "max_body": 9})
        for copy in copies
    ]
    for server in servers:
        server.start()

    assert [ask(address(sock))[0] for _ in range(10)] == [200] * 10

    stop.set()
    for server in servers:
        server.join()
    for one in (sock, *copies):
        one.close()


@pytest.fixture
def small() -> Iterator[str]:
    """The address of a server that takes bodies of a thousand bytes."""
    with serving() as host:
        yield host


@contextmanager
def serving() -> Iterator[str]:
    app, stop = Flask("small"), Event()
    app.add_url_rule("/", view_func=lambda: f"{len(request.get_data())} bytes", methods=["POST", "GET"])
    sock = listen("127.0.0.1", 0, setting="--port")
    server = Thread(target=serve_http, args=(app, sock, stop), kwargs={"threads": 2, "max_body": 1000})
    server.start()
    try:
        yield address(sock).removeprefix("http://")
    finally:
        stop.set()
        server.join()
        sock.close()


def post(host: str, body: bytes | Iterator[bytes], *, timeout: float = 10) -> tuple[int, Any]:
    connection = HTTPConnection(host, timeout=timeout)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    is_json = answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, json.loads(text) if is_json else text


def test_a_body_of_just_the_limit_is_taken(small: str) -> None:
    """And one byte more is not."""
    assert post(small, b"x" * 1000) == (200, b"1000 bytes")
    assert post(small, b"x" * 1001)[0] == 413


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused_and_the_client_can_read_why(small: str, chunked: bool) -> None:
    """Twenty megabytes are neither stored nor answered with a reset connection."""
    pieces = [b"x" * 100_000] * 200

    status, problem = post(small, iter(pieces) if chunked else b"".join(pieces))

    assert (status, problem["status"]) == (413, 413)
    assert problem["detail"].startswith("The request is larger than this service accepts.")


def test_what_is_no_http_is_refused_in_the_same_form(small: str) -> None:
    """A program reads one kind of error."""
    host, _, port = small.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"nonsense\r\n\r\n")
        answer = client.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.0 400")
    assert b"application/problem+json" in answer


def test_idle_and_trickling_clients_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """When most places are taken, who sends nothing or next to nothing is cut, and others are answered."""
    monkeypatch.setattr(connections, "_PATIENCE", {False: (60.0, 60.0), True: (0.5, 0.3)})
    monkeypatch.setattr("pdflab.service.http.server.connection_limit", lambda: 20)
    with serving() as small:
        host, _, port = small.partition(":")
        clients = [socket.create_connection((host, int(port)), timeout=10) for _ in range(60)]
        for client in clients[::2]:
            client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nx")

        status = post(small, b"me too")[0]

        for client in clients:
            client.close()
    assert status == 200


def test_the_limit_of_open_files_is_respected() -> None:
    """A process that may open 64 files takes fewer connections, instead of failing at each."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64));"
        "from pdflab.service.http.connections import connection_limit; print(connection_limit())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert 8 <= int(done.stdout) <= 16


SERVER = """
import resource, sys
from threading import Event
from flask import Flask
from pdflab.service.http.server import address, listen, serve_http
soft, hard = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
app = Flask("small")
app.add_url_rule("/", view_func=lambda: "here", methods=["GET", "POST"])
sock = listen("127.0.0.1", 0, setting="--port")
print(address(sock), flush=True)
serve_http(app, sock, Event(), threads=2, max_body=1000)
"""


@contextmanager
def limited_server(soft: int, hard: int) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A server of its own process, with so many open files; yield its host and the process."""
    command = [sys.executable, "-c", SERVER, str(soft), str(hard)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip().removeprefix("http://"), process
        finally:
            process.terminate()


@contextmanager
def clients(host: str, count: int) -> Iterator[list[socket.socket]]:
    """Connect so many clients, without waiting for the server to take them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 200:
        pytest.skip(f"{count} connections need more open files than the {hard} that are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
    name, _, port = host.partition(":")
    found = [socket.socket() for _ in range(count)]
    try:
        for one in found:
            one.setblocking(False)
            one.connect_ex((name, int(port)))
        yield found
    finally:
        for one in found:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def processor_time(pid: int) -> float:
    """Return the seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
def test_a_server_without_free_files_waits_and_does_not_spin() -> None:
    """With more idle clients than it may open, it fills neither its log nor a processor."""
    with limited_server(64, 64) as (host, process), clients(host, 100):
        used = processor_time(process.pid)
        time.sleep(2.5)
        used = processor_time(process.pid) - used

        status = post(host, b"me too", timeout=60)[0]

        process.terminate()
        assert process.stderr
        log = process.stderr.read()
    assert (status, used < 1) == (200, True)
    assert log.count("\n") < 20, log[:2000]


def trickle(floods: list[socket.socket], stop: Event) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n"
    for piece in chain([head], repeat(b"x")):
        for one in floods:
            with suppress(OSError):
                one.send(piece)
        if stop.wait(0.3):
            return


@pytest.mark.slow
@pytest.mark.parametrize(("count", "trickles"), [(3000, False), (1000, True)])
def test_honest_clients_are_answered_in_a_flood(count: int, trickles: bool) -> None:
    """However many are idle or send a byte now and then, although the limit at the start was 256 files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    stop = Event()
    with limited_server(256, hard) as (host, _), clients(host, count) as floods:
        flood = Thread(target=trickle, args=(floods, stop))
        if trickles:
            flood.start()
        try:
            with ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda _: post(host, b"honest", timeout=60)[0], range(20)))
        finally:
            stop.set()
            if trickles:
                flood.join()

    assert answers == [200] * 20
