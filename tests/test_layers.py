"""The laws of import: who may know whom, read off the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pdflab

ROOT = Path(pdflab.__file__).parent
MODULES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))
PURE_FILES = ("load/plan.py", "load/arrivals.py", "analysis/columns.py", "analysis/run.py")
PURE_FILES += ("analysis/metrics.py", "analysis/queue_metrics.py", "analysis/validity.py")
PACKAGE_DATA = "documents/samples/catalogue.py"
PURE = [name for name in MODULES if name.startswith(("documents/", "simulation/")) or name in PURE_FILES]

ENDPOINTS = {  # each third-party library, and the only places that know it
    "redis": (
        "service/jobqueue/jobqueue.py",
        "service/jobqueue/monitor.py",
        "service/eventlog/recorder.py",
        "service/jobqueue/redis_server.py",
        "service/worker/naive.py",
    ),
    "fakeredis": ("service/jobqueue/embedded_redis.py", "service/jobqueue/redis_server.py"),
    "flask": (
        "service/api/app.py",
        "service/api/sync.py",
        "service/http/server.py",
        "service/http/errors.py",
    ),
    "werkzeug": ("service/http/errors.py", "service/http/openapi.py"),
    "waitress": ("service/http/server.py",),
    "prometheus_client": ("service/api/prometheus.py",),
    "pydantic": ("documents/",),
    "pydantic_core": ("documents/",),
    "fpdf": ("documents/",),
    "aiohttp": ("load/generator.py",),
    "filelock": ("service/eventlog/recorder.py", "lab/system.py"),
    "matplotlib": ("notebook/", "experiments/report.py"),
    "ipywidgets": ("notebook/",),
    "IPython": ("notebook/",),
    "pypdfium2": ("notebook/",),
    "rich": (
        "cli/commands.py",
        "cli/terminal.py",
        "experiments/comparison.py",
        "experiments/coordinated_omission.py",
        "cli/chaos.py",
        "cli/load.py",
        "cli/plan.py",
    ),
    "numba": ("simulation/fcfs.py",),
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """Every module that this one imports, wherever in it, by its full name; none is relative."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def ours(module: str) -> set[str]:
    """The modules of pdflab that this one imports, as paths such as service/api/app.py."""
    paths = {name.removeprefix("pdflab.").replace(".", "/") + ".py" for name in imports(module)}
    return paths & set(MODULES)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs when the module is imported: not what waits inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
            continue
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = [*getattr(child, "decorator_list", []), *child.args.defaults, *child.args.kw_defaults]
            yield from (node for part in inside if part for node in ast.walk(part))
        else:
            yield from at_import(child)


def test_api_and_worker_never_meet() -> None:
    """They meet in the queue alone: neither imports the other, nor anything that does."""
    for one, other in (
        ("service/api/app.py", "service/worker/worker.py"),
        ("service/worker/worker.py", "service/api/app.py"),
    ):
        reached, ahead = set(), {one}
        while ahead:
            module = ahead.pop()
            reached.add(module)
            ahead |= ours(module) - reached
        assert "service/jobqueue/jobqueue.py" in reached
        assert other not in reached


def test_the_api_never_renders() -> None:
    """Of the documents it knows what may be asked for; in the service only those who work render."""
    assert {name for name in ours("service/api/app.py") if name.startswith("documents/")} == {
        "documents/requests.py"
    }
    renderers = {name for name in MODULES if "documents/render.py" in ours(name)}
    assert {name for name in renderers if name.startswith("service/")} <= {
        "service/worker/worker.py",
        "service/worker/naive.py",
        "service/api/sync.py",
    }


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_knows_no_service_no_clock_and_no_file(module: str) -> None:
    """The same arguments give the same answer: nothing else is asked.

    A Run loads and saves itself, and the goods of the samples are data that the package brings along.
    """
    strangers = {"redis", "flask", "time", "os", "socket", "subprocess", "asyncio", "tempfile"}
    assert not strangers & {name.partition(".")[0] for name in imports(module)}
    assert not {name for name in ours(module) if name.startswith(("service/", "notebook/"))}
    calls = {node.attr for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}
    assert not {"now", "today", "utcnow", "read_bytes", "write_bytes", "environ"} & calls
    if module != "analysis/run.py":
        assert not {"read_text", "write_text"} & calls - ({"read_text"} if module == PACKAGE_DATA else set())
        assert not [n for n in ast.walk(tree(module)) if isinstance(n, ast.Name) and n.id == "open"]


def test_the_notebook_side_knows_the_service_only_through_the_lab() -> None:
    """It draws and decides nothing: of ours it imports the lab, runs, what can be measured or simulated."""
    allowed = {
        "lab/lab.py",
        "analysis/run.py",
        "analysis/metrics.py",
        "jobs.py",
        "errors.py",
        "load/plan.py",
        "__init__.py",
    }
    allowed |= {"analysis/columns.py", "analysis/queue_metrics.py", "analysis/validity.py", "settings.py"}
    for module in (name for name in MODULES if name.startswith("notebook/")):
        beyond = {
            name for name in ours(module) - allowed if not name.startswith(("notebook/", "simulation/"))
        }
        assert not beyond, f"{module} imports {beyond}"


@pytest.mark.parametrize("library", ENDPOINTS)
def test_each_library_has_one_endpoint(library: str) -> None:
    """What a new version of it could break is found in one place; the benchmarks are free."""
    users = {m for m in MODULES if library in {name.partition(".")[0] for name in imports(m)}}

    assert users
    assert not {user for user in users if not user.startswith((*ENDPOINTS[library], "benchmarks/"))}


def test_nothing_imports_the_command_line() -> None:
    """It is a way in, and nobody's helper."""
    assert not [name for name in MODULES if {"pdflab.__main__", "__main__"} & imports(name)]


@pytest.mark.parametrize("module", MODULES)
def test_an_import_reads_no_environment_and_opens_no_file(module: str) -> None:
    """To import is to define: what a module needs it is given when it is used."""
    eager = {
        "environ",
        "getenv",
        "open",
        "read_text",
        "read_bytes",
        "write_text",
        "mkdir",
        "touch",
        "connect",
    }
    eager |= {"exists", "is_file", "is_dir", "iterdir", "glob", "rglob", "mkdtemp", "run", "Popen"}
    nodes = [node for node in at_import(tree(module)) if not isinstance(node, ast.alias)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    assert not used & eager


def test_to_import_the_package_is_light() -> None:
    """Nothing but the standard library is loaded by it, and little of that."""
    program = "import sys; before = set(sys.modules); import pdflab; print(*set(sys.modules) - before)"

    loaded = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert loaded.split() == ["pdflab"]
