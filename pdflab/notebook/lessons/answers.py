"""What a student has predicted and answered in a lesson, kept in answers/NAME.json beside the notebook.

With PDFLAB_REHEARSAL=FILE, a TOML of predictions and answers, a lesson runs unattended and keeps nothing.

Read next: pdflab/notebook/lessons/lesson.py.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pdflab.errors import UsageError

FOLDER = Path("answers")


class Answers:
    """Predictions and answers by name; each change is written at once. Raises UsageError if it cannot be."""

    def __init__(self, lesson: str, *, folder: Path = FOLDER) -> None:
        self._path = folder / f"{lesson}.json"
        self._given: dict[str, dict[str, Any]] = _read(self._path)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Return what is kept of a prediction ("predict") or a question ("check"): plain data."""
        found: dict[str, Any] = self._given.get(kind, {}).get(name, {})
        return found

    def put(self, kind: str, name: str, **values: Any) -> None:
        """Keep values of a prediction or a question, beside those that it has."""
        kept = self._given.setdefault(kind, {}).setdefault(name, {})
        kept |= values
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._path.with_suffix(".new")
            aside.write_text(json.dumps(self._given, indent=1, ensure_ascii=False), encoding="utf-8")
            aside.replace(self._path)
        except OSError as error:
            where = self._path.parent.resolve()
            raise UsageError(f"Your answer counts, but {where} takes no file: {error.strerror}.") from error


class Rehearsal(Answers):
    """Answers that were handed in beforehand; nothing is kept."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = {
            "predict": {name: {"value": value} for name, value in given.get("predict", {}).items()},
        }

    def put(self, kind: str, name: str, **values: Any) -> None:
        """Keep values until the kernel ends."""
        self._given.setdefault(kind, {}).setdefault(name, {}).update(values)


def answers_of(lesson: str) -> Answers:
    """Return the student's answers, or those of the rehearsal that PDFLAB_REHEARSAL names.

    It names a file, or a folder of files NAME.toml.
    """
    if not (named := os.environ.get("PDFLAB_REHEARSAL")):
        return Answers(lesson)
    path = Path(named)
    path = path / f"{lesson}.toml" if path.is_dir() else path
    try:
        return Rehearsal(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"PDFLAB_REHEARSAL names {path}, which cannot be read: {error}.") from error


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return what a file keeps; one that is damaged is put aside, so that the lesson goes on."""
    try:
        kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(kept, dict):
            raise ValueError("It holds no answers.")
    except ValueError:
        path.replace(path.with_suffix(".damaged"))
        return {}
    except OSError:
        return {}
    return kept
