"""`pdflab` opens the course, in a clone and wherever the built package is installed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from venv import EnvBuilder

import pytest
from conftest import eventually, needs
from playwright.sync_api import sync_playwright
from servers import answers, start_browser

from pdflab.__main__ import main
from pdflab.cli.course import find_notebook, introduction, notebooks
from pdflab.errors import UsageError
from pdflab.notebook.lessons.copies import student_files
from pdflab.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the built package; the libraries it needs are those of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    [wheel] = folder.glob("*.whl")
    fresh = folder / "environment"
    EnvBuilder(with_pip=False, symlinks=True).create(fresh)
    python = fresh / "bin" / "python"
    install = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True)
    [site] = fresh.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(
        sysconfig.get_path("purelib")
    )  # its own .pth, the clone's, are not read
    return fresh


@contextmanager
def opened(environment: Path, folder: Path, *words: str) -> Iterator[tuple[str, str]]:
    """Run `pdflab` in a folder, without a browser; give the address it opens and what it said."""
    home = folder.parent / "home"
    ours = {"PDFLAB_FOLDER": "kept"}
    env = os.environ | ours | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home), "BROWSER": "true"}
    log = folder.parent / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [environment / "bin" / "pdflab", *words], cwd=folder, env=env, stdout=out, stderr=out
        )
    try:
        address = re.compile(r"http://127\.0\.0\.1:\d+/lab/tree/\S+")
        eventually(lambda: bool(address.search(log.read_text())) or server.poll() is not None, seconds=60)
        found = address.search(log.read_text())
        assert found, log.read_text()
        eventually(lambda: answers(found[0]), seconds=30)
        yield found[0], log.read_text()
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_the_installed_package_brings_the_course_along(environment: Path, tmp_path: Path) -> None:
    """In an empty folder, `pdflab` makes the student's copies and opens the first; a changed one is kept."""
    folder = tmp_path / "empty"
    course = folder / "pdflab-course"
    course.mkdir(parents=True)
    changed = course / "02_queue_and_worker.ipynb"
    changed.write_text("{}")

    with opened(environment, folder) as (address, said):
        name = "00_start_here.ipynb"
        contents = address.replace(f"/lab/tree/{name}", f"/api/contents/{name}")
        with urllib.request.urlopen(contents, timeout=30) as answer:
            shown = json.load(answer)["content"]["cells"]

    files = student_files(ROOT / "notebooks")
    assert [cell["id"] for cell in shown] == [cell["id"] for cell in json.loads(files[name])["cells"]]
    assert [cell for cell in shown if cell.get("outputs")] == []
    assert {file: (course / file).read_bytes() for file in files} == files | {changed.name: b"{}"}
    assert f"Changed, and kept in pdflab-course: {changed.name};" in said
    git = ["git", "-c", "init.defaultBranch=main", "init", "--quiet", str(folder)]
    subprocess.run(git, check=True)
    seen = subprocess.check_output(["git", "status", "--porcelain"], cwd=folder, text=True)
    assert "pdflab-course" not in seen


def test_another_notebook_opens_where_it_is_said_and_asks_nothing(environment: Path, tmp_path: Path) -> None:
    """By its number, at a free port, at every address; no question about news stands before it."""
    needs("chromium", "chromium")
    needs("redis-server", "redis-server")
    folder = tmp_path / "empty"
    folder.mkdir()
    words = ("--no-browser", "05", "--ip", "0.0.0.0", "--port", "0")

    with opened(environment, folder, *words) as (address, said), sync_playwright() as playwright:
        page = start_browser(playwright).new_page()
        page.goto(address)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        page.wait_for_timeout(2_000)  # the question comes last
        questions = page.locator(".Toastify__toast").all_inner_texts()

    assert "/05_when_things_fail.ipynb?" in address
    assert questions == []
    assert len(said.splitlines()) < 24  # the first lines are still on a small screen
    assert said.splitlines()[:5] == [
        "pdflab opens 05_when_things_fail.ipynb in JupyterLab, at the address that it prints below.",
        f"  Notebooks: in {folder}/pdflab-course; the files of a lab are in {folder}/pdflab-course/kept.",
        f"  Redis: each lab starts its own {shutil.which('redis-server')}.",
        "  Stop: press Ctrl-C twice here; each lab stops with the kernel of its notebook.",
        "  Read on: in the notebook, in the README of pdflab, and by `pdflab --help`.",
    ]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("05", "05_when_things_fail.ipynb"),
        ("05_when_things_fail.ipynb", "05_when_things_fail.ipynb"),
        ("notebooks/05_when_things_fail.ipynb", "05_when_things_fail.ipynb"),
        ("1", "1.ipynb"),
    ],
)
def test_a_notebook_is_found_by_its_beginning(tmp_path: Path, name: str, file: str) -> None:
    """By its number, by its name, with its folder; a whole name wins over the beginning of another."""
    for there in ("05_when_things_fail", "1", "10", "notes"):
        (tmp_path / f"{there}.ipynb").touch()

    assert find_notebook(tmp_path, name) == file


@pytest.mark.parametrize("name", ["07", "0", ".ipynb"])
def test_a_notebook_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, name: str) -> None:
    """None, or one of several: the sentence has all names."""
    for there in ("00_start", "05_end"):
        (tmp_path / f"{there}.ipynb").touch()

    with pytest.raises(UsageError, match="or more than one: take one of 00_start, 05_end"):
        find_notebook(tmp_path, name)


@pytest.mark.parametrize(
    ("url", "path", "said"),
    [
        ("redis://:secret@10.0.0.7/0", "", "redis://:***@10.0.0.7/0, as PDFLAB_REDIS_URL says"),
        (None, "", "embedded, in Python, which is slow and cannot be killed"),
        (None, str(ROOT), "each lab starts its own"),
    ],
)
def test_the_redis_of_the_labs_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str | None, path: str, said: str
) -> None:
    """Before any lab has started; the embedded one with what it cannot do."""
    server = tmp_path / "valkey-server"
    server.touch(mode=0o755)
    monkeypatch.setenv("PATH", path and str(tmp_path))

    _, files, redis, *_ = introduction(Settings(redis_url=url), tmp_path, "a.ipynb", browser=True)

    assert said in redis
    assert ("pdflab-data" in files) == bool(url)


def test_the_installed_package_runs_without_the_clone(environment: Path, tmp_path: Path) -> None:
    """Every file that the service reads is in the package: a lab makes a document."""
    program = (
        "import pdflab; from pdflab.lab import Lab\n"
        "if __name__ == '__main__':\n"
        "    with Lab(workers=1) as lab: lab.burst(3); lab.wait(); print(lab.stats(), pdflab.__file__)"
    )
    (tmp_path / "program.py").write_text(program)

    done = subprocess.run(
        [environment / "bin" / "python", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "completed=3" in done.stdout, done.stderr
    assert str(environment) in done.stdout


def test_a_clone_copies_its_own_notebooks() -> None:
    """Those that are committed; git ignores the copies, wherever in the clone they are made."""
    assert notebooks() == ROOT / "notebooks"
    assert "pdflab-course/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("copy", ["student", "instructor"])
def test_the_command_makes_copies_and_says_where(
    copy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second call renews them, and names the one that was changed."""
    folder = tmp_path / "new" / copy
    assert main(["course", copy, str(folder)]) == 0
    assert capsys.readouterr().out == f"The {copy}'s copies are in {folder}.\n"
    (folder / "00_start_here.ipynb").write_text("mine")

    assert main(["course", copy, str(folder)]) == 0

    kept, _ = capsys.readouterr().out.splitlines()
    assert kept == f"Changed, and kept in {folder}: 00_start_here.ipynb; rename one to get a fresh copy."
    assert (folder / "00_start_here.ipynb").read_text() == "mine"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("a_file", "a_file: File exists; choose another place."),
        ("a_file/below", "a_file/below: Not a directory; choose another place."),
        (str(ROOT / "notebooks"), "notebooks has the originals; choose another folder."),
        ("/proc/copies", "/proc/copies: No such file or directory; choose another place."),
    ],
)
def test_a_place_that_takes_no_copies_is_refused_in_one_sentence(
    folder: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file, a folder that cannot be written, the originals: nothing is made there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()

    assert main(["course", "student", folder]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(said)
