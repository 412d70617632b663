"""Cards to put in order in a real JupyterLab: the keyboard is enough, and each button has a name."""

from pathlib import Path

import pytest
from axe import fetch_axe, serious_findings
from playwright.sync_api import Browser, expect
from servers import command, jupyterlab, open_notebook, write_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CARDS = """
from pdflab.notebook.lessons.order import Order
Order(["a = at", "b = a", "return b"], frame="def waited(at, depth):\\n    {cards}", name="waited",
      distractors=["return a"])
"""


def test_a_card_is_moved_and_run_by_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    """The focus goes with the card, so that one key moves it on; the grade is shown below."""
    for folder in ("notebooks", "jupyter", "axe"):
        (tmp_path / folder).mkdir()
    write_notebook(tmp_path / "notebooks" / "cards.ipynb", CARDS)
    with jupyterlab(tmp_path / "notebooks", tmp_path / "jupyter") as url:
        page = browser.new_page(viewport={"width": 1180, "height": 1000})
        open_notebook(page, url, "cards.ipynb")
        command(page, "notebook:run-all-cells")
        up = page.get_by_role("button", name="Move a = at up", exact=True)
        up.focus(timeout=60_000)

        while up.is_enabled():
            page.keyboard.press("Enter")
            expect(page.get_by_role("status")).to_contain_text("a = at is line")
            page.wait_for_timeout(300)
        expect(page.get_by_role("button", name="Move a = at down", exact=True)).to_be_focused()
        expect(page.get_by_role("status")).to_contain_text("is line 1 of 4")

        page.get_by_role("button", name="Run it").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("not yet: ", timeout=60_000)
        assert serious_findings(page, fetch_axe(tmp_path / "axe"), ".pdflab-cards") == []
        page.close()
