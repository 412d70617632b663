"""The runs that came with the course, for a busy machine: recorded/LESSON.NAME.json.gz.

PDFLAB_RECORD=FOLDER keeps each valid run of a lesson there.

Read next: pdflab/analysis/run.py.
"""

import gzip
import os
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason

_SETTINGS = ("workers", "timeout", "clients", "sync_backlog", "tries", "backoff", "jitter", "budget")
_INSTEAD = "Shown instead: the run that came with the course."
_AGAIN = "Its figures say little about the service. Close other programs, and press the button again."


def keep(lesson: str, name: str, run: Run) -> None:
    """Save a valid run, without the places of this machine, in the folder that PDFLAB_RECORD names."""
    if not (folder := os.environ.get("PDFLAB_RECORD")) or invalid_reason(run):
        return
    kept = replace(run, settings={key: run.settings.get(key) for key in _SETTINGS})
    with TemporaryDirectory() as aside:
        kept.save(Path(aside) / "run.json")
        packed = gzip.compress((Path(aside) / "run.json").read_bytes(), mtime=0)
    (Path(folder) / f"{lesson}.{name}.json.gz").write_bytes(packed)


def instead_of(run: Run, lesson: str, name: str) -> tuple[Run, str]:
    """Return a run if it is valid, or else the recorded one, if any; and what is wrong, or nothing."""
    if not (reason := invalid_reason(run)):
        return run, ""
    other = load(lesson, name)
    return other or run, f"This machine was too busy. {reason} {_INSTEAD if other else _AGAIN}"


def load(lesson: str, name: str) -> Run | None:
    """Return the recorded run, or None if none came with the course."""
    with (
        as_file(files("pdflab.notebook.lessons") / "recorded" / f"{lesson}.{name}.json.gz") as packed,
        TemporaryDirectory() as aside,
    ):
        if not packed.exists():
            return None
        path = Path(aside) / "run.json"
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        return Run.load(path)
