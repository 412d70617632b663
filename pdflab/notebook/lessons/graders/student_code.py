"""A student's code as data: its source and what it uses of the notebook, for another process to run.

Read next: pdflab/notebook/lessons/graders/sandbox.py.
"""

import ast
import inspect
import linecache
import pickle
import re
import sys
import textwrap
import traceback
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from pdflab.errors import UsageError, require

_FILE = "<your code: {}>"  # what a traceback calls the source of a function
_QUOTED = re.compile(r"'(\w+)'")


def pack(function: Callable[..., Any]) -> dict[str, Any]:
    """Return a function, and the functions, modules and values that it uses, as JSON.

    Raises UsageError for what is no function, or has no source.
    """
    is_def = isinstance(function, FunctionType) and function.__name__.isidentifier()  # and no lambda
    require(is_def, "This is no function that begins with def; pass the name of one, without brackets.")
    packed: dict[str, Any] = {"name": function.__name__, "sources": {}, "modules": {}, "values": {}}
    _add(packed, function.__name__, function)
    return packed


def pack_source(name: str, source: str) -> dict[str, Any]:
    """Return the source of one function, packed; it may even be no Python."""
    return {"name": name, "sources": {name: source}, "modules": {}, "values": {}}


def _add(packed: dict[str, Any], name: str, item: object) -> None:
    if name in packed["sources"]:
        return
    if isinstance(item, ModuleType):
        packed["modules"][name] = item.__name__
    elif isinstance(item, FunctionType) and not item.__module__.startswith("pdflab."):
        source = packed["sources"][name] = _source(item)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Name) and node.id in item.__globals__:
                _add(packed, node.id, item.__globals__[node.id])
    else:
        with suppress(Exception):  # what cannot be sent is missing there, and Python says so by its name
            packed["values"][name] = b64encode(pickle.dumps(item)).decode()


def _source(function: FunctionType) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise UsageError(
            f"The source of {function.__name__} is gone; run the cell with its def again."
        ) from None


def unpack(packed: dict[str, Any]) -> Callable[..., Any]:
    """Return the function again. Raises what its source raises when it is read or run."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for name, value in packed["values"].items():
        with suppress(Exception):  # an object of a class that only the notebook has
            names[name] = pickle.loads(b64decode(value))
    names |= {name: import_module(module) for name, module in packed["modules"].items()}
    for name, source in reversed(packed["sources"].items()):  # what a default or a decorator needs, first
        file = _FILE.format(name)
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), names)
    function: Callable[..., Any] = names[packed["name"]]
    return function


def describe(error: BaseException) -> str:
    """Return what went wrong, with the line of the student's code, in one sentence."""
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, SystemExit):
        return "Your code called sys.exit, which ends Python; return instead."
    if isinstance(error, MemoryError):
        return "Your code ran out of memory; keep less at once, and look for a list that never stops growing."
    if type(error).__module__.startswith("redis") and type(error).__name__ in (
        "ConnectionError",
        "TimeoutError",
    ):
        return f"Redis did not answer ({error}); start the lab, and grade again."
    where, text = _place(error)
    if isinstance(error, NameError) and (name := _QUOTED.search(str(error))):
        return f"{where} uses `{name[1]}`, and nothing has set it before; the line is `{text}`."
    message = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())[:300]
    what = f"{type(error).__name__}: {message}"
    return f"{where} raised {what.rstrip(': ')}{f'; the line is `{text}`' if text else ''}."


def line_now() -> str:
    """Return the line of the student's code that is running, as it is quoted in a sentence."""
    frame = sys._getframe()
    while frame.f_back and not frame.f_code.co_filename.startswith(_FILE.partition("{}")[0]):
        frame = frame.f_back
    return f"`{linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()}`"


def _place(error: BaseException) -> tuple[str, str]:
    """Return which line of the student's code an error comes from, and its text."""
    before, _, after = _FILE.partition("{}")
    if isinstance(error, SyntaxError) and (error.filename or "").startswith(before):
        frames = [(error.filename or "", error.lineno, error.text or "")]
    else:
        frames = [(f.filename, f.lineno, f.line or "") for f in traceback.extract_tb(error.__traceback__)]
    for file, line, text in reversed(frames):
        if file.startswith(before):
            name = file.removeprefix(before).removesuffix(after)
            return f"Line {line} of {name}", text.strip()
    return "Your code", ""
