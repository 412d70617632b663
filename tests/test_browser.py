"""A reader in a real JupyterLab: run all, press the buttons, save, reopen; and a kernel that is killed."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import children_of, eventually, needs
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

pytestmark = pytest.mark.browser

START_HERE = Path(__file__).parents[1] / "notebooks" / "00_start_here.ipynb"
ROOM = """
import json, os
from pathlib import Path
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom

lab = Lab()
lab.start()
Path("facts.json").write_text(json.dumps({"pid": os.getpid(), "folder": str(lab.folder), "url": lab.url}))
room = ControlRoom(lab)
room
"""
COUNT_FRAMES = """() => {
    const picture = document.querySelector("img.widget-image");
    window.frames_seen = 0;
    new MutationObserver(() => window.frames_seen++).observe(picture, {attributeFilter: ["src"]});
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What JupyterLab shows: the first notebook, and one with nothing but a control room."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(START_HERE, folder)
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    busy = "import time\ntime.sleep(15)"
    room = new_notebook(cells=[new_code_cell(ROOM), new_code_cell(busy)], metadata=kernel)
    nbformat.write(room, folder / "room.ipynb")
    return folder


@pytest.fixture(scope="module")
def jupyter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab of our own, with settings of its own."""
    needs("chromium", "chromium")
    home = tmp_path_factory.mktemp("jupyter")
    places = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    places |= {f"JUPYTERLAB_{name}_DIR": str(home / name) for name in ("SETTINGS", "WORKSPACES")}
    quiet = home / "SETTINGS" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    env = {k: v for k, v in os.environ.items() if k not in ("PYTEST_CURRENT_TEST", "PDFLAB_HEADLESS")}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "--ServerApp.port": str(port),
        "--ServerApp.port_retries": "0",
        "--ServerApp.root_dir": str(folder),
        "--IdentityProvider.token": "",
        "--LabApp.expose_app_in_browser": "True",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            command + [f"{name}={value}" for name, value in options.items()],
            env=env | places,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/api"), seconds=30)
        yield f"http://127.0.0.1:{port}/lab"
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def page(jupyter: str) -> Iterator[Page]:
    """One window of the browser that is installed; none is downloaded."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=quiet)
        yield browser.new_page(viewport={"width": 1440, "height": 1000})
        browser.close()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def open_notebook(page: Page, jupyter: str, name: str) -> None:
    page.goto(f"{jupyter}/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def command(page: Page, name: str, *, wait: bool = True) -> None:
    call = f"window.jupyterapp.commands.execute({name!r})"
    page.evaluate(f"async () => {{ await {call} }}" if wait else f"() => {{ {call} }}")


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def saved_outputs(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def test_the_first_notebook_runs_and_survives_saving(page: Page, jupyter: str, folder: Path) -> None:
    """Run all, save, reopen: pictures are pictures, no cell failed, and no widget state fills the file."""
    path = folder / START_HERE.name
    open_notebook(page, jupyter, path.name)

    command(page, "notebook:run-all-cells")
    command(page, "docmanager:save")

    outputs = saved_outputs(path)
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []
    assert len([o for o in outputs if "image/png" in o.get("data", {})]) == 2
    page.reload()
    page.wait_for_selector(".jp-OutputArea img", timeout=60_000)
    assert page.locator('.jp-OutputArea img[src^="data:image/png"]').count() == 2


def test_the_control_room_lives_while_a_cell_runs_and_dies_with_its_kernel(
    page: Page, jupyter: str, folder: Path
) -> None:
    """Real clicks are obeyed at once, the picture moves, and a killed kernel leaves nothing behind."""
    open_notebook(page, jupyter, "room.ipynb")
    command(page, "notebook:run-all-cells", wait=False)
    page.wait_for_selector("img.widget-image", timeout=30_000)
    facts = json.loads((folder / "facts.json").read_text())

    page.evaluate(COUNT_FRAMES)
    press(page, "Synchronous door")
    press(page, "Burst of 100")

    page.get_by_text("each dot is a client").wait_for(timeout=2_000)
    assert page.locator('[data-status="busy"]').count()  # the other cell still runs
    page.wait_for_function("window.frames_seen >= 3", timeout=10_000)
    assert page.locator("img.widget-image").evaluate("picture => picture.naturalWidth") == 1000

    with nothing_outlives(facts):
        os.kill(facts["pid"], signal.SIGKILL)


@contextmanager
def nothing_outlives(facts: dict[str, Any]) -> Iterator[None]:
    """Every process below the kernel, its Redis, its sockets and its folder are gone within five seconds."""
    children = children_of(facts["pid"])
    assert len(children) >= 6  # API, recorder, two workers, two rendering servers
    yield
    eventually(lambda: not [pid for pid in children if is_alive(pid)], seconds=5)
    assert not answers(f"{facts['url']}/healthz")
    assert not Path(facts["folder"]).exists()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits for its parent does not."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in ("", "Z")
