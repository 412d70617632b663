"""The simulation and the analysis need no other part of the package, so that they run in a browser."""

import subprocess
import sys
from pathlib import Path

import pytest

import pdflab

PACKAGE = Path(pdflab.__file__).parent
ALLOWED = ("pdflab.simulation", "pdflab.analysis", "pdflab.jobs", "pdflab.errors")
ALLOWED += ("pdflab.load.plan", "pdflab.load.arrivals")  # what is simulated
NUMPY = {"numpy", "cython_runtime"}  # the latter is its own

PROGRAM = """
import importlib, sys
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(*set(sys.modules) - before)
"""


def modules() -> list[str]:
    files = [file for folder in ("simulation", "analysis") for file in (PACKAGE / folder).rglob("*.py")]
    return sorted(".".join(file.with_suffix("").relative_to(PACKAGE.parent).parts) for file in files)


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_numpy_alone(module: str) -> None:
    """In a fresh interpreter: no document, no Redis, no Flask, no pydantic, no socket."""
    loaded = set(subprocess.check_output([sys.executable, "-c", PROGRAM, module], text=True).split())
    own = {name for name in loaded if name.startswith("pdflab.")} - {"pdflab.load"}
    others = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - NUMPY - {"pdflab"}

    assert {name for name in own if not name.startswith(ALLOWED)} == set()
    assert {name for name in others if not name.startswith("_")} == set()
    assert not {"asyncio", "multiprocessing", "ssl"} & loaded
