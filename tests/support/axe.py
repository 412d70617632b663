"""axe-core, which checks a page for what keeps people from using it; npm fetches it for the tests."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

_PACKAGE = "axe-core@4.14.1"  # exactly: a newer one may find more


def fetch_axe(folder: Path) -> str:
    """Return the script. Without npm, or without its registry, the test is skipped."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed; install it with: apt-get install npm")
    words = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), _PACKAGE]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"npm did not fetch {_PACKAGE}; it needs its registry")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def serious_findings(page: Page, axe: str, selector: str = "html") -> list[str]:
    """Return what axe finds below an element that is serious or critical: the rule, and the elements."""
    page.evaluate(axe)  # not a script tag, which the page's own policy forbids
    found: list[dict[str, Any]] = page.evaluate(
        "async (selector) => (await axe.run(selector)).violations", selector
    )
    return [
        f"{finding['id']}: {json.dumps([node['target'] for node in finding['nodes']])}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]
