"""The parser: what it loads for a command, and what it offers."""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from pdflab.cli.arguments import private_settings
from pdflab.cli.parser import parser
from pdflab.cli.roles import _broker
from pdflab.errors import UsageError
from pdflab.settings import Settings

HEAVY = {"numpy", "rich", "pydantic", "aiohttp", "fpdf", "flask", "matplotlib", "IPython"}


@pytest.mark.parametrize("role", ["worker", "recorder", "api"])
def test_the_parser_of_a_role_loads_nothing_that_another_command_needs(role: str) -> None:
    """A worker is small: the tables, charts and models of other commands are not in it."""
    code = (
        "import sys; from pdflab.cli.parser import parser; parser().parse_args(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code, role], text=True).split()

    assert not HEAVY & set(loaded)


def test_without_a_command_the_course_is_opened() -> None:
    """`pdflab` alone is the first of README's commands."""
    assert parser().parse_args([]).run.__name__ == "open_course"


@pytest.mark.parametrize(
    "words", ["05 --no-browser --port 9000", "--port 9000 05 --no-browser", "--no-browser --port 9000 05"]
)
def test_a_notebook_stands_before_or_after_its_options(words: str) -> None:
    """What begins with no command's name is for JupyterLab."""
    chosen = vars(parser().parse_args(words.split()))

    assert chosen.pop("run").__name__ == "open_course"
    assert chosen == {"notebook": "05", "ip": None, "port": 9000, "no_browser": True}


def test_a_private_system_takes_free_ports(tmp_path: Path) -> None:
    """A demo runs beside whatever has the usual ports."""
    settings = private_settings(Namespace(folder=tmp_path, workers=3))

    assert (settings.port, settings.sync_port, settings.workers, settings.folder) == (0, 0, 3, tmp_path)


def test_a_role_alone_needs_a_redis_that_others_share() -> None:
    """A private one would be empty, and the role would wait for ever."""
    with pytest.raises(UsageError, match="A worker alone needs a Redis that the others share"):
        _broker(Settings(), "worker", known=False)


def test_a_guarded_role_waits_for_a_redis_that_is_away() -> None:
    """Its supervisor has seen Redis answer: the role does not ask again, and does not end."""
    settings = Settings(redis_url="redis://127.0.0.1:9/0")

    assert _broker(settings, "worker", known=True).url == settings.redis_url
