"""The state of a lab as HTML: numbers, log, newest PDF. All text from users is escaped.

Read next: pdflab/notebook/poller.py.
"""

import html
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence

from pdflab.analysis.endpoint_history import Numbers
from pdflab.charts.style import COLOURS, duration
from pdflab.jobs import Endpoint, JobEvent

_MAX_LINES = 8  # of jobs.log


def numbers_html(endpoints: Mapping[Endpoint, Numbers]) -> str:
    """Return rate and median latencies of each endpoint."""
    groups: dict[str, dict[str, str]] = {
        "PDFs a second": {name: f"{numbers.rate:.1f}" for name, numbers in endpoints.items()},
        "answered after, median and p99": {
            name: f"{duration(n.answered)} <small>{duration(n.answered_p99)}</small>"
            for name, n in endpoints.items()
        },
        "PDF after, median and p99": {
            name: f"{duration(n.delivered)} <small>{duration(n.delivered_p99)}</small>"
            for name, n in endpoints.items()
        },
    }
    shown = "".join(_group(title, cells) for title, cells in groups.items())
    return f'<div class="pdflab-board">{shown}</div>'


def log_html(events: Sequence[JobEvent], names: Mapping[str, str]) -> str:
    """Return the last lines of jobs.log, each with its main fields; workers have these names."""
    lines = [_line(event, names) for event in events[-_MAX_LINES:]]
    return f'<div class="pdflab-log"><em>jobs.log</em>\n{"<br>".join(lines)}</div>'


def preview_html(picture: bytes, *, url: str) -> str:
    """Return the newest PDF as a PNG picture that opens it."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    image = f'<img alt="the first page of the newest PDF" src="{source}">'
    link = f'<a class="pdflab-preview-link" target="_blank" href="{html.escape(url)}">'
    return f"{link}{image}<br>newest PDF: open</a>"


def _group(title: str, cells: Mapping[str, str]) -> str:
    dots = {str(endpoint): f'<i style="background:{colour}"></i>' for endpoint, colour in COLOURS.items()}
    shown = "".join(f"<p><b>{value}</b>{dots.get(name, '')}{name}</p>" for name, value in cells.items())
    return f"<section><h6>{title}</h6><div>{shown}</div></section>"


def _line(event: JobEvent, names: Mapping[str, str]) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(event.at)) + f"{event.at % 1:.3f}"[1:]
    attempt = f" attempt {event.attempt}" if event.attempt > 1 else ""
    worker = f" by {names.get(event.worker, event.worker)}" if event.worker else ""
    reason = f": {event.reason}" if event.reason else ""
    return html.escape(f"{at}  {event.state:10}  {event.kind:7} {event.job_id[:12]}{attempt}{worker}{reason}")
