"""What several commands share: options, the settings of a private system, and the form of their reports.

Read next: pdflab/settings.py.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pdflab.settings import Settings


def add_url(command: argparse.ArgumentParser) -> None:
    """Add `--url`, of a running service."""
    command.add_argument("--url", default="http://127.0.0.1:8000", help="the service (default %(default)s)")


def add_folder(command: argparse.ArgumentParser, what: str = "folder of all files") -> None:
    """Add `--folder`."""
    command.add_argument("--folder", type=Path, help=f"{what} (default pdflab-data)")


def private_settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings of a private system, on free ports."""
    a = arguments
    return Settings.from_env(os.environ, folder=a.folder, port=0, sync_port=0, workers=a.workers)


def print_report(arguments: argparse.Namespace, figures: Mapping[str, Any], lines: Iterable[object]) -> None:
    """Print the figures as one JSON object if `--json` was given, otherwise the lines."""
    print(*([json.dumps(figures)] if arguments.json else lines), sep="\n")
