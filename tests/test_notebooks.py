"""The committed notebooks read well without being run: executed in order, clean, light.

To execute one anew, in the folder tests/:

    python -c "from test_notebooks import *; rewrite(NOTEBOOKS[0])"
"""

import base64
import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
_LONGEST_CELL = 12  # lines
_MOST_CELLS = 30
_HEAVIEST_PICTURE = 60_000  # bytes

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def rewrite(path: Path) -> None:
    """Execute a notebook from top to bottom and save it, without what differs from machine to machine."""
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(
        notebook, timeout=180, resources=folder, store_widget_state=False, record_timing=False
    )
    client.execute(env=os.environ | {"PDFLAB_HEADLESS": "1"})  # nobody watches the live picture
    notebook.metadata = NotebookNode(KERNEL)
    for cell in notebook.cells:
        cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key == "tags"})
    nbformat.write(notebook, path)


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def outputs(path: Path) -> list[dict[str, Any]]:
    return [output for cell in code_cells(path) for output in cell["outputs"]]


def lines(cell: dict[str, Any]) -> int:
    return len("".join(cell["source"]).strip().splitlines())


def test_there_are_notebooks() -> None:
    """The tests below say nothing about an empty folder."""
    assert NOTEBOOKS


@notebooks
def test_every_cell_was_executed_once_and_in_order(path: Path) -> None:
    """What nbval compares is what one run from top to bottom has shown; it skips a cell that never ran."""
    counts = [cell["execution_count"] for cell in code_cells(path)]

    assert counts == list(range(1, len(counts) + 1))


@notebooks
def test_no_cell_failed_or_wrote_to_stderr(path: Path) -> None:
    """A committed traceback or warning is a defect, even where nbval would accept it."""
    assert not [output for output in outputs(path) if output["output_type"] == "error"]
    assert not [output for output in outputs(path) if output.get("name") == "stderr"]


@notebooks
def test_nothing_of_one_machine_is_kept(path: Path) -> None:
    """Widget state, timings and versions change with every run, and show nothing to a reader."""
    assert read(path)["metadata"] == KERNEL
    assert all(set(cell["metadata"]) <= {"tags"} for cell in read(path)["cells"])


@notebooks
def test_its_pictures_are_light(path: Path) -> None:
    """Each execution puts every picture into the history once more."""
    pictures = [o["data"]["image/png"] for o in outputs(path) if "image/png" in o.get("data", {})]

    assert max((len(base64.b64decode(picture)) for picture in pictures), default=0) <= _HEAVIEST_PICTURE


@notebooks
def test_its_code_is_short(path: Path) -> None:
    """One idea a cell: what is longer belongs into the package, where it has tests."""
    lengths = sorted(lines(cell) for cell in code_cells(path))

    assert len(lengths) <= _MOST_CELLS
    assert lengths[len(lengths) // 2] <= 4
    assert lengths[-1] <= _LONGEST_CELL


@notebooks
def test_it_can_fail(path: Path) -> None:
    """No cell is skipped, and hardly one has its output ignored: else nbval would test nothing."""
    marks = [
        tag.lower().replace("_", "-") for cell in code_cells(path) for tag in cell["metadata"].get("tags", [])
    ]
    source = "\n".join("".join(cell["source"]) for cell in code_cells(path))

    assert "nbval-skip" not in marks
    assert "NBVAL_SKIP" not in source
    assert marks.count("nbval-ignore-output") + source.count("NBVAL_IGNORE_OUTPUT") <= 2


@notebooks
def test_it_asks_before_it_tells(path: Path) -> None:
    """A prediction comes before the first result, and a question with a folded answer at the end."""
    prose = ["".join(c["source"]) for c in read(path)["cells"] if c["cell_type"] == "markdown"]
    text = "\n".join(prose)

    assert text.index("## Predict") < text.index("## Explain") < text.index("## Check yourself")
    assert text.count("<details>") == text.count("</details>") >= 1


def test_rewriting_keeps_nothing_of_one_machine(tmp_path: Path) -> None:
    """What `rewrite` saves is what the tests above ask for, with a widget in it too."""
    path = tmp_path / "tiny.ipynb"
    cells = [new_code_cell("import ipywidgets\nipywidgets.Button()"), new_code_cell("print('hello')")]
    nbformat.write(new_notebook(cells=cells), path)

    rewrite(path)

    test_every_cell_was_executed_once_and_in_order(path)
    test_nothing_of_one_machine_is_kept(path)
    assert outputs(path)[1]["text"] == ["hello\n"]
