"""A reader in a real JupyterLab, and in Voilà: run all, press each button, reload, save, kill the kernel."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import children_of, eventually, needs
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servers import (
    answers,
    choose,
    command,
    jupyterlab,
    open_notebook,
    press,
    start_browser,
    voila,
    write_notebook,
)

from pdflab.notebook.lessons.copies import renew, student_files

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
START_HERE = "00_start_here.ipynb"
ROOM = """
import json, os
from pathlib import Path
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom

lab = Lab(preset="teaching")
lab.start()
facts = {"pid": os.getpid(), "folder": str(lab.folder), "url": lab.url}
Path("facts.json").write_text(json.dumps(facts))
room = ControlRoom(lab, lines=100)
room
"""
LINK = """
from ipywidgets import HTML
from pdflab.lab import Lab

lab = Lab(workers=1)
lab.start()
HTML(f'<a target="_blank" href="{lab.link()}">the dashboard</a>')
"""
BUSY = "import time\ntime.sleep(300)"
FRAMES = """() => {
    window.frames_seen = 0;
    const picture = document.querySelector(".pdflab-picture");
    new MutationObserver(() => window.frames_seen++).observe(picture, {childList: true, subtree: true});
}"""
BUTTONS = ["Custom PDF", "Invoice", "Report", "Batch of 50", "Burst of 100", "Month-end spike"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is shown: a student's copies, a notebook whose second cell is busy, and one with only a room."""
    folder = tmp_path_factory.mktemp("notebooks")
    renew(folder, student_files(NOTEBOOKS))
    write_notebook(folder / "busy.ipynb", ROOM, BUSY)
    write_notebook(folder / "room.ipynb", ROOM)
    return folder


@pytest.fixture(scope="module")
def lab(browser: Browser, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 1100})
    yield page
    page.close()


def facts_of(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return facts


def sent(facts: dict[str, Any]) -> int:
    """How many requests were answered so far."""
    path = Path(facts["folder"]) / "sends.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def saved_outputs(path: Path) -> list[dict[str, Any]]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


def see_frames(page: Page, number: int) -> None:
    page.evaluate(FRAMES)
    page.wait_for_function(f"window.frames_seen >= {number}", timeout=30_000)


def hidden_beside(page: Page, width: int) -> int:
    """How many pixels of the room a window of this width cuts off."""
    page.set_viewport_size({"width": width, "height": 1100})
    page.wait_for_timeout(300)
    room = page.locator(".pdflab-room")
    return int(room.evaluate("r => (o => o.scrollWidth - o.clientWidth)(r.closest('.jp-OutputArea-output'))"))


def test_the_first_lesson_is_done_with_the_mouse_and_survives_saving(
    page: Page, lab: str, folder: Path
) -> None:
    """Run all stops at the room, which waits for predictions. Predict, press, watch, go on, answer wrong and
    right. Saved and reopened: pictures are pictures, the predictions are there, no widget state fills the
    file. The lab ends with its kernel.
    """
    path = folder / START_HERE
    open_notebook(page, lab, path.name)

    command(page, "notebook:run-all-cells")
    button = page.get_by_role("button", name="Burst of 100, synchronous endpoint")
    expect(button).to_be_disabled()
    expect(page.get_by_text("Predict first: then these buttons wake.")).to_be_visible()
    predict(page)
    for name in ("synchronous", "queued"):
        press(page, f"Burst of 100, {name} endpoint")
        see_frames(page, 2)
        page.get_by_text(f"Burst of 100, {name} endpoint: 100 PDFs").wait_for(timeout=120_000)
    page.locator(".jp-CodeCell", has_text="lesson.run(room").locator(".jp-InputPrompt").click()
    command(page, "notebook:run-all-below")
    page.get_by_role("button", name="Burst of 100", exact=True).wait_for(timeout=120_000)
    answer(page)
    command(page, "docmanager:save")

    outputs = saved_outputs(path)
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []
    assert len([o for o in outputs if "image/png" in o.get("data", {})]) == 2
    page.reload()
    page.locator(".jp-RenderedImage img").nth(1).wait_for(state="attached", timeout=60_000)
    assert page.locator(".jp-RenderedImage img").count() == 2
    page.get_by_text("You predict 7 s.").first.wait_for(timeout=60_000)
    assert workers_of_labs()
    command(page, "kernelmenu:shutdown", wait=False)
    eventually(lambda: not workers_of_labs(), seconds=10)


def predict(page: Page) -> None:
    """Type the same number into every prediction of the first lesson."""
    fields = page.get_by_placeholder("?")
    expect(fields).to_have_count(4, timeout=60_000)
    for number in range(4):
        fields.nth(number).fill("7")
        page.get_by_role("button", name="This is my prediction").first.click()
        expect(page.get_by_text("You predict 7 s.")).to_have_count(number + 1)


def answer(page: Page) -> None:
    """Be wrong, then right."""
    question = page.locator(".pdflab-question", has_text="What did 202 buy for them?")
    for option, reply in (
        ("An evening in which nobody waits", "What is the area under the depth curve"),
        ("Freedom to go, and to fetch the PDF later", "The answer no longer waits for the work."),
    ):
        question.get_by_label(option, exact=True).check()
        question.get_by_role("button", name="Check", exact=True).click()
        question.get_by_text(reply).wait_for(timeout=10_000)


def test_every_button_is_obeyed_while_a_cell_runs(page: Page, lab: str, folder: Path) -> None:
    """Real clicks are obeyed at once, the picture moves; an interrupt, a reload and a saved file do no harm;
    and a killed kernel leaves nothing behind.
    """
    open_notebook(page, lab, "busy.ipynb")
    command(page, "notebook:run-all-cells", wait=False)
    page.wait_for_selector(".pdflab-picture img", timeout=60_000)
    facts = facts_of(folder)

    open_dashboard(page, facts)
    choose(page, "Both side by side")
    press(page, "Burst of 100")
    page.get_by_text("both endpoints get the same documents").wait_for(timeout=2_000)
    assert page.locator('[data-status="busy"]').count()  # the other cell still runs
    see_frames(page, 3)
    assert page.locator(".pdflab-picture img").evaluate("picture => picture.naturalWidth") == 1000
    assert [hidden_beside(page, width) for width in (1180, 1280, 1366, 1440)] == [0, 0, 0, 0]
    press_everything(page, facts)
    assert page.locator('[data-status="busy"]').count()

    command(page, "notebook:interrupt-kernel", wait=False)
    page.get_by_text("KeyboardInterrupt").first.wait_for(timeout=10_000)
    command(page, "docmanager:save")
    page.reload()
    page.wait_for_selector(".pdflab-picture img", timeout=60_000)
    press(page, "Burst of 100")
    see_frames(page, 2)

    assert "widgets" not in json.loads((folder / "busy.ipynb").read_text())["metadata"]
    with nothing_outlives(facts):
        os.kill(facts["pid"], signal.SIGKILL)


def workers_of_labs() -> list[str]:
    """The workers of the labs whose kernels are below this process."""
    return [words for words in children_of(os.getpid()).values() if " -m pdflab worker" in words]


def open_dashboard(page: Page, facts: dict[str, Any]) -> None:
    """Click on its link: it opens in another tab, live, and neither page shows the token."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name=facts["url"]).click()
    dashboard = opened.value
    dashboard.get_by_text("live", exact=True).wait_for(timeout=10_000)
    assert dashboard.url == f"{facts['url']}/"
    assert "token" not in page.inner_text("body")
    dashboard.close()


def press_everything(page: Page, facts: dict[str, Any]) -> None:
    """Press what there is to press; each leaves its trace."""
    choose(page, "Queued endpoint")
    for label in BUTTONS:
        before = sent(facts)
        press(page, label)
        eventually(lambda before=before: sent(facts) > before, seconds=30)
    press(page, "Kill a worker")
    page.get_by_text("was killed (SIGKILL); a new one starts").first.wait_for(timeout=15_000)
    press(page, "Freeze for 1.4 s")
    page.get_by_text("The workers stand still").wait_for(timeout=2_000)
    choose(page, "Naive")
    page.get_by_text("as most tutorials write them").wait_for(timeout=15_000)
    page.get_by_label("Projector size").click()
    page.wait_for_function(
        "document.querySelector('.pdflab-picture img').naturalWidth == 1450", timeout=15_000
    )
    page.get_by_label("Projector size").click()
    press(page, "Reset")
    page.get_by_text("The lab starts again, empty").wait_for(timeout=5_000)
    page.get_by_text("a core of its own").wait_for(timeout=60_000)


def test_voila_shows_a_living_room_and_leaves_nothing(
    page: Page, folder: Path, tmp_path: Path, browser: Browser
) -> None:
    """The same notebook as a page without code; whoever stops the server stops the lab."""
    with voila(folder / "room.ipynb", tmp_path) as url:
        page.goto(url, timeout=60_000)
        page.wait_for_selector(".pdflab-picture img", timeout=60_000)
        facts = facts_of(folder)

        press(page, "Burst of 100")

        page.get_by_text("The queue grows and drains").wait_for(timeout=2_000)
        see_frames(page, 3)
        children = children_of(facts["pid"])
        assert len(children) >= 6
    eventually(lambda: not [pid for pid in children if is_alive(pid)], seconds=10)


@pytest.mark.slow
def test_voila_shows_the_first_room_within_twenty_seconds(page: Page, tmp_path: Path) -> None:
    """The cell after it comes too early, and ends the page; the room obeys once it has predictions."""
    renew(tmp_path / "new", student_files(NOTEBOOKS))  # where no answer is kept
    with voila(tmp_path / "new" / START_HERE, tmp_path) as url:
        began = time.monotonic()
        page.goto(url, timeout=60_000)
        page.wait_for_selector(".pdflab-picture img", timeout=60_000)
        took = time.monotonic() - began

        predict(page)
        press(page, "Burst of 100, queued endpoint")
        see_frames(page, 3)

    assert took < 20


@pytest.mark.slow
def test_a_link_leads_through_the_proxy_of_a_jupyter_server(folder: Path, tmp_path: Path) -> None:
    """By the real jupyter-server-proxy, under the name and path of a hub: its dashboard lives."""
    pytest.importorskip("jupyter_server_proxy", reason="pip install jupyter-server-proxy")
    needs("chromium", "chromium")
    write_notebook(folder / "link.ipynb", LINK)
    hub = {"base_url": "/user/ada/", "allow_remote_access": "True"}
    with jupyterlab(folder, tmp_path, **hub) as url, sync_playwright() as playwright:
        browser = start_browser(playwright, "--host-resolver-rules=MAP hub.school.example 127.0.0.1")
        page, site = browser.new_page(), url.removesuffix("/lab").replace("127.0.0.1", "hub.school.example")
        open_notebook(page, f"{site}/user/ada/lab", "link.ipynb")
        command(page, "notebook:run-all-cells")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="the dashboard").click()

        dashboard = opened.value
        dashboard.get_by_text("live", exact=True).wait_for(timeout=10_000)
        start = "fetch('operations/invoice', {method: 'POST', body: '{}'}).then(answer => answer.status)"
        assert dashboard.evaluate(start) == 202
        dashboard.get_by_text("COMPLETED").first.wait_for(timeout=10_000)
        assert re.fullmatch(f"{site}/user/ada/proxy/\\d+/", dashboard.url)
        scope = dashboard.url.removeprefix(site)
        assert [c["path"] for c in browser.contexts[0].cookies() if c["name"].startswith("pdflab")] == [scope]


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
