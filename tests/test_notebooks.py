"""The committed notebooks read well without being run: executed in order, clean, light, and really compared.

To execute one anew, in the folder tests/:

    python -c "from test_notebooks import *; rewrite(NOTEBOOKS[0])"
"""

import base64
import json
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_LONGEST_CELL = 12  # lines
_MOST_CELLS = 30
_MOST_WORDS = 2_000  # of prose: more is not read in twenty-five minutes
_LONGEST_OUTPUT = 60  # lines
_HEAVIEST_PICTURE = 60_000  # bytes
_HEAVIEST = 300_000  # bytes of a whole notebook
_FEWEST_VERDICTS = 3

# What makes nbval run a cell without comparing it, or not at all; as a tag it is written in lower case.
_UNCOMPARED = ("NBVAL_SKIP", "NBVAL_RAISES_EXCEPTION", "RAISES_EXCEPTION")
_IGNORED = ("NBVAL_IGNORE_OUTPUT", "PYTEST_VALIDATE_IGNORE_OUTPUT")
_VERDICT = re.compile(r": (yes|no)\b")
_OF_THIS_MACHINE = re.compile(
    r"(?<![\w.])/(home|root|tmp|Users|private)/|\b(?!desk:)[\w.-]+:\d+:[0-9a-f]{8}\b"
)

REHEARSALS = str(ROOT / "tests" / "rehearsals")
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
    client.execute(
        env=os.environ | {"PDFLAB_HEADLESS": "1", "PDFLAB_REHEARSAL": REHEARSALS}
    )  # nobody watches the live picture
    notebook.metadata = NotebookNode(KERNEL)
    for cell in notebook.cells:
        cell.metadata = NotebookNode({key: value for key, value in cell.metadata.items() if key == "tags"})
    nbformat.write(notebook, path)
    path.write_text(_from_any_desk(path.read_text(encoding="utf-8")), encoding="utf-8")


def _from_any_desk(text: str) -> str:
    """Let a worker's id, host:process:number, not name the host."""
    return re.sub(rf"\b{re.escape(socket.gethostname())}(:\d+:[0-9a-f]{{8}})\b", r"desk\1", text)


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def outputs(path: Path) -> list[dict[str, Any]]:
    return [output for cell in code_cells(path) for output in cell["outputs"]]


def texts(path: Path) -> list[str]:
    """What each output says in words."""
    said = (output.get("text", output.get("data", {}).get("text/plain", "")) for output in outputs(path))
    return ["".join(text) for text in said]


def prose(path: Path) -> str:
    return "\n".join("".join(c["source"]) for c in read(path)["cells"] if c["cell_type"] == "markdown")


def marks(path: Path) -> list[str]:
    """Whatever tells nbval how to treat a cell, as comment or as tag, in one spelling."""
    tags = [tag for cell in code_cells(path) for tag in cell["metadata"].get("tags", [])]
    comments = re.findall(
        r"#\s*(\w+)\s*$", "\n".join("".join(c["source"]) for c in code_cells(path)), re.MULTILINE
    )
    return [mark.upper().replace("-", "_") for mark in (*tags, *comments)]


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
    assert not [text for text in texts(path) if _OF_THIS_MACHINE.search(text)]


@notebooks
def test_it_is_light(path: Path) -> None:
    """Each execution puts every picture into the history once more, and what is long is not read."""
    pictures = [o["data"]["image/png"] for o in outputs(path) if "image/png" in o.get("data", {})]

    assert max((len(base64.b64decode(picture)) for picture in pictures), default=0) <= _HEAVIEST_PICTURE
    assert path.stat().st_size <= _HEAVIEST
    assert max(len(text.splitlines()) for text in texts(path)) <= _LONGEST_OUTPUT
    assert len(prose(path).split()) <= _MOST_WORDS


@notebooks
def test_its_code_is_short(path: Path) -> None:
    """One idea a cell: what is longer belongs into the package, where it has tests."""
    lengths = sorted(lines(cell) for cell in code_cells(path))

    assert len(lengths) <= _MOST_CELLS
    assert lengths[len(lengths) // 2] <= 4
    assert lengths[-1] <= _LONGEST_CELL


@notebooks
def test_it_is_compared(path: Path) -> None:
    """No cell is skipped or may fail, hardly one has its output ignored: else nbval would test nothing."""
    assert not set(marks(path)) & set(_UNCOMPARED)
    assert sum(mark in _IGNORED for mark in marks(path)) <= 2


@notebooks
def test_it_gives_its_verdicts(path: Path) -> None:
    """nbval looks at no picture, and the sanitiser covers the numbers: what it compares is a yes or a no."""
    assert sum(len(_VERDICT.findall(text)) for text in texts(path)) >= _FEWEST_VERDICTS


@notebooks
def test_it_asks_before_it_shows(path: Path) -> None:
    """A prediction comes before the first result, and a question with a folded answer at the end."""
    text = prose(path)

    assert 0 <= text.find("## Predict") < text.find("## Explain") < text.find("## Check yourself")
    assert text.count("<details>") == text.count("</details>") >= 1


def test_the_notebooks_are_part_of_the_test_command() -> None:
    """Strictly: with --nbval-lax, or beside the tests' paths, none of them would be compared."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]

    assert "notebooks" in options["testpaths"]
    assert "--nbval" in options["addopts"]
    assert "--nbval-lax" not in options["addopts"]


def test_rewriting_keeps_nothing_of_one_machine(tmp_path: Path) -> None:
    """What `rewrite` saves is what the tests above ask for, with a widget in it too."""
    path = tmp_path / "tiny.ipynb"
    desk = "import socket\nprint(f'{socket.gethostname()}:17:0123abcd')"
    cells = [new_code_cell("import ipywidgets\nipywidgets.Button()"), new_code_cell(desk)]
    nbformat.write(new_notebook(cells=cells), path)

    rewrite(path)

    test_every_cell_was_executed_once_and_in_order(path)
    test_nothing_of_one_machine_is_kept(path)
    assert outputs(path)[1]["text"] == ["desk:17:0123abcd\n"]
