"""An explorable in a real JupyterLab: moved by mouse and keyboard, while a cell runs, and by everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import fetch_axe, serious_findings
from playwright.sync_api import Browser, Page, expect
from servers import command, jupyterlab, open_notebook, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELL = """
from pdflab.charts.knee import knee_figure
from pdflab.notebook.lessons.explorable import Explorable, choice, slider
from pdflab.simulation.knee import simulate_knee

def draw(cv, workers, jobs):
    knee = simulate_knee([0.5, 0.95], workers=workers, cv=cv, jobs=jobs, seeds=5)
    return knee_figure({f"{workers} workers, cv {cv:g}": knee})

Explorable(
    draw,
    cv=slider("variability", 0, 2, 1, step=0.1),
    workers=slider("workers", 1, 8, 2, step=1),
    jobs=choice("jobs", [("500", 500), ("1,000", 1_000)], 500),
)
"""
BUSY = "import time; time.sleep(600)"  # the kernel is interrupted at the end


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """An explorable that has been shown by its notebook, in which another cell runs on."""
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "explore.ipynb", CELL, BUSY)
    with jupyterlab(folder, tmp_path_factory.mktemp("jupyter")) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 1100})
        open_notebook(page, url, "explore.ipynb")
        command(page, "notebook:run-all-cells", wait=False)
        page.wait_for_selector(".pdflab-explored img", timeout=60_000)
        yield page
        page.close()


def test_a_slider_dragged_while_a_cell_runs_changes_the_picture(page: Page) -> None:
    """By the mouse; the alternative text says what the picture now shows."""
    picture = page.locator(".pdflab-explored img")
    before = str(picture.get_attribute("alt"))
    assert before.startswith("From 50% to 95% busy")

    handle = page.get_by_role("slider", name="workers")
    place = handle.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + 5, place["y"] + 5)
    page.mouse.down()
    page.mouse.move(place["x"] + 300, place["y"] + 5, steps=20)
    page.mouse.up()

    expect(handle).to_have_attribute("aria-valuenow", "8.0")
    expect(picture).not_to_have_attribute("alt", before, timeout=20_000)
    expect(page.locator("[role=status]")).to_have_text("", timeout=20_000)


def test_a_slider_is_moved_by_the_keyboard(page: Page) -> None:
    """To its end, where constant service times wait least."""
    picture = page.locator(".pdflab-explored img")
    before = str(picture.get_attribute("alt"))

    page.get_by_role("slider", name="variability").press("Home")

    expect(picture).not_to_have_attribute("alt", before, timeout=20_000)


def test_axe_finds_nothing_serious_in_an_explorable(page: Page, tmp_path: Path) -> None:
    """Every control has a name, and the picture a text."""
    assert serious_findings(page, fetch_axe(tmp_path), ".pdflab-room") == []
