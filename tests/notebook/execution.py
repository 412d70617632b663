"""Execute a notebook in place, as it is committed: `rewrite(path)`."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode


def rewrite(path: Path) -> None:
    """Execute a notebook from top to bottom and save it, without what differs from machine to machine."""
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, folder=path.parent)
    nbformat.write(notebook, path)


def execute(notebook: NotebookNode, *, folder: Path) -> None:
    """Run all cells in a fresh kernel; keep the outputs, and no widget state, timing or version of Python."""
    client = NotebookClient(
        notebook,
        timeout=180,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
    )
    client.execute()
    notebook.metadata = NotebookNode(
        kernelspec=NotebookNode(display_name="Python 3", language="python", name="python3"),
        language_info=NotebookNode(name="python"),
    )
    for cell in notebook.cells:
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "tags"})
