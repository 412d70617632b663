"""What several commands share: common options, and the settings of a private system.

Read next: pdflab/settings.py.
"""

import argparse
import os
from pathlib import Path

from pdflab.settings import Settings


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
