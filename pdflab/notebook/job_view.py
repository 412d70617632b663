"""One job from outside: the first page of its PDF, its lines in jobs.log, its record as a table.

Read next: pdflab/charts/timelines.py.
"""

from collections.abc import Mapping
from typing import Any

from IPython.display import Image

from pdflab.lab import Lab
from pdflab.lab.first_page import first_page_png
from pdflab.notebook.plain_text import PlainText


def first_page(pdf: bytes, *, width: int = 420) -> Image:
    """Return the first page of a PDF as a picture, `width` pixels wide. Raises PdfiumError if it is none."""
    return Image(first_page_png(pdf, width=width), width=width)


def log_lines(lab: Lab, job_id: str) -> list[str]:
    """Return the lines of jobs.log about a job, unchanged."""
    lines = lab.settings.log_file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if f'"{job_id}"' in line]


def table(fields: Mapping[str, Any]) -> PlainText:
    """Return one field a line, without empty ones; a list has a line for each item."""
    shown = _without_empty(fields)
    width = max(map(len, shown), default=0)
    return PlainText("\n".join(f"{name:{width}}  {_text(value, width)}" for name, value in shown.items()))


def _text(value: Any, indent: int) -> str:
    if isinstance(value, list):
        return f"\n{'':{indent}}  ".join(_text(item, indent) for item in value)
    if isinstance(value, Mapping):
        return "  ".join(f"{name} {part}" for name, part in _without_empty(value).items())
    return str(value)


def _without_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, 0, [], {})}
