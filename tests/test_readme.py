"""README is read by people who type what it says: every command in it works, every setting is in it."""

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


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith(".venv/bin/pdflab")])
def test_every_command_is_one_that_pdflab_knows(line: str) -> None:
    """What README tells to type has the words and options of today; others run them."""
    assert parser().parse_args(shlex.split(line)[1:]).run


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
    assert all((ROOT / picture).stat().st_size < 60_000 for picture in pictures)
    assert not re.findall(r"^[A-Z]{4,}$", README, re.MULTILINE)


def test_ci_runs_the_test_command_that_readme_gives() -> None:
    """What is tested is what a reader types."""
    [line] = [line for line in SHELL if "pytest" in line]

    assert line.rpartition("&& ")[2] in (ROOT / ".ci" / "run").read_text()


def test_every_setting_is_in_the_table_with_its_default() -> None:
    """A setting that README does not name does not exist for its reader."""
    rows = dict(re.findall(r"\| `PDFLAB_(\w+)` \| (\S+) \|", README))

    for field in fields(Settings):
        default = "–" if field.default is None else f"`{field.default}`"
        assert rows[field.name.upper()] == default
