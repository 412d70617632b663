"""The laws of import: which module may import which, read off the source and seen in fresh interpreters."""

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest
from package_source import MODULES, PACKAGE, imports, libraries, reached, tree

from pdflab.documents.kinds import KINDS, sample_request
from pdflab.service.jobqueue.base import Submission
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

ARROWS = {module: imports(module) for module in MODULES}
SERVICE = [module for module in MODULES if module.startswith("service/")]
API = [module for module in SERVICE if module.startswith(("service/api/", "service/http/"))]
WORKER = [module for module in SERVICE if module.startswith("service/worker/")]
PURE = [
    module
    for module in MODULES
    if module.startswith(("documents/", "simulation/", "analysis/", "charts/", "load/plan", "load/arrivals"))
]
SAVES_RUNS = "analysis/run.py"
READS_ITS_DATA = "documents/samples/requests.py"
RENDERERS = {"service/worker/worker.py", "service/api/sync.py"}
ABOVE_SERVICE = ("analysis", "benchmarks", "charts", "chaos", "cli", "experiments", "lab", "load", "notebook")
ABOVE_SERVICE += ("simulation",)
LIBRARIES = {  # each third-party library, and the one package that imports it
    "redis": ("service/jobqueue/",),
    "fakeredis": ("service/jobqueue/",),
    "flask": ("service/api/", "service/http/"),
    "werkzeug": ("service/http/",),
    "waitress": ("service/http/",),
    "prometheus_client": ("service/api/",),
    "pydantic": ("documents/",),
    "pydantic_core": ("documents/",),
    "fpdf": ("documents/",),
    "uharfbuzz": ("documents/",),
    "babel": ("documents/",),
    "segno": ("classroom/web/server.py", "documents/"),
    "aiohttp": ("classroom/", "load/"),
    # one recorder for a log, one system for a folder, one e-mail at a time for an outbox
    "filelock": ("service/eventlog/", "lab/", "service/worker/emails.py"),
    "matplotlib": ("charts/",),
    "ipywidgets": ("notebook/",),
    "IPython": ("notebook/",),
    "pypdfium2": ("lab/first_page.py", "notebook/"),
    "rich": ("cli/",),
    "numba": ("simulation/",),
    "jupyter_core": ("lab/",),  # comes with each kernel
}
CLASSROOM = {  # what a class needs below the lab: to measure its document, to read events, to open a port
    ("classroom/document.py", "documents/kinds.py"),
    ("classroom/document.py", "documents/render.py"),
    ("classroom/document.py", "documents/typesetting/font_book.py"),
    ("classroom/gateway.py", "service/eventlog/reader.py"),
    ("classroom/host.py", "service/http/server.py"),
    ("classroom/web/connections.py", "service/http/connections.py"),
}
SHARED = {
    "pdflab",
    "numpy",
    "PIL",
    "_typeshed",
}  # what all that draw or count may use; PIL comes with both pens

WORK = """
import sys, time
from pathlib import Path
from threading import Event, Thread
from pdflab.service.entrypoints import run_worker
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.settings import Settings

_, url, folder, count = sys.argv
stop = Event()

def stop_when_all_are_made():
    while len([*Path(folder).glob("pdf_storage/*.pdf")]) < int(count):
        time.sleep(0.02)
    stop.set()

Thread(target=stop_when_all_are_made).start()
run_worker(broker_at(url), Settings(folder=Path(folder), grace=60), stop)
print(*sys.modules)
"""
ACCEPT = """
import sys
from pathlib import Path
from pdflab.service.api.app import create_app
from pdflab.service.jobqueue.monitor import RedisMonitor
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.foreign_redis import broker_at
from pdflab.service.storage.folder import FolderStorage
from pdflab.settings import Settings

settings, client = Settings(folder=Path(sys.argv[2]), open=True), broker_at(sys.argv[1]).client()
storage = FolderStorage(settings.storage_folder)
app = create_app(
    RedisProducer(client, settings), RedisMonitor(client, settings), storage, settings, operations=None
)
note = {"type": "custom", "title": "A note", "text": "Some words."}
print(app.test_client().post("/generate-pdf", json=note).status_code, *sys.modules)
"""
ALONE = """
import sys

class Hide:
    installed = {"numpy", "matplotlib", "mpl_toolkits", "contourpy", "cycler", "fontTools", "kiwisolver"}
    installed |= {"packaging", "PIL", "pyparsing", "dateutil", "six", "pdflab", *sys.stdlib_module_names}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.installed and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{name} is not installed here", name=name)

sys.meta_path.insert(0, Hide())
"""


def test_the_api_and_the_worker_never_meet() -> None:
    """Neither imports the other, nor anything that does: they share the queue and the storage."""
    from_api = set().union(*(reached(module, ARROWS) for module in API if module != "service/api/sync.py"))
    from_worker = set().union(*(reached(module, ARROWS) for module in WORKER))

    assert not from_api & set(WORKER)
    assert not from_worker & set(API)
    shared = {module.split("/")[1] for module in from_api & from_worker if module in SERVICE}
    assert shared - {"__init__.py"} == {"jobqueue", "storage"}


def test_only_a_worker_and_the_synchronous_endpoint_render() -> None:
    """The API checks requests; it imports nothing of the documents that draws."""
    renderers = {module for module in SERVICE if "documents/render.py" in ARROWS[module]}
    checked = {name for module in API if module not in RENDERERS for name in ARROWS[module]}

    assert renderers == RENDERERS
    documents = {name for name in checked if name.startswith("documents/")}
    assert all(name.startswith(("documents/kinds", "documents/requests")) for name in documents)


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_knows_no_service_no_clock_and_no_file(module: str) -> None:
    """The same arguments give the same result. A Run saves itself; samples bring their data along."""
    impure = {"redis", "flask", "time", "os", "socket", "subprocess", "asyncio", "tempfile"}
    files = {"read_text", "write_text", "open"} - ({"read_text"} if module == READS_ITS_DATA else set())
    used = {node.attr for node in ast.walk(tree(PACKAGE / module)) if isinstance(node, ast.Attribute)}
    named = {node.id for node in ast.walk(tree(PACKAGE / module)) if isinstance(node, ast.Name)}

    assert not impure & libraries(module)
    assert not [name for name in ARROWS[module] if name.startswith(("service/", "notebook/", "lab/"))]
    assert not {"now", "today", "utcnow", "read_bytes", "write_bytes", "environ"} & used
    assert module == SAVES_RUNS or not files & (used | named)


def test_the_service_knows_nothing_of_what_is_built_on_it() -> None:
    """Neither load, nor lab, nor lessons: it runs as production would run it."""
    assert {
        module: name for module in SERVICE for name in ARROWS[module] if name.startswith(ABOVE_SERVICE)
    } == {}


def test_only_the_storage_knows_its_folder() -> None:
    """All others ask for a job's PDF, never for a path: another storage has none."""
    users = {
        module
        for module in MODULES
        for node in ast.walk(tree(PACKAGE / module))
        if isinstance(node, ast.Name | ast.Attribute)
        if getattr(node, "id", getattr(node, "attr", "")) in ("FolderStorage", "storage_folder")
    }

    assert {user for user in users if not user.startswith("service/storage/")} == set()


def test_the_notebook_side_reaches_the_service_only_through_the_lab() -> None:
    """It draws and starts; it imports nothing of the service, the documents or the load generator."""
    below = ("service/", "documents/", "load/generator", "load/launcher", "load/batching")
    notebook = [module for module in MODULES if module.startswith(("notebook/", "classroom/"))]
    arrows = {(module, name) for module in notebook for name in ARROWS[module] if name.startswith(below)}

    assert arrows == CLASSROOM


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_imported_in_one_package(library: str) -> None:
    """What a new version of it could break is found in one place; the benchmarks are free."""
    users = {module for module in MODULES if library in libraries(module)}

    assert users
    assert {user for user in users if not user.startswith((*LIBRARIES[library], "benchmarks/"))} == set()


def test_every_library_has_its_package() -> None:
    """One that is new is added to the table."""
    users = (module for module in MODULES if not module.startswith("benchmarks/"))
    used = {library for module in users for library in libraries(module)}

    assert used - set(sys.stdlib_module_names) - SHARED == LIBRARIES.keys()


def test_no_module_imports_itself_in_a_circle() -> None:
    """Each can be read, and loaded, after what it is built on."""
    assert circle(ARROWS) == []


@pytest.mark.parametrize("folder", sorted({module.rpartition("/")[0] for module in MODULES}))
def test_the_files_and_folders_of_a_folder_form_no_circle(folder: str) -> None:
    """Seen as one thing each, with all that is in them, they have an order from bottom to top."""
    inside = f"{folder}/" if folder else ""
    arrows: dict[str, set[str]] = defaultdict(set)
    for module in (name for name in MODULES if name.startswith(inside)):
        one = module.removeprefix(inside).partition("/")[0]
        others = {
            name.removeprefix(inside).partition("/")[0] for name in ARROWS[module] if name.startswith(inside)
        }
        arrows[one] |= others - {one, "__init__.py"}

    assert circle(arrows) == []


def test_nothing_imports_the_command_line() -> None:
    """The command line stands on everything else, and nothing on it."""
    users = {module for module in MODULES if any(name.startswith("cli/") for name in ARROWS[module])}

    assert {user for user in users if not user.startswith("cli/")} == {"__main__.py"}
    assert not [module for module in MODULES if "__main__.py" in ARROWS[module]]


@pytest.mark.parametrize("module", MODULES)
def test_an_import_reads_no_environment_and_opens_no_file(module: str) -> None:
    """To import is to define: what a module needs is passed to it when it is used."""
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
    nodes = [node for node in at_import(tree(PACKAGE / module)) if not isinstance(node, ast.alias)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}

    assert not used & eager


def test_to_import_the_package_is_light() -> None:
    """Nothing else is loaded by it."""
    program = "import sys; before = set(sys.modules); import pdflab; print(*set(sys.modules) - before)"

    assert run_fresh(program) == {"pdflab"}


def test_a_worker_that_makes_pdfs_loads_nothing_that_only_others_need(
    real_redis: Broker, settings: Settings
) -> None:
    """Neither charts, nor widgets, nor HTTP: a worker starts fast, and forty of them fit into one laptop."""
    real_redis.client().flushall()
    producer = RedisProducer(real_redis.client(), settings)
    producer.enqueue([Submission(name, name, json.dumps(sample_request(name, 1))) for name in KINDS])

    loaded = run_fresh(WORK, real_redis.url, str(settings.folder), str(len(KINDS)))

    assert len(list(settings.storage_folder.glob("*.pdf"))) == len(KINDS)
    assert not {"matplotlib", "numpy", "ipywidgets", "IPython", "flask", "werkzeug", "aiohttp"} & loaded


def test_an_api_that_accepts_loads_no_renderer(real_redis: Broker, settings: Settings) -> None:
    """To check a request takes none of what draws it."""
    loaded = run_fresh(ACCEPT, real_redis.url, str(settings.folder))

    assert "202" in loaded
    assert not {"fpdf", "fontTools", "matplotlib", "numpy", "aiohttp"} & loaded


@pytest.mark.parametrize(
    "package", ["simulation/", "analysis/", "charts/", "load/plan.py", "load/arrivals.py"]
)
def test_models_and_charts_need_numpy_and_matplotlib_alone(package: str) -> None:
    """So they can run in a browser: a fresh interpreter, in which no other package is found, loads each."""
    modules = [module for module in MODULES if module.startswith(package)]
    names = ["pdflab." + module.removesuffix(".py").replace("/", ".") for module in modules]

    loaded = run_fresh(f"{ALONE}\nimport {', '.join(names)}\nprint(*sys.modules)")

    assert {name for name in names if not name.endswith("__init__")} <= loaded


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """Return the places from which a way leads back to them: all of each circle, and nothing else."""
    ways = {place: reached(place, defaultdict(set, arrows)) for place in arrows}
    return sorted(
        place for place in arrows if any(place in ways.get(other, ()) for other in ways[place] - {place})
    )


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yield everything that runs when the module is imported: not what waits inside functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "__main__" in ast.unparse(child.test):
            continue
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = [*getattr(child, "decorator_list", []), *child.args.defaults, *child.args.kw_defaults]
            yield from (node for part in inside if part for node in ast.walk(part))
        else:
            yield from at_import(child)


def run_fresh(program: str, *words: str) -> set[str]:
    """Run a program in an interpreter of its own; return the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())
