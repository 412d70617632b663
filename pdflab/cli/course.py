"""`pdflab` alone opens the student's copies in ./pdflab-course/; `pdflab course` makes copies elsewhere.

Both come from the clone's notebooks, or from those in the package.

Read next: pdflab/notebook/lessons/copies.py, pdflab/__main__.py.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pdflab.errors import UsageError, require
from pdflab.notebook.lessons import copies
from pdflab.settings import Settings

_FIRST = "00_start_here"
_PACKAGE = Path(__file__).parents[1]
_DEFAULTS = Path(__file__).parent / "jupyter"  # of settings; whoever has chosen news keeps them
_INSTALLED = _PACKAGE / "notebooks"  # in a wheel; in a clone, the folder is beside the package
_FOLDER = Path("pdflab-course")  # of the copies that `pdflab` opens
_HIDDEN = {".gitignore": b"*\n"}  # git sees nothing in it


def add_arguments(command: argparse.ArgumentParser, name: str = "") -> None:
    """Add the arguments of `course`, or the options of JupyterLab that `pdflab` alone takes."""
    if name == "course":
        command.set_defaults(run=_copy_course)
        command.add_argument("copy", choices=("student", "instructor"), help="without answers, or with them")
        command.add_argument("folder", type=Path, metavar="FOLDER", help="where they are made or renewed")
        return
    command.set_defaults(run=open_course, notebook=_FIRST)
    command.add_argument("--ip", metavar="ADDRESS", help="where JupyterLab listens (default localhost)")
    command.add_argument("--port", type=int, help="its port (default 8888 or the next free one; 0 is any)")
    command.add_argument("--no-browser", action="store_true", help="open no browser, print the address")


def open_course(arguments: argparse.Namespace) -> int:
    """Open JupyterLab on a notebook, and say so before it prints lines of its own."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError("JupyterLab is not installed: install pdflab with its extra [lab], as README shows.")
    settings, folder = Settings.from_env(os.environ), _FOLDER
    _renew(folder, copies.student_files(notebooks()) | _HIDDEN)
    name, address = find_notebook(folder, arguments.notebook), _address_options(arguments.ip, arguments.port)
    browser = not arguments.no_browser and _has_browser()
    print(*introduction(settings, folder.resolve(), name, browser=browser), sep="\n  ", flush=True)
    options = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url=/lab/tree/{quote(name)}", *address]
    if "JUPYTER_TOKEN" not in os.environ:  # with a token of one's own, only the long log has the address
        options += ["--ServerApp.log_level=WARN", "--LabApp.log_level=WARN"]  # its log hides our lines
    if not browser:
        options.append("--no-browser")  # it then prints its address and waits
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--allow-root")  # in a container, root is the usual user
    command, env = [sys.executable, "-m", "jupyterlab", *options], os.environ | _without_news(os.environ)
    if os.name == "posix":
        os.execve(sys.executable, command, env)  # from here on, JupyterLab handles Ctrl-C and the terminal
    return subprocess.run(command, check=False, env=env).returncode


def introduction(settings: Settings, folder: Path, name: str, *, browser: bool) -> list[str]:
    """Return what a first run needs: what opens, where all is, which Redis, how to stop, where to read on."""
    kept = settings.has_places or os.environ.get("PDFLAB_FOLDER")
    files = f"in {folder / settings.folder}" if kept else "temporary; set PDFLAB_FOLDER to keep them"
    how = "in the browser" if browser else "at the address that it prints below"
    return [
        f"pdflab opens {name} in JupyterLab, {how}.",
        f"Notebooks: in {folder}; the files of a lab are {files}.",
        f"Redis: {_redis(settings)}.",
        "Stop: press Ctrl-C twice here; each lab stops with the kernel of its notebook.",
        "Read on: in the notebook, in the README of pdflab, and by `pdflab --help`.",
    ]


def names_notebook(word: str) -> bool:
    """Return whether a word on the command line names a notebook rather than a command."""
    return word[:1].isdigit() or word.endswith(".ipynb")


def find_notebook(folder: Path, name: str) -> str:
    """Return the file that a name means, or its first letters. Raises UsageError with the names there are."""
    stem = Path(name).name.removesuffix(".ipynb")
    names = sorted(path.stem for path in folder.glob("*.ipynb"))
    found = [one for one in names if one == stem] or [one for one in names if one.startswith(stem)]
    known = ", ".join(names)
    require(len(found) == 1, f"There is no notebook {name!r}, or more than one: take one of {known}.")
    return f"{found[0]}.ipynb"


def notebooks() -> Path:
    """Return the folder of the notebooks that copies are made from."""
    return _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "notebooks"


def _copy_course(arguments: argparse.Namespace) -> int:
    """Make the copies, or renew them."""
    folder, source = arguments.folder, notebooks()
    require(folder.resolve() != source.resolve(), f"{folder} has the originals; choose another folder.")
    make = copies.student_files if arguments.copy == "student" else copies.instructor_files
    _renew(folder, make(source))
    print(f"The {arguments.copy}'s copies are in {folder}.")
    return 0


def _renew(folder: Path, files: Mapping[str, bytes]) -> None:
    if kept := ", ".join(copies.renew(folder, files)):
        print(f"Changed, and kept in {folder}: {kept}; rename one to get a fresh copy.", flush=True)


def _address_options(ip: str | None, port: int | None) -> list[str]:
    """Return JupyterLab's options for an address. Raises UsageError for one on which it would fail."""
    from pdflab.service.http.server import listen  # whose server not every command needs to load

    require(0 <= (port or 0) <= 65_535, "--port must be between 0 and 65535.")
    host = "" if ip == "*" else ip or "127.0.0.1"
    listen(host, port or 0, setting="--port").close()
    chosen = [] if port is None else [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    return chosen if ip is None else [*chosen, f"--ServerApp.ip={ip}"]


def _without_news(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable that makes "no" the default answer to whether JupyterLab fetches news."""
    paths = [str(_DEFAULTS), environ.get("JUPYTER_CONFIG_PATH", "")]
    return {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, paths))}


def _has_browser() -> bool:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _redis(settings: Settings) -> str:
    from pdflab.service.jobqueue.foreign_redis import without_password  # not every command needs them
    from pdflab.service.jobqueue.redis_server import server_program

    if settings.redis_url:
        return f"{without_password(settings.redis_url)}, as PDFLAB_REDIS_URL says"
    if program := server_program():
        return f"each lab starts its own {program}"
    return "embedded, in Python, which is slow and cannot be killed; for all lessons, install redis-server"
