"""The runs that came with the course, for a machine that is too busy to measure: recorded/LESSON.NAME.json.

PDFLAB_RECORD=FOLDER keeps each valid run of a lesson there.

Read next: pdflab/analysis/run.py.
"""

import os
from importlib.resources import as_file, files
from pathlib import Path

from pdflab.analysis.run import Run
from pdflab.analysis.validity import invalid_reason


def keep(lesson: str, name: str, run: Run) -> None:
    """Save a valid run in the folder that PDFLAB_RECORD names, if it names one."""
    if (folder := os.environ.get("PDFLAB_RECORD")) and not invalid_reason(run):
        run.save(Path(folder) / f"{lesson}.{name}.json")


def load(lesson: str, name: str) -> Run | None:
    """Return the recorded run, or None if none came with the course."""
    with as_file(files("pdflab.notebook.lessons") / "recorded" / f"{lesson}.{name}.json") as path:
        return Run.load(path) if path.exists() else None
