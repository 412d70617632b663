"""The rules for notebooks can fail: each is broken once, in a notebook that is made up.

The rules themselves are in test_notebooks.py.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_notebooks as rules


def good() -> dict[str, Any]:
    """A small notebook that is as it should be, for the tests of the tests."""
    verdict = {"name": "stdout", "output_type": "stream", "text": ["it works: yes\n"]}
    cells = [
        {
            "cell_type": "code",
            "execution_count": n,
            "metadata": {},
            "outputs": [dict(verdict)],
            "source": ["1"],
        }
        for n in (1, 2, 3)
    ]
    words = "## Predict\n## Explain\n## Check yourself\n<details></details>"
    return {
        "metadata": rules.KERNEL,
        "cells": [{"cell_type": "markdown", "metadata": {}, "source": words}, *cells],
    }


def picture(size: int) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"image/png": base64.b64encode(bytes(size)).decode()}}


def spoil_cell(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda notebook: notebook["cells"][2].update(changes)


def spoil_output(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda notebook: notebook["cells"][2]["outputs"][0].update(changes)


def spoil_prose(old: str, new: str) -> Callable[[dict[str, Any]], object]:
    return lambda notebook: notebook["cells"][0].update(
        source=notebook["cells"][0]["source"].replace(old, new)
    )


def write(notebook: dict[str, Any], folder: Path) -> Path:
    path = folder / "made_up.ipynb"
    path.write_text(json.dumps(notebook))
    return path


RULES: list[Callable[[Path], None]] = [
    rules.test_every_cell_was_executed_once_and_in_order,
    rules.test_no_cell_failed_or_wrote_to_stderr,
    rules.test_nothing_of_one_machine_is_kept,
    rules.test_it_is_light,
    rules.test_its_code_is_short,
    rules.test_it_is_compared,
    rules.test_it_gives_its_verdicts,
    rules.test_it_asks_before_it_shows,
]
DEFECTS = {
    "not executed": (RULES[0], spoil_cell(execution_count=None)),
    "out of order": (RULES[0], spoil_cell(execution_count=7)),
    "a cell run twice": (RULES[0], spoil_cell(execution_count=1)),
    "a traceback": (RULES[1], spoil_output(output_type="error")),
    "a warning": (RULES[1], spoil_output(name="stderr")),
    "widget state": (RULES[2], lambda notebook: notebook.update(metadata=rules.KERNEL | {"widgets": {}})),
    "timings": (RULES[2], spoil_cell(metadata={"execution": {}})),
    "a path of this machine": (RULES[2], spoil_output(text=["saved in /tmp/pdflab-1/jobs.log"])),
    "the name of this machine": (RULES[2], spoil_output(text=["worker  laptop-7:41:0123abcd"])),
    "a heavy picture": (RULES[3], spoil_cell(outputs=[picture(rules._HEAVIEST_PICTURE + 1)])),
    "many pictures": (RULES[3], spoil_cell(outputs=[picture(rules._HEAVIEST_PICTURE)] * 5)),
    "a long output": (RULES[3], spoil_output(text=["a line\n"] * (rules._LONGEST_OUTPUT + 1))),
    "too many words": (RULES[3], spoil_prose("## Explain", "word " * rules._MOST_WORDS)),
    "a long cell": (RULES[4], spoil_cell(source=["x = 1\n"] * (rules._LONGEST_CELL + 1))),
    "too many cells": (RULES[4], lambda notebook: notebook["cells"].extend(notebook["cells"][1:] * 10)),
    "a skipped cell": (RULES[5], spoil_cell(source=["# NBVAL_SKIP\n", "1"])),
    "a cell that may fail": (RULES[5], spoil_cell(metadata={"tags": ["raises-exception"]})),
    "too much ignored": (RULES[5], spoil_cell(metadata={"tags": ["nbval-ignore-output"] * 3})),
    "an old way to ignore": (RULES[5], spoil_cell(source=["# PYTEST_VALIDATE_IGNORE_OUTPUT\n"] * 3)),
    "no verdict": (RULES[6], spoil_output(text=["measured: 12\n"])),
    "reported before it is asked": (
        RULES[7],
        spoil_prose("## Predict\n## Explain", "## Explain\n## Predict"),
    ),
    "no prediction": (RULES[7], spoil_prose("## Predict", "")),
    "a solution left open": (RULES[7], spoil_prose("</details>", "")),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_good_notebook_passes_every_rule(rule: Callable[[Path], None], tmp_path: Path) -> None:
    """So that what is refused below is refused for its one defect."""
    rule(write(good(), tmp_path))


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_notebook_with_a_defect_is_refused(defect: str, tmp_path: Path) -> None:
    """Each rule above can fail."""
    rule, spoil = DEFECTS[defect]
    notebook = good()
    spoil(notebook)

    with pytest.raises(AssertionError):
        rule(write(notebook, tmp_path))
