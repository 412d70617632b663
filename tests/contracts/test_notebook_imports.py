"""What the notebooks import of the package: the names that lessons rely on, wherever they are defined."""

import ast
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


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
