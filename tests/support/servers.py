"""A JupyterLab and a Voilà of our own for the tests in a browser, and what a reader does there."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import nbformat
from conftest import eventually
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, Playwright

_ROOT = Path(__file__).parents[2]
_KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
_CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions"]


def write_notebook(path: Path, *sources: str) -> None:
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata=_KERNEL), path)


def start_browser(playwright: Playwright, *arguments: str) -> Browser:
    """The browser that is installed; none is downloaded."""
    words = [*_CHROMIUM, *arguments]
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=words)


@contextmanager
def jupyterlab(folder: Path, home: Path, **further: str) -> Iterator[str]:
    """A JupyterLab that shows a folder, with settings of its own; yields its address."""
    quiet = home / "SETTINGS" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    whole = home / "SETTINGS" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    whole.parent.mkdir(parents=True)
    whole.write_text('{"windowingMode": "none"}')  # cells that are out of sight stay in the page
    options = {
        "--ServerApp.port_retries": "0",
        "--ServerApp.root_dir": str(folder),
        "--IdentityProvider.token": "",
        "--LabApp.expose_app_in_browser": "True",
    } | {f"--ServerApp.{name}": value for name, value in further.items()}
    words = ["jupyterlab", "--no-browser", "--allow-root"]
    words += [f"{name}={value}" for name, value in options.items()]
    with _server(words, "--ServerApp.port", home) as url:
        yield f"{url}/lab"


@contextmanager
def voila(notebook: Path, home: Path) -> Iterator[str]:
    """A Voilà, started in the clone, that shows a notebook as a page; yields its address."""
    with _server(["voila", str(notebook), "--no-browser"], "--Voila.port", home, cwd=_ROOT) as url:
        yield url


@contextmanager
def _server(words: list[str], port_option: str, home: Path, cwd: Path | None = None) -> Iterator[str]:
    places = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    places |= {f"JUPYTERLAB_{name}_DIR": str(home / name) for name in ("SETTINGS", "WORKSPACES")}
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS", "PDFLAB_REHEARSAL")
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", *words, f"{port_option}={port}"]
        server = subprocess.Popen(
            command, cwd=cwd, env=env | places, stdout=log, stderr=log, start_new_session=True
        )
    try:
        eventually(lambda: listens(port), seconds=60)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def path_proxy(upstream: str, path: str) -> Iterator[str]:
    """What jupyter-server-proxy 4.6 does: take the path away, name it in headers, and keep the others.

    It puts its path before that of a redirect, even if it is there already.
    """

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            connection = HTTPConnection(upstream.removeprefix("http://"), timeout=10)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            context = {"X-Forwarded-Prefix": path, "X-Forwarded-Context": path, "X-ProxyContextPath": path}
            connection.request(self.command, self.path.removeprefix(path), body, {**self.headers, **context})
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                moved = name == "Location" and 301 <= answer.status <= 308 and value.startswith("/")
                self.send_header(name, path + value if moved else value)
            self.end_headers()
            self.wfile.write(answer.read())
            connection.close()

        do_GET = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        finally:
            server.shutdown()
            thread.join()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def open_notebook(page: Page, lab: str, name: str) -> None:
    page.goto(f"{lab}/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def command(page: Page, name: str, *, wait: bool = True) -> None:
    call = f"window.jupyterapp.commands.execute({name!r})"
    page.evaluate(f"async () => {{ await {call} }}" if wait else f"() => {{ {call} }}")


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def choose(page: Page, label: str) -> None:
    """Choose a radio button by its label."""
    page.get_by_label(label, exact=True).check()
