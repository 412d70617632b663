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

from pdflab.cli.course import copy_notebooks, find_notebook, introduction, notebooks
from pdflab.errors import UsageError
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
    """In an empty folder, `pdflab` lays out all notebooks and opens the first; a changed one is kept."""
    folder = tmp_path / "empty"
    (folder / "notebooks").mkdir(parents=True)
    changed = folder / "notebooks" / "02_queue_and_worker.ipynb"
    changed.write_text("{}")

    with opened(environment, folder) as (address, said):
        name = "00_start_here.ipynb"
        contents = address.replace(f"/lab/tree/{name}", f"/api/contents/{name}")
        with urllib.request.urlopen(contents, timeout=30) as answer:
            shown = json.load(answer)["content"]["cells"]

    originals = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert [cell["id"] for cell in shown] == [
        cell["id"] for cell in json.loads(originals[0].read_text())["cells"]
    ]
    assert sorted(file.name for file in (folder / "notebooks").iterdir()) == [file.name for file in originals]
    assert (folder / "notebooks" / name).read_bytes() == originals[0].read_bytes()
    assert changed.read_text() == "{}"
    assert f"notebooks/{changed.name} differs from the one that came with pdflab" in said


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
        f"  Notebooks: in {folder}/notebooks; the files of a lab are in {folder}/notebooks/kept.",
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


def test_a_clone_opens_its_own_notebooks() -> None:
    """Whoever works in a clone edits the notebooks that are committed."""
    assert notebooks() == ROOT / "notebooks"


def test_a_changed_notebook_is_kept_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a student wrote is never written over; what is missing is put back."""
    source, folder = tmp_path / "source", tmp_path / "notebooks"
    source.mkdir()
    for name in ("a.ipynb", "b.ipynb", "c.ipynb"):
        (source / name).write_text(name)
    copy_notebooks(source, folder)
    (folder / "a.ipynb").write_text("mine")
    (folder / "b.ipynb").unlink()

    copy_notebooks(source, folder)

    assert [(folder / f"{name}.ipynb").read_text() for name in "abc"] == ["mine", "b.ipynb", "c.ipynb"]
    [said] = capsys.readouterr().out.splitlines()
    assert "a.ipynb" in said
