"""The control room in a real JupyterLab, looked at: nothing is cut, waiting is seen, everybody can use it."""

from collections.abc import Iterator

import pytest
from axe import fetch_axe, serious_findings
from playwright.sync_api import Browser, Page
from servers import choose, command, jupyterlab, open_notebook, press, write_notebook

pytestmark = pytest.mark.browser

ROOM = """
from pdflab.lab import Lab
from pdflab.notebook.control_room import ControlRoom

lab = Lab(preset="teaching")
lab.start()
room = ControlRoom(lab, lines=100)
room
"""
OVERFLOW = """room => [room, ...room.querySelectorAll("*")]
    .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX != "visible")
    .filter((one) => one.clientWidth && !one.closest(".pdflab-log"))
    .map((one) => `${one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""
CUT = """room => {
    const covers = getComputedStyle(room).position == "fixed";
    const output = covers ? room : room.closest(".jp-OutputArea-output, .jp-LinkedOutputView");
    const edge = output.getBoundingClientRect().right + 1;
    return [...room.querySelectorAll("button, input, select, img, h6")]
        .filter((one) => one.getBoundingClientRect().right > edge).map((one) => one.outerHTML.slice(0, 80));
}"""
SEEN = """room => {
    const parts = room.querySelectorAll("button, input, select, img, .pdflab-hint");
    const box = (one) => one.getBoundingClientRect();
    const at = (one, y) => document.elementFromPoint((box(one).left + box(one).right) / 2, y);
    const seen = (one) => [box(one).top + 3, box(one).bottom - 3].every((y) => one.contains(at(one, y)));
    const [picture, charts] = [...room.querySelectorAll(".pdflab-picture img, .pdflab-charts img")].map(box);
    const rows = [...room.querySelectorAll(".pdflab-group, .pdflab-hint")].map(box);
    const shown = [...parts].filter((one) => one.checkVisibility());
    return {unseen: shown.filter((one) => !seen(one)).map((one) => one.outerHTML.slice(0, 80)),
        overlapping: rows.filter((row) => row.top < picture.bottom - 1 || row.bottom > charts.top + 1)};
}"""
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A room that has been shown by its notebook."""
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "room.ipynb", ROOM)
    with jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 1100})
        open_notebook(page, url, "room.ipynb")
        command(page, "notebook:run-all-cells")
        page.wait_for_selector(".pdflab-picture img", timeout=60_000)
        yield page
        page.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return fetch_axe(tmp_path_factory.mktemp("axe"))


@pytest.fixture(autouse=True)
def desk(page: Page) -> Iterator[None]:
    """Every test leaves the room as it was."""
    yield
    for switch in ("Projector size", "Compact"):
        page.get_by_label(switch).uncheck()
    page.set_viewport_size({"width": 1440, "height": 1100})


def settle(page: Page, width: int, height: int = 1100) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("switch", [None, "Compact", "Projector size"])
def test_nothing_is_cut_and_nothing_scrolls_at_any_width(page: Page, switch: str | None, theme: str) -> None:
    """Measured on the room and on everything in it, beside JupyterLab's list of files."""
    page.evaluate(THEME, theme)
    if switch:
        page.get_by_label(switch).check()
    for width in (800, 1180, 1440, 1920):
        settle(page, width)
        room = page.locator(".pdflab-room")
        assert (room.evaluate(OVERFLOW), room.evaluate(CUT)) == ([], []), f"at {width} pixels"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious(page: Page, theme: str, axe: str) -> None:
    """Names, roles and contrasts, in both themes and in the compact room."""
    page.evaluate(THEME, theme)
    page.wait_for_timeout(500)
    assert serious_findings(page, axe, ".pdflab-room") == []

    page.get_by_label("Compact").check()
    assert serious_findings(page, axe, ".pdflab-room") == []


def test_in_the_dark_of_vs_code_all_can_be_read(page: Page, axe: str) -> None:
    """There, the variables of the light theme are all that there is."""
    page.evaluate(THEME, "JupyterLab Light")
    page.wait_for_timeout(500)
    page.evaluate("document.body.classList.add('vscode-dark')")

    found = serious_findings(page, axe, ".pdflab-room")

    page.evaluate("document.body.classList.remove('vscode-dark')")
    assert found == []


def test_on_a_projector_all_of_it_is_on_the_screen(page: Page) -> None:
    """1920 by 1080 pixels, less the browser's bars, below a cell of code; and its switch needs no kernel."""
    page.get_by_label("Projector size").check()
    page.wait_for_function("document.querySelector('.pdflab-picture img').naturalWidth == 1450")
    for height in (1080, 1080 - 85):
        settle(page, 1920, height)
        page.locator(".pdflab-charts img").scroll_into_view_if_needed()
        found = page.locator(".pdflab-room").evaluate(SEEN)
        assert found == {"unseen": [], "overlapping": []}, f"at {height} pixels"

    page.get_by_label("Projector size").evaluate("one => { one.checked = false; }")
    assert page.locator(".pdflab-room").evaluate("room => getComputedStyle(room).position") != "fixed"
    page.get_by_label("Projector size").evaluate("one => { one.checked = true; }")


def test_those_who_wait_are_seen_while_they_wait(page: Page) -> None:
    """Two seconds into a synchronous burst, most of a hundred clients hang; the picture shows them."""
    choose(page, "Synchronous endpoint")
    before = picture_of(page)
    press(page, "Burst of 100")
    page.get_by_text("Sending a burst of 100").wait_for(timeout=10_000)
    page.wait_for_timeout(600)

    assert picture_of(page) != before
    assert waiting_pixels(page) > 300


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    """Tab from control to control, and use each with Space."""
    page.get_by_label("Synchronous endpoint").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_label("Queued endpoint").is_checked()

    while page.evaluate("document.activeElement.textContent") != "Invoice":
        page.keyboard.press("Tab")
    page.keyboard.press("Space")

    page.get_by_text("each is a job that was answered with 202").wait_for(timeout=5_000)


def test_it_stays_in_sight_in_a_view_of_its_own(page: Page) -> None:
    """`Create New View for Output`, docked at the right: the room in it works, and is not cut."""
    page.locator(".jp-OutputArea-output:has(.pdflab-room)").click(button="right")
    page.get_by_text("Create New View for Cell Output").click()
    view = page.locator(".jp-LinkedOutputView .pdflab-room")
    view.wait_for(timeout=10_000)
    page.wait_for_timeout(500)

    assert (view.evaluate(OVERFLOW), view.evaluate(CUT)) == ([], [])
    view.get_by_role("button", name="Custom PDF").click()
    page.get_by_text("each is a job that was answered with 202").last.wait_for(timeout=5_000)
    page.evaluate("() => window.jupyterapp.commands.execute('application:close')")
    view.wait_for(state="detached")


def picture_of(page: Page) -> str:
    return str(page.locator(".pdflab-picture img").first.get_attribute("src"))


def waiting_pixels(page: Page) -> int:
    """How many pixels of the picture have the colour of a client that waits."""
    count = """async (img) => {
        await img.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
        const pen = canvas.getContext("2d");
        pen.drawImage(img, 0, 0);
        const data = pen.getImageData(0, 0, canvas.width, canvas.height).data;
        let found = 0;
        for (let i = 0; i < data.length; i += 4)
            found += data[i] == 0xe6 && data[i + 1] == 0x9f && !data[i + 2];
        return found;
    }"""
    return int(page.locator(".pdflab-picture img").first.evaluate(count))
