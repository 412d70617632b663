"""What the notebooks import of the package: the names that lessons rely on, wherever they are defined."""

import ast
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
NAMES = {
    "00_start_here": "ControlRoom Lab Lesson START_HERE comparison_figure first_page summary",
    "01_the_synchronous_trap": "Lab Lesson Endpoint THE_SYNCHRONOUS_TRAP batch burst "
    "comparison_figure create_sync_app abandonment_by_phase abandonment_figure run_plan offered_load_figure "
    "summary target wasted",
    "02_queue_and_worker": "LoadPart RedisConsumer Lab Lesson QUEUE_AND_WORKER Recorder FolderStorage "
    "Worker fill_queue send_request "
    "first_page generate_pdf log_lines render table job_trace_figure",
    "05_when_things_fail": "FaultPanel Lab Lesson NaiveWorker Settings WHEN_THINGS_FAIL Worker audit "
    "redelivered_jobs count_outcomes outcomes_figure fill_queue redelivery_figure "
    "wait_until_idle await_condition",
    "06_predict_then_measure": "Lab Lesson PREDICT_THEN_MEASURE Twin UsageError burst "
    "forecast_figure hold_out planning published replay rescaled run_on offered_load_figure serve "
    "summary theory",
}


def code_of(notebook: Path) -> Iterator[ast.Module]:
    """Parse each cell of code, without the lines that only a notebook understands."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).splitlines()
            yield ast.parse("\n".join(line for line in lines if not line.startswith(("%", "!"))))


def imports_of(notebook: Path) -> dict[str, tuple[str, str]]:
    """Return what a notebook imports from our package: its name there, and module and name in the package."""
    found = [
        node for cell in code_of(notebook) for node in ast.walk(cell) if isinstance(node, ast.ImportFrom)
    ]
    ours = [node for node in found if (node.module or "").split(".")[0] == "pdflab"]
    return {
        alias.asname or alias.name: (str(node.module), alias.name) for node in ours for alias in node.names
    }


def imported(module: str, name: str) -> Any:
    """Import what `from module import name` does: a name in the module, or a module of that name below it."""
    found = import_module(module)
    return getattr(found, name) if hasattr(found, name) else import_module(f"{module}.{name}")


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_the_names_that_its_lesson_is_about(notebook: Path) -> None:
    """None has been renamed unseen."""
    assert imports_of(notebook).keys() == set(NAMES[notebook.stem].split())


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_import_of_a_notebook_resolves(notebook: Path) -> None:
    """And so does what it uses of a module that it imports whole, such as `theory.mmc`."""
    names = {name: imported(*place) for name, place in imports_of(notebook).items()}
    modules = {name: found for name, found in names.items() if isinstance(found, type(ast))}
    used = [
        (node.value.id, node.attr)
        for cell in code_of(notebook)
        for node in ast.walk(cell)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    ]

    assert [use for use in used if not hasattr(modules[use[0]], use[1])] == []
    assert {module for module, _ in used} == modules.keys()


def test_every_notebook_is_held() -> None:
    """A new one is added here."""
    assert [notebook.stem for notebook in NOTEBOOKS] == sorted(NAMES)
