"""README is read by people who type what it says: every command in it works, every setting is in it."""

import inspect
import json
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from pdflab.cli.parser import parser
from pdflab.documents.kinds import parse_request
from pdflab.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


RUN_BY = {  # each command that README gives, and the test that runs it
    "": "cli/test_course.py",
    "demo": "cli/test_command_line.py",
    "audit": "cli/test_command_line.py",
    "up": "cli/test_command_line.py",
    "load": "cli/test_load.py",
    "chaos": "chaos/test_chaos.py",
    "sample": "documents/test_proofs.py",
    "bench render": "benchmarks/test_bench_render.py",
    "bench queue": "benchmarks/test_bench_queue.py",
    "plan": "cli/test_plan_command.py",
    "twin": "experiments/test_prediction_error.py",
}


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith(".venv/bin/pdflab")])
def test_every_command_is_one_that_pdflab_knows_and_a_test_runs(line: str) -> None:
    """What README says to type has the commands and options of today."""
    words = shlex.split(line)[1:]
    name = " ".join(words[:2]) if words[0] == "bench" else words[0]

    assert parser().parse_args(words).run
    tested = words[-1] if words[0] == "bench" else f'"{name}"'
    assert tested in (ROOT / "tests" / RUN_BY[name]).read_text()


INLINE = re.findall(r"`pdflab ([a-z][^`]*)`", README)


@pytest.mark.parametrize("command", INLINE)
def test_a_command_within_a_sentence_is_known(command: str) -> None:
    """Each is one that the parser takes."""
    assert parser().parse_args(command.split()).run


def test_the_classroom_and_both_copies_are_within_sentences() -> None:
    """The test above has something to test."""
    assert {"course student FOLDER", "course instructor FOLDER", "classroom"} <= set(INLINE)


def test_every_command_is_in_readme() -> None:
    """No row of the table above is about a command that README no longer gives."""
    given = "\n".join(SHELL)

    assert all(f"pdflab {name}".strip() in given for name in RUN_BY)


def test_the_request_that_readme_sends_is_accepted() -> None:
    """The first document that a reader asks for by hand is a valid one."""
    [line] = [line for line in SHELL if line.startswith("curl -i")]
    body = shlex.split(line)[-1]

    assert parse_request(json.loads(body)).type == "custom"


def test_the_program_in_readme_runs(tmp_path: Path) -> None:
    """The seven lines of Python work when pasted."""
    [program] = PYTHON

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert "completed=50" in done.stdout, done.stderr


def test_every_picture_is_there_and_every_figure_is_filled_in() -> None:
    """No broken picture, no word that waits for a table."""
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)

    assert len(pictures) == 2
    sizes = {picture: (ROOT / picture).stat().st_size for picture in pictures}
    assert all(size < (600_000 if picture.endswith(".gif") else 60_000) for picture, size in sizes.items())
    assert not re.findall(r"^[A-Z]{4,}$", README, re.MULTILINE)


def test_ci_runs_the_test_command_that_readme_gives() -> None:
    """What is tested is what a reader types."""
    [line] = [line for line in SHELL if "pytest" in line]

    assert line.rpartition("&& ")[2] in (ROOT / ".ci" / "run").read_text()


def test_every_setting_is_in_the_table_with_its_default_and_its_meaning() -> None:
    """README says of a setting what its comment says."""
    rows = re.findall(r"\| `PDFLAB_(\w+)` \| (\S+) \| (.+) \|", README)
    meanings = dict(re.findall(r"^    (\w+): .*?  # (.+)$", inspect.getsource(Settings), re.MULTILINE))

    expected = [
        (field.name.upper(), "–" if field.default is None else f"`{field.default}`", meanings[field.name])
        for field in fields(Settings)
    ]

    assert rows == expected


def test_readme_is_read_at_a_sitting() -> None:
    """Tables of figures stand where their command is explained."""
    assert len(README.splitlines()) < 200
