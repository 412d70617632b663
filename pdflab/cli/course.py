"""`pdflab` alone: open the course, with the clone's notebooks or copies of the package's.

Read next: pdflab/__main__.py.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import webbrowser
from pathlib import Path

from pdflab.errors import UsageError

_FIRST = "00_start_here.ipynb"
_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "notebooks"  # in a wheel; in a clone, the folder is beside the package


def open_course(_: argparse.Namespace) -> int:
    """Open JupyterLab on the first notebook."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed: install pdflab with its extra [lab], as README shows.")
    options = [f"--ServerApp.root_dir={notebooks()}", f"--LabApp.default_url=/lab/tree/{_FIRST}"]
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--allow-root")  # in a container, root is the usual user
    try:
        webbrowser.get()
    except webbrowser.Error:
        options.append("--no-browser")  # it then prints its address and waits
    command = [sys.executable, "-m", "jupyterlab", *options]
    if os.name == "posix":
        os.execv(sys.executable, command)  # from here on, JupyterLab handles Ctrl-C and the terminal
    return subprocess.run(command, check=False).returncode


def notebooks() -> Path:
    """Return the folder of notebooks: the clone's, or ./notebooks/ with a copy of each."""
    if not _INSTALLED.is_dir():
        return _PACKAGE.parent / "notebooks"
    folder = Path("notebooks")
    copy_notebooks(_INSTALLED, folder)
    return folder


def copy_notebooks(source: Path, folder: Path) -> None:
    """Copy missing notebooks; report those that were changed, and keep them."""
    folder.mkdir(exist_ok=True)
    for original in sorted(source.glob("*.ipynb")):
        copy = folder / original.name
        if not copy.exists():
            copy.write_bytes(original.read_bytes())
        elif copy.read_bytes() != original.read_bytes():
            print(f"{copy} differs from the one that came with pdflab; it is kept as it is.", flush=True)
