"""Finds the font files of this machine: DejaVu, which comes with matplotlib, and those in a user's folder.

It reads no file: a worker that renders only Western text never loads a font.
Read next: pdflab/documents/typesetting/font_book.py.
"""

import logging
from importlib.util import find_spec
from pathlib import Path

from pdflab.documents.typesetting.font_book import FontBook, FontFile
from pdflab.errors import UsageError

_log = logging.getLogger(__name__)
_SUFFIXES = (".ttf", ".otf", ".ttc")


def find_fonts(folder: Path | None = None) -> FontBook:
    """Return the fonts to draw with: DejaVu first, then those in the folder and its subfolders, by name.

    Raises UsageError when there is no such folder.
    """
    if folder and not folder.is_dir():
        raise UsageError(f"fonts={folder} is no folder; name one with .ttf, .otf or .ttc files in it.")
    own = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES) if folder else []
    files = [*_dejavu(), *own]
    return FontBook([FontFile(_is_bold(path), path.read_bytes) for path in files])


def _dejavu() -> list[Path]:
    """Locate DejaVu Sans without importing matplotlib, which takes a second and 50 MB."""
    found = find_spec("matplotlib")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" if found and found.origin else Path()
    files = [path for path in (folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf") if path.is_file()]
    if not files:
        _log.warning("matplotlib has no DejaVu Sans: only Western text can be drawn. Install it again.")
    return files


def _is_bold(path: Path) -> bool:
    return "bold" in path.stem.lower()
