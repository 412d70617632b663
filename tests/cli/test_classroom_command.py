"""`pdflab classroom` as a teacher meets it: it opens, saves and replays; a typing error is a sentence."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import children_of, eventually, lives
from servers import listens

from pdflab.classroom.recording import Recording

Process = subprocess.Popen[str]


@contextmanager
def classroom(folder: Path, *words: str) -> Iterator[Process]:
    command = [sys.executable, "-m", "pdflab", "classroom", "--host", "127.0.0.1", "--port", "0", *words]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = os.environ | {"TMPDIR": str(folder)}
    with subprocess.Popen(command, cwd=folder, text=True, env=env, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def said_until(process: Process, words: str) -> str:
    """Return what it says up to a line with these words."""
    said = ""
    while words not in said and (line := process.stdout.readline()):  # type: ignore[union-attr]
        said += line
    assert words in said, (said, process.poll())
    return said


def port_of(said: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/projector\?token=", said)
    assert found
    return int(found[1])


def test_a_class_is_opened_saved_and_replayed(tmp_path: Path) -> None:
    """With simulated phones that join by its code; Ctrl-C ends it, and nothing is left running."""
    with classroom(tmp_path, "--simulated-phones", "3", "--save", "saved") as process:
        said = said_until(process, "Saved in")
        eventually(lambda: phones_in(said) == 3, seconds=30)
        children = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=40)

    assert (process.returncode, err) == (0, "")
    assert "The class is over." in out
    assert not listens(port_of(said))
    eventually(lambda: not any(map(lives, children)), seconds=10)
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    assert len(Recording.load(tmp_path / "saved").joined) == 3

    with classroom(tmp_path, "--replay", "saved", "--speed", "2") as process:
        assert "Replaying saved." in said_until(process, "Projector:")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[1] == ""
    assert process.returncode == 0


def phones_in(said: str) -> int:
    """Return how many phones the projector shows."""
    address = re.search(r"http://\S+/projector\?token=(\S+)", said)
    assert address
    url = f"http://127.0.0.1:{port_of(said)}/api/screen"
    request = urllib.request.Request(url, headers={"Cookie": f"pdflab_teacher={address[1]}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        found = re.search(rb'"phones":(\d+)', answer.readline())
    assert found
    return int(found[1])


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_class_whose_program_is_ended_leaves_nothing(tmp_path: Path, how: signal.Signals) -> None:
    """SIGTERM closes it, with its record; after SIGKILL at least nothing runs on, nor do its phones."""
    with classroom(tmp_path, "--simulated-phones", "2", "--workers", "1", "--save", "saved") as process:
        said = said_until(process, "Saved in")
        eventually(lambda: phones_in(said) == 2, seconds=30)
        children = children_of(process.pid)
        process.send_signal(how)
        process.wait(40)

    eventually(lambda: not any(map(lives, children)), seconds=15)
    assert not listens(port_of(said))
    eventually(lambda: [path.name for path in tmp_path.iterdir()] == ["saved"], seconds=10)
    assert (tmp_path / "saved" / "class.json").exists() == (how == signal.SIGTERM)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--simulated-phones", "501"], "--simulated-phones must be between 0 and 500"),
        (["--simulated-phones", "-1"], "--simulated-phones must be between 0 and 500"),
        (["--phones", "0"], "room for 1 to 500 phones"),
        (["--patience", "nan"], "up to 300 seconds"),
        (["--work", "11"], "up to 10 seconds"),
        (["--workers", "0"], "workers must be 1 or more"),
        (["--port", "70000"], "A port is between 0, which is any free one, and 65535"),
        (["--minutes", "inf"], "up to 600 minutes"),
        (["--url", "class.example.org"], "--url must begin with http"),
        (["--host", "203.0.113.1"], "choose another address"),
        (["--replay", "nowhere"], "nowhere has no class that pdflab saved"),
        (["--replay", "."], "has no class that pdflab saved"),
        (["--save", "/proc/x"], "/proc/x"),
        (["--save", "taken"], "taken has a class already; name another folder"),
        (["--phoness", "3"], "unrecognized arguments: --phoness"),
        (["--port", "many"], "invalid int value: 'many'"),
    ],
)
def test_what_is_impossible_is_refused_in_a_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    """No traceback, exit code 2, and nothing is left."""
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "class.json").write_text("{}")
    with classroom(tmp_path, *words) as process:
        _, err = process.communicate(timeout=40)

    assert process.returncode == 2
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
