"""Fonts are found where they are, and read only when a letter asks for them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pdflab.errors import UsageError
from pdflab.service.worker.font_files import find_fonts
from pdflab.settings import Settings


def ask(code: str) -> object:
    return json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))


def test_dejavu_comes_with_matplotlib_which_is_not_loaded() -> None:
    """A worker that draws Cyrillic never loads the library that draws charts."""
    code = (
        "import json, sys; from pdflab.service.worker.font_files import find_fonts;"
        "face = find_fonts().face_for('Ж', True);"
        "print(json.dumps([face.name[7:], 'matplotlib' in sys.modules]))"
    )

    assert ask(code) == ["DejaVuSans-Bold", False]


def test_a_folder_adds_its_fonts_and_those_of_the_folders_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, whatever the case of its ending; a read-me is no font."""
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or b"")
    read: list[str] = []
    (tmp_path / "more").mkdir()
    for name in ("b.ttf", "more/A.OTF", "c-Bold.ttc", "README.txt"):
        (tmp_path / name).touch()

    fonts = find_fonts(tmp_path)
    assert read == []
    assert fonts.face_for("請", False) is None
    assert [name for name in read if "DejaVu" not in name] == ["b.ttf", "A.OTF", "c-Bold.ttc"]


def test_bold_letters_come_from_bold_files_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regular one helps out where there is no other."""
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or b"")
    read: list[str] = []
    for name in ("a.ttf", "b-Bold.ttf"):
        (tmp_path / name).touch()

    find_fonts(tmp_path).face_for("請", True)

    assert read == ["DejaVuSans-Bold.ttf", "b-Bold.ttf", "DejaVuSans.ttf", "a.ttf"]


def test_a_folder_that_is_not_there_is_reported_at_once(tmp_path: Path) -> None:
    """A misspelt setting stops a worker before its first job."""
    with pytest.raises(UsageError, match="is no folder"):
        find_fonts(tmp_path / "misspelt")


def test_the_folder_is_a_setting(tmp_path: Path) -> None:
    """PDFLAB_FONTS reaches a worker of its own."""
    settings = Settings.from_env({"PDFLAB_FONTS": str(tmp_path)})

    assert settings.fonts == tmp_path
    assert Settings.from_env(settings.to_env()) == settings
