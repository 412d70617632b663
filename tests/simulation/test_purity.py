"""The simulation and the analysis run in a browser: they import numpy, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

import pdflab

ROOT = Path(pdflab.__file__).parent
MODULES = sorted(
    ".".join(path.with_suffix("").relative_to(ROOT.parent).parts)
    for folder in ("simulation", "analysis")
    for path in (ROOT / folder).rglob("*.py")
)
PROGRAM = """
import sys, importlib
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(*{name for name in sys.modules if name not in before})
"""
NUMPY = {"numpy", "cython_runtime"}  # the latter is its own
OWN = ("pdflab.simulation", "pdflab.analysis", "pdflab.jobs", "pdflab.errors")
OWN += ("pdflab.load.plan", "pdflab.load.arrivals")


def imported_by(module: str) -> set[str]:
    """Import one module in a fresh interpreter, and return the names of all that came with it."""
    return set(subprocess.check_output([sys.executable, "-c", PROGRAM, module], text=True).split())


@pytest.mark.parametrize("module", MODULES)
def test_each_module_imports_numpy_alone(module: str) -> None:
    """No document, no Redis, no Flask, no pydantic, no socket: none of them exists in Pyodide."""
    names = imported_by(module)

    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - NUMPY - {"pdflab"}
    own = {name for name in names if name.startswith("pdflab.") and name != "pdflab.load"}
    assert not {name for name in foreign if not name.startswith("_")}
    assert not {name for name in own if not name.startswith(OWN)}
    assert not {"asyncio", "multiprocessing", "ssl"} & names
