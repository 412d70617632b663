"""The server: it takes over an open socket, and it can be stopped."""

import socket
from http.client import HTTPConnection
from threading import Event, Thread

import pytest
from flask import Flask

from pdflab.errors import UsageError
from pdflab.service.http.server import address, listen, listener, serve_http


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
    server = Thread(target=serve_http, args=(app, inherited, stop), kwargs={"threads": 2})
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
    server = Thread(target=serve_http, args=(app, sock, stop), kwargs={"threads": 2})

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


def test_two_servers_share_one_listening_socket() -> None:
    """As the rendering processes of the synchronous endpoint do: whichever is free answers."""
    app, stop = Flask("small"), Event()
    app.add_url_rule("/", view_func=lambda: "here")
    sock = listen("127.0.0.1", 0, setting="--sync-port")
    copies = [socket.socket(fileno=socket.dup(sock.fileno())) for _ in range(2)]
    servers = [Thread(target=serve_http, args=(app, copy, stop), kwargs={"threads": 1}) for copy in copies]
    for server in servers:
        server.start()

    assert [ask(address(sock))[0] for _ in range(10)] == [200] * 10

    stop.set()
    for server in servers:
        server.join()
    for one in (sock, *copies):
        one.close()
