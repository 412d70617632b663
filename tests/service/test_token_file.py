"""The file of the token: made once, for one user, and sent to no other machine."""

import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest

from pdflab.errors import UsageError
from pdflab.service.token_file import token_for, with_token
from pdflab.settings import Settings

GIVEN = "a-token-that-was-given"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A system that is not open, in a folder that does not exist yet."""
    return Settings(folder=tmp_path / "new" / "folder")


def test_the_first_start_makes_a_token_that_only_its_user_can_read(settings: Settings) -> None:
    """Whatever the umask is; the folder is for its user alone, too."""
    before = os.umask(0)
    token = with_token(settings).token
    os.umask(before)

    assert token is not None
    assert len(token) == 32
    assert settings.token_file.read_text() == f"{token}\n"
    assert stat.S_IMODE(settings.token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700


def test_a_restart_keeps_it_and_another_folder_has_another(settings: Settings, tmp_path: Path) -> None:
    """Clients that know it are not locked out."""
    first, again = with_token(settings).token, with_token(settings).token
    other = with_token(Settings(folder=tmp_path / "other")).token

    assert first == again != other


def test_a_fresh_one_replaces_it(settings: Settings) -> None:
    """Who took the port while the system was down may have been sent the old one."""
    first, second = with_token(settings).token, with_token(settings, fresh=True).token

    assert first != second
    assert settings.token_file.read_text().strip() == second


def test_processes_that_start_at_once_agree(settings: Settings) -> None:
    """One makes it, and the others wait until it is written."""
    found: list[str | None] = []
    starts = [Thread(target=lambda: found.append(with_token(settings).token)) for _ in range(16)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()

    assert len(found) == 16
    assert len(set(found)) == 1


def test_a_given_token_and_an_open_system_need_no_file(settings: Settings) -> None:
    """They are returned as they are."""
    for chosen in (replace(settings, token=GIVEN), replace(settings, open=True)):
        assert with_token(chosen) == chosen
    assert not settings.folder.exists()


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 32, b"two words are no token\n"])
def test_a_file_without_a_token_is_reported(settings: Settings, content: bytes) -> None:
    """As after a full disk: no system starts with an empty token."""
    settings.folder.mkdir(parents=True)
    settings.token_file.write_bytes(content)

    with pytest.raises(UsageError, match=r"No token in .*token \(.*\)\. Delete it, or set PDFLAB_TOKEN\."):
        with_token(settings)


def test_a_folder_that_cannot_hold_it_is_reported(settings: Settings) -> None:
    """A file in the place of a folder, and a folder in the place of the file."""
    settings.folder.parent.write_text("")
    with pytest.raises(UsageError, match="No token in"):
        with_token(settings)
    settings.folder.parent.unlink()
    settings.token_file.mkdir(parents=True)
    with pytest.raises(UsageError, match="No token in"):
        with_token(settings)


def test_neither_settings_nor_a_saved_line_show_it(settings: Settings) -> None:
    """A traceback or a log may quote settings."""
    assert GIVEN not in repr(replace(settings, token=GIVEN))


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://127.9.9.9", True),
        ("http://localhost:8000/lab", True),
        ("http://[::1]:8000", True),
        ("http://192.0.2.1:8000", False),
        ("http://lab.example:8000", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("nonsense", False),
    ],
)
def test_the_token_of_the_folder_stays_on_this_machine(settings: Settings, url: str, sent: bool) -> None:
    """One that was given goes where its user says."""
    made = with_token(settings).token

    assert token_for(url, settings) == (made if sent else None)
    assert token_for(url, replace(settings, token=GIVEN)) == GIVEN


def test_a_folder_without_a_token_has_none_to_send(settings: Settings) -> None:
    """Nor is one made: the service would not know it."""
    assert token_for("http://127.0.0.1:8000", settings) is None
    assert not settings.folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_cannot_read_it() -> None:
    """Not even where the folder was made by hand, and all may enter it."""
    with TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        settings = with_token(Settings(folder=Path(folder)))
        command = f"ls {folder} && cat {settings.token_file}"

        done = subprocess.run(["sh", "-c", command], user="nobody", cwd="/", capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("token\n", 1)
    assert "Permission denied" in done.stderr
