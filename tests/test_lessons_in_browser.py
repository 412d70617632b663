"""A student at a lesson in a real JupyterLab, by mouse: predicts, presses, is wrong, is right, comes back."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import eventually
from lesson_text import NOTEBOOKS, ROOT, is_new
from playwright.sync_api import Browser, Locator, Page, expect
from servers import command, jupyterlab, open_notebook, write_notebook

from pdflab.notebook.lessons import texts
from pdflab.notebook.lessons.copies import renew, student_files
from pdflab.notebook.lessons.texts import Prediction, Question

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LESSONS = [path for path in NOTEBOOKS if is_new(path) and path.name[:2] in ("00", "02", "03", "04", "05")]
_STOPPED = re.compile(r"pdflab: (Predict first|Press|Wait for)")  # a cell that says what is missing
_STOPS = 20  # of a lesson, at most: each is a prediction, or a button
_CELL = 240_000  # milliseconds that all cells up to the next stop may take


class Desk:
    """A page with a lesson, and what a student does there with a mouse."""

    def __init__(self, page: Page, name: str, answers: Mapping[str, Any]) -> None:
        self.page, self._texts, self._answers = page, texts.read(name), answers

    def run(self) -> str:
        """Run all cells, or those from the stopped one on, until one stops; return what it says."""
        stopped = self.page.locator(".jp-CodeCell").filter(has_text=_STOPPED)
        if stopped.count():
            stopped.first.locator(".jp-InputPrompt").click()
        command(
            self.page, "notebook:run-all-below" if stopped.count() else "notebook:run-all-cells", wait=False
        )
        self.page.wait_for_timeout(1_000)
        expect(self.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=_CELL)
        if not stopped.count():
            return ""
        return stopped.first.locator(".jp-OutputArea-output").filter(has_text=_STOPPED).first.inner_text()

    def predict(self) -> None:
        """Give every prediction that is asked on the page and was not given yet."""
        for name, text in self._texts.predict.items():
            box = self.question(text.ask)
            button = box.get_by_role("button", name="This is my prediction")
            if box.count() and button.count():
                _PREDICT[text.kind](box, text, self._answers["predict"][name])
                button.click()
                box.get_by_text("You predict").wait_for()

    def press(self, said: str) -> None:
        """Press the button that a stopped cell names, and wait for its run's end."""
        label = said.split("'")[1]
        button = self.page.get_by_role("button", name=label, exact=True).first
        before = self.picture(button)
        button.click()
        eventually(lambda: self.picture(button) != before, seconds=120)  # the chart moves
        eventually(button.is_enabled, seconds=_CELL / 1_000)

    def picture(self, button: Locator) -> str | None:
        """Return the picture of the room of a button."""
        room = self.page.locator(".pdflab-room").filter(has=button).first
        return room.locator("img").first.get_attribute("src")

    def question(self, ask: str) -> Locator:
        """Return the box of a question."""
        return self.page.locator(".pdflab-question").filter(has_text=ask).first

    def check(self, question: Question) -> None:
        """Answer wrongly, then rightly."""
        box = self.question(question.ask)
        wrong = [option.text for option in question.options if not option.right][:1]
        for answer in (*(wrong or [str(next(iter(question.replies)))]), question.right):
            if question.options:
                box.get_by_label(str(answer), exact=True).check()
            else:
                box.locator("input").fill(f"{answer:g}" if isinstance(answer, float | int) else answer)
            box.get_by_role("button", name="Check").click()
            box.get_by_text("Try again." if answer != question.right else "Yes.").wait_for()


def _drag(page: Page, handle: Locator, *, to_x: float, to_y: float) -> None:
    """Drag a handle as a hand does."""
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + to_x, y + to_y, steps=5)
    page.mouse.up()


def _predict_number(box: Locator, text: Prediction, value: float) -> None:
    """Drag the slider first, as one does; then type what was meant."""
    _drag(box.page, box.locator(".noUi-handle"), to_x=60, to_y=0)
    box.locator("input").fill(f"{value:g}")


def _predict_interval(box: Locator, text: Prediction, value: list[float]) -> None:
    _drag(box.page, box.locator(".noUi-handle").first, to_x=30, to_y=0)
    _drag(box.page, box.locator(".noUi-handle").last, to_x=-40, to_y=0)


def _predict_choice(box: Locator, text: Prediction, value: str) -> None:
    box.get_by_label(value, exact=True).check()
    box.get_by_placeholder("because").fill("I think so")


def _predict_sketch(box: Locator, text: Prediction, value: list[float]) -> None:
    for place in range(len(text.at)):
        _drag(box.page, box.locator(".noUi-handle").nth(place), to_x=0, to_y=-15.0 - 20 * place)


_PREDICT: Mapping[str, Any] = {
    "number": _predict_number,
    "interval": _predict_interval,
    "choice": _predict_choice,
    "sketch": _predict_sketch,
}


def test_no_cell_runs_after_a_stop(browser: Browser, tmp_path: Path) -> None:
    """Also where the cell stops at once, while JupyterLab still sends the others."""
    (tmp_path / "home").mkdir()
    begin = 'from pdflab.notebook.lessons.lesson import Lesson\nlesson = Lesson("00_start_here")'
    later = [f"print('later {number}')" for number in range(40)]
    write_notebook(tmp_path / "stops.ipynb", begin, 'lesson.predicted("last_queued")', *later)
    with jupyterlab(tmp_path, tmp_path / "home") as lab:
        page = browser.new_page()
        open_notebook(page, lab, "stops.ipynb")
        for _ in range(3):
            command(page, "notebook:clear-all-cell-outputs")
            command(page, "notebook:run-all-cells", wait=False)
            page.get_by_text("pdflab: Predict first").wait_for()
            expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=_CELL)
            expect(page.locator(".jp-OutputArea-output", has_text="later")).to_have_count(0)
        page.close()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_done_by_mouse_and_remembers_the_student(
    path: Path, browser: Browser, tmp_path: Path
) -> None:
    """Run All stops where head and hands are needed, and nowhere else; the next day all is there again."""
    answers = tomllib.loads((ROOT / "tests" / "rehearsals" / f"{path.stem}.toml").read_text())
    renew(tmp_path / "course", student_files(path.parent))
    (tmp_path / "home").mkdir()
    with jupyterlab(tmp_path / "course", tmp_path / "home") as lab:
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(20_000)
        open_notebook(page, lab, path.name)
        desk = Desk(page, path.stem, answers)

        stops = [desk.run()]
        while stops[-1]:
            assert len(stops) < _STOPS, stops
            assert stops[-1].startswith("pdflab: "), stops[-1]
            desk.predict() if "Predict first" in stops[-1] else desk.press(stops[-1])
            stops.append(desk.run())
        for question in texts.read(path.stem).check.values():
            desk.check(question)

        assert any("Predict first" in said for said in stops)
        command(page, "docmanager:save")
        command(page, "kernelmenu:restart", wait=False)
        page.locator(".jp-Dialog .jp-mod-accept").click()
        desk.run()
        first = next(iter(texts.read(path.stem).predict.values()))
        expect(desk.question(first.ask).get_by_text("You predict")).to_be_visible()
        page.close()
