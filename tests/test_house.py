"""What keeps the package readable: its size, its names, its reading order, and a test for each module."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_source import (
    MODULES,
    PACKAGE,
    REPOSITORY,
    imported_names,
    imports,
    modules_in,
    public_names,
    reached,
    tree,
)

_MAX_TOP, _MAX_FOLDER = 7, 12  # files; an __init__.py is not counted
_MAX_CORE, _MAX_PACKAGE = 2_650, 28_900  # lines of Python and Lua
_DATA = ("__pycache__", "lua", "fonts")  # folders that hold no modules

CORE = [  # what a student reads whole in an afternoon, in the order of the route
    "jobs.py",
    "load/generator.py",
    "service/api/submit.py",
    "documents/kinds.py",
    "documents/requests/base.py",
    "documents/requests/custom.py",
    "documents/requests/invoice.py",
    "service/jobqueue/base.py",
    "service/jobqueue/jobqueue.py",
    "service/jobqueue/producer.py",
    "service/jobqueue/consumer.py",
    "service/jobqueue/scripts.py",
    "service/jobqueue/lua/[!dlnr]*.lua",  # without the dashboard's, the naive worker's, and repairs
    "service/jobqueue/lua/rene*.lua",
    "service/jobqueue/lua/rele*.lua",
    "service/eventlog/recorder.py",
    "service/worker/worker.py",
    "service/worker/heartbeat.py",
    "documents/render.py",
    "documents/custom.py",
    "service/storage/base.py",
    "service/storage/folder.py",
    "analysis/metrics.py",
]
JOURNEYS = [  # tests of the whole: they import what they need to watch it, and hold no module's own promises
    "test_browser.py",
    "test_readme.py",
    "test_route.py",
    "test_import_laws.py",
    "contracts/inside.py",
    "contracts/outside.py",
    "lab/test_lab.py",
    "notebook/test_control_room_with_a_lab.py",
    "service/dashboard/test_live_figures.py",
    "support/dashboard_page.py",
    "support/dashboard_fixtures.py",
]
SAME_NAME = {  # names that stand in more than one module, and why
    "main": "each program has one",
    "add_arguments": "each file of commands has one",
    "measure": "each benchmark has one",
    "explain": "each benchmark has one",
    "Question": "a lesson has one, and so has a class",
    "figures": "of a class, and of a file held out",
}
WANTED = {  # public names that only tests use yet: theory, a twin and pictures that lessons are to show
    "erlang_a",
    "fit_scalability",
    "mmc_waiting_percentile",
    "square_root_staffing",
    "synchronous_endpoint",
}


def folders() -> Iterator[Path]:
    return (path for path in [PACKAGE, *PACKAGE.rglob("*")] if path.is_dir() and path.name not in _DATA)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def core() -> list[Path]:
    return sorted({path for pattern in CORE for path in PACKAGE.glob(pattern)})


def code_cells() -> Iterator[ast.Module]:
    """Parse each notebook's cells of code, without the lines that only a notebook understands."""
    for notebook in (REPOSITORY / "notebooks").glob("*.ipynb"):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                source = "".join(cell["source"]).splitlines()
                yield ast.parse("\n".join(line for line in source if not line.startswith(("%", "!"))))


def used_names(node: ast.AST) -> Iterator[str]:
    """Yield each name that is read in some code, and each word of a string that may name one."""
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(text)) if re.fullmatch(r"[\w.:]+", text):
                yield from re.findall(r"\w+", text)


@pytest.mark.parametrize("folder", list(folders()), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_a_folder_can_be_read_at_a_glance(folder: Path) -> None:
    """Seven files at the top, twelve in any folder below."""
    files = [path for path in folder.iterdir() if path.is_file() and path.name != "__init__.py"]

    assert len(files) <= (_MAX_TOP if folder == PACKAGE else _MAX_FOLDER)


def test_the_core_is_read_in_an_afternoon() -> None:
    """Every pattern of it names a file, and all of it has at most 2,600 lines."""
    assert [pattern for pattern in CORE if not list(PACKAGE.glob(pattern))] == []
    assert sum(lines(path) for path in core()) <= _MAX_CORE


def test_the_package_stays_small() -> None:
    """What is added has to be worth what it replaces."""
    assert sum(lines(path) for path in PACKAGE.rglob("*") if path.suffix in (".py", ".lua")) <= _MAX_PACKAGE


def test_a_public_name_stands_in_one_module() -> None:
    """A search for its definition has one result."""
    places = defaultdict(list)
    for module in MODULES:
        for name in set(public_names(module)):
            places[name].append(module)
    doubled = {name: found for name, found in places.items() if len(found) > 1}

    assert {name: found for name, found in doubled.items() if name not in SAME_NAME} == {}
    assert doubled.keys() == SAME_NAME.keys()


def test_every_public_name_is_used_outside_the_tests() -> None:
    """By the package itself, a notebook, README or a program's entry; a route is used by its decorator."""
    used = {name for module in MODULES for name in used_names(tree(PACKAGE / module))}
    used |= {name for cell in code_cells() for name in used_names(cell)}
    for file in ("README.md", "pyproject.toml"):
        used |= set(re.findall(r"\w+", (REPOSITORY / file).read_text(encoding="utf-8")))
    decorated = {
        node.name
        for module in MODULES
        for node in tree(PACKAGE / module).body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    }

    unused = {name for module in MODULES for name in public_names(module)} - used - decorated
    assert unused == WANTED


def next_files(module: str) -> list[str]:
    """Return the files that a module's docstring says to read next, as paths below the package."""
    text = ast.get_docstring(tree(PACKAGE / module)) or ""
    _, _, ahead = text.partition("Read next:")
    return re.findall(r"pdflab/([\w/]+\.(?:py|lua))", ahead)


def test_what_to_read_next_exists() -> None:
    """Each module names its successor by a path from the top of the repository."""
    ahead = {module: next_files(module) for module in MODULES}

    missing = {m: f for m, names in ahead.items() for f in names if not (PACKAGE / f).is_file()}
    assert missing == {}
    assert [module for module in MODULES if not module.endswith("__init__.py") and not ahead[module]] == LAST


LAST = ["__main__.py"]  # where the reading ends


def test_reading_on_leads_through_the_core() -> None:
    """From the package's own docstring, every module of the core is reached."""
    ahead = {module: [name for name in next_files(module) if name.endswith(".py")] for module in MODULES}
    wanted = {
        str(path.relative_to(PACKAGE))
        for path in core()
        if path.suffix == ".py" and path.name != "__init__.py"
    }

    assert wanted - reached("__init__.py", ahead) == set()


def test_every_module_has_a_test_of_its_own() -> None:
    """A test that is not a journey imports it, or the front of its family: there a break is seen first."""
    tests = REPOSITORY / "tests"
    files = [path for path in tests.rglob("*.py") if str(path.relative_to(tests)) not in JOURNEYS]
    imported = {module for path in files for module in modules_in(imported_names(path) | programs_of(path))}
    families = {m: {name for name in imports(m) if family(name) == family(m)} for m in MODULES}
    tested = set().union(*(reached(module, families) for module in imported))

    assert {module for module in MODULES if not module.endswith("__init__.py")} - tested == set()


def family(module: str) -> str:
    """Return the top folder that a module is in; the program is the front of the command line."""
    return module.replace("__main__.py", "cli/").partition("/")[0]


def programs_of(test: Path) -> set[str]:
    """Return the modules that a test's programs import, which are strings for an interpreter of its own."""
    texts = (node.value for node in ast.walk(tree(test)) if isinstance(node, ast.Constant))
    return {name for text in texts for name in re.findall(r"(?:from|import) (pdflab[.\w]+)", str(text))}
