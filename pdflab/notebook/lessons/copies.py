"""The copies of the course: the student's without outputs and solutions, the instructor's with answers.

A solution in code stands between `### BEGIN SOLUTION` and `### END SOLUTION`, as nbgrader has it. One in
prose is a `<details>` block; the sentence that announces it ends with a colon, and goes with it.

Read next: pdflab/notebook/lessons/lesson.py.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from pdflab.classroom.script import ACTS

_TEXTS = Path(__file__).parent / "texts"
_GUIDE = Path(__file__).parents[2] / "classroom" / "web" / "guide.md"
_MADE = ".pdflab-copies"  # the hash of every copy that was ever made in its folder, one a line
_CODE = re.compile(r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*", re.DOTALL | re.MULTILINE)
_PROSE = re.compile(r"([^\n]+(?:\n[^\n]+)*:\s+)?<details.*?</details>\s*", re.DOTALL)
_PICTURE = re.compile(r'(?:\]\(|src=\\")(pictures/[^)"\\\s]+)')  # in the text of a notebook's JSON


def student_files(source: Path) -> dict[str, bytes]:
    """Return the files of the student's copy of a folder of notebooks, by name."""
    copies = {path.name: student_copy(json.loads(path.read_bytes())) for path in _notebooks(source)}
    written = {name: json.dumps(copy, indent=1, ensure_ascii=False) for name, copy in copies.items()}
    return {name: f"{text}\n".encode() for name, text in written.items()} | _pictures(source)


def instructor_files(source: Path) -> dict[str, bytes]:
    """Return the executed notebooks, and for each lesson with texts a page of its questions and answers."""
    pages = {}
    for path in _notebooks(source):
        if (texts := _TEXTS / f"{path.stem}.toml").exists():
            lines = _page(path.stem, tomllib.loads(texts.read_text(encoding="utf-8")))
            pages[f"{path.stem}.md"] = "\n\n".join(lines).encode() + b"\n"
    pages["classroom.md"] = classroom_page().encode()
    return {path.name: path.read_bytes() for path in _notebooks(source)} | _pictures(source) | pages


def classroom_page() -> str:
    """Return the page of a teacher who plays the classroom: its acts, and what to do if it fails."""
    acts = (f"{number}. **{act.title}** ({act.minutes} min). {act.say}" for number, act in enumerate(ACTS, 1))
    return _GUIDE.read_text(encoding="utf-8").replace("{acts}", "\n".join(acts))


def student_copy(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notebook without outputs and solutions; a cell that was nothing but a solution is left out."""
    pairs = [(cell, _for_student(cell)) for cell in notebook["cells"]]
    return {**notebook, "cells": [copy for cell, copy in pairs if copy["source"] or not cell["source"]]}


def renew(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """Write copies into a folder; return the names of those that were changed since, and are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    made = set((_read(folder / _MADE) or b"").split())
    there = {name: _read(folder / name) for name in files}
    changed = (name for name, now in there.items() if now is not None and _hash(now) not in made)
    kept = [name for name in changed if there[name] != files[name]]
    _replace(folder / _MADE, b"\n".join(sorted(made | {_hash(data) for data in files.values()})))
    for name, data in files.items():
        if name not in kept and there[name] != data:
            _replace(folder / name, data)
    return kept


def _notebooks(source: Path) -> list[Path]:
    return sorted(source.glob("*.ipynb"))


def _pictures(source: Path) -> dict[str, bytes]:
    texts = (path.read_text(encoding="utf-8") for path in _notebooks(source))
    return {name: (source / name).read_bytes() for text in texts for name in _PICTURE.findall(text)}


def _for_student(cell: Mapping[str, Any]) -> dict[str, Any]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "code":
        lines = _CODE.sub(r"\1...", text).splitlines(keepends=True)
        return {**cell, "source": lines, "outputs": [], "execution_count": None}
    return {**cell, "source": _PROSE.sub(_not_announced, text).strip().splitlines(keepends=True)}


def _not_announced(solution: re.Match[str]) -> str:
    """Return the paragraph before a solution, without the sentence that announces it."""
    ahead = solution[1] or ""
    start = max((end.end() for end in re.finditer(r"[.?!]\**\s+(?=\S)", ahead)), default=0)
    return f"{ahead[:start].rstrip()}\n\n" if start else ""


def _page(name: str, texts: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {name}: what it asks, and what to answer"
    for key, asked in texts.get("predict", {}).items():
        kind = ", in ".join(filter(None, (asked.get("kind", "number"), asked.get("unit"))))
        yield f"**Predict `{key}`** ({kind}): {asked['ask']}"
    for key, asked in texts.get("check", {}).items():
        yield f"**Check `{key}`**: {asked['ask']}"
        yield "\n".join(_answers(asked))
        yield asked.get("why", "")


def _answers(asked: Mapping[str, Any]) -> Iterator[str]:
    """Yield the right answer and the replies to wrong ones, each as an item of a list."""
    for option in asked.get("options", ()):
        yield f"* {option['text']}: {'**right**' if option.get('right') else option.get('reply', '')}"
    if "answer" in asked:
        yield f"* {asked['answer']} {asked.get('unit', '')}: **right**"
    for wrong, reply in asked.get("replies", {}).items():
        yield f"* {wrong} {asked.get('unit', '')}: {reply}"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _hash(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()


def _replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    aside.write_bytes(data)
    aside.replace(path)
