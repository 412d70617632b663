"""The package as its tests read it: the syntax trees of its modules, and what each module imports."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pdflab

PACKAGE = Path(pdflab.__file__).parent
REPOSITORY = PACKAGE.parent
MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported_names(path: Path) -> frozenset[str]:
    """Return the full names that a file imports: `a.b` and `a.b.c` for `from a.b import c`."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and ast.unparse(node).startswith("import_module(f'pdflab."):
            folder = ast.unparse(node).split("'")[1].partition(".{")[0]  # any module of it, by its name
            found |= {
                f"{folder}.{file.stem}" for file in PACKAGE.parent.glob(f"{folder.replace('.', '/')}/*.py")
            }
    return frozenset(found - {module_name(path)})


def module_name(path: Path) -> str:
    """Return the full name of a module of ours, or what would be one."""
    return ".".join(path.with_suffix("").parts[len(REPOSITORY.parts) :])


def libraries(module: str) -> set[str]:
    """Return the top-level packages that a module of ours imports."""
    return {name.partition(".")[0] for name in imported_names(PACKAGE / module)}


def imports(module: str) -> set[str]:
    """Return the modules of ours that this one imports, as paths such as service/api/app.py."""
    return modules_in(imported_names(PACKAGE / module))


def modules_in(names: Iterable[str]) -> set[str]:
    """Return the modules of ours among full names, as paths."""
    paths = [name.removeprefix("pdflab.").replace(".", "/") for name in names]
    return {path + ending for path in paths for ending in (".py", "/__init__.py")} & set(MODULES)


def reached(start: str, arrows: Mapping[str, Iterable[str]]) -> set[str]:
    """Return all that can be reached from a place along arrows, the place itself included."""
    seen, ahead = set(), {start}
    while ahead:
        place = ahead.pop()
        seen.add(place)
        ahead |= set(arrows[place]) - seen
    return seen


def public_names(module: str) -> Iterator[str]:
    """Yield the functions, classes and constants at the top of a module; `_private` ones are left out."""
    for node in tree(PACKAGE / module).body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names = [name]
            case ast.Assign(targets=targets):
                names = [target.id for target in targets if isinstance(target, ast.Name)]
            case ast.AnnAssign(target=ast.Name(id=name)):
                names = [name]
            case _:
                names = []
        yield from (name for name in names if not name.startswith("_"))
