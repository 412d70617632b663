"""What several commands take alike: how a command is added, and its usual options.

Read next: cli/terminal.py.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from pdflab.settings import Settings

Commands: TypeAlias = "argparse._SubParsersAction[CommandParser]"


class CommandParser(argparse.ArgumentParser):
    """The parser of a command whose arguments are added when they are needed: that may import much."""

    arguments: Callable[[argparse.ArgumentParser], None] | None = None

    def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:
        if self.arguments:
            add, self.arguments = self.arguments, None
            add(self)
        return super().parse_known_args(*args, **kwargs)


def add_command(
    commands: Commands,
    name: str,
    what: str,
    run: Callable[[argparse.Namespace], int],
    *,
    arguments: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.ArgumentParser:
    """Add a command and return its parser; `arguments` adds those that are slow to list, when it is used."""
    command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    command.arguments = arguments
    command.set_defaults(run=run)
    return command


def add_json(command: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def add_url(command: argparse.ArgumentParser) -> None:
    """Add `--url`, of a running service."""
    default = "http://127.0.0.1:8000"
    command.add_argument("--url", default=default, help=f"the service (default {default})")


def add_folder(command: argparse.ArgumentParser, what: str = "folder of all files") -> None:
    """Add `--folder`."""
    command.add_argument("--folder", type=Path, help=f"{what} (default pdflab-data)")


def private_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings of a private system, on free ports."""
    a = arguments
    return Settings.from_env(os.environ, folder=a.folder, port=0, sync_port=0, workers=a.workers)
