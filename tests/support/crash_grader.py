"""Grades many workers in one child process: each alone would wait for Python to start."""

from collections.abc import Callable, Mapping
from typing import Any

from pdflab.notebook.lessons.graders.kills.crashes import grade_work
from pdflab.notebook.lessons.graders.student_code import pack_source, unpack


def grade_each(_: Callable[[], Any], *, redis: str, sources: Mapping[str, str]) -> list[list[str]]:
    """Return the findings of each source of a function `work`."""
    return [grade_work(unpack(pack_source("work", source)), redis=redis) for source in sources.values()]
