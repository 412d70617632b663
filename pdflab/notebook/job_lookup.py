"""One job seen from outside: what the API answers about it, and its lines in jobs.log.

Read next: pdflab/charts/job_trace.py, which draws it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pdflab.lab import Lab
from pdflab.lab.http_client import send_request
from pdflab.notebook.lessons.lesson import PlainText


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API said: an HTTP status, and a body of JSON; empty for a body of another kind."""

    status: int
    body: Mapping[str, Any]


def ask(lab: Lab, path: str, *, method: str = "GET") -> ApiAnswer:
    """Ask the queued endpoint for a path, such as /stats, as any client may."""
    answer = send_request(lab.url, path, method=method)
    return ApiAnswer(answer.status, answer.json())


def log_lines(lab: Lab, job_id: str) -> list[str]:
    """Return the lines of jobs.log that are about a job, as they stand there."""
    lines = lab.settings.log_file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if f'"{job_id}"' in line]


def table(fields: Mapping[str, Any]) -> PlainText:
    """Write one field a line, without those that say nothing yet; a list has a line for each item."""
    told = _telling(fields)
    width = max(map(len, told), default=0)
    return PlainText("\n".join(f"{name:{width}}  {_words(value, width)}" for name, value in told.items()))


def _words(value: Any, indent: int) -> str:
    if isinstance(value, list):
        return f"\n{'':{indent}}  ".join(_words(item, indent) for item in value)
    if isinstance(value, Mapping):
        return "  ".join(f"{name} {part}" for name, part in _telling(value).items())
    return str(value)


def _telling(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, 0, [], {})}
