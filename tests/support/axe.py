"""axe-core, from npm, on a page: what a person with a screen reader or weak eyes would stumble over."""

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

_RUN = """async (selector) => {
    const found = await axe.run(selector, {resultTypes: ["violations"]});
    return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}"""


def serious_findings(page: Page, selector: str) -> list[str]:
    """Each serious or critical finding below the first element of a selector; skips without npm."""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(content=_axe())
    return list(page.evaluate(_RUN, selector))


@lru_cache(1)
def _axe() -> str:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, and axe-core comes from there")
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, "axe-core@4"]
        if subprocess.run(install, capture_output=True, timeout=120, check=False).returncode:
            pytest.skip("npm has no axe-core here")
        return (Path(folder) / "node_modules" / "axe-core" / "axe.min.js").read_text()
