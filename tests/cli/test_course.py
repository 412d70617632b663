"""`pdflab` opens the course, in a clone and wherever the built package is installed."""

import json
import os
import re
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
from conftest import eventually
from servers import answers

from pdflab.cli.course import copy_notebooks, notebooks

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
def opened(environment: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Run `pdflab` in a folder, without a browser; give the address it opens and what it said."""
    home = folder.parent / "home"
    env = os.environ | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home), "BROWSER": "true"}
    log = folder.parent / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [environment / "bin" / "pdflab"], cwd=folder, env=env, stdout=out, stderr=out
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
