"""The state of a lab as HTML: numbers, workers, log, newest PDF. All text from users is escaped.

Read next: pdflab/notebook/poller.py.
"""

import html
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence

from pdflab.analysis.endpoint_history import Numbers
from pdflab.charts.style import COLOURS, duration
from pdflab.jobs import Endpoint, JobEvent, WorkerId
from pdflab.lab import Stats

_MAX_LINES = 8  # of jobs.log
_MAX_STRIPS = 8  # workers


def numbers_html(stats: Stats, endpoints: Mapping[Endpoint, Numbers]) -> str:
    """Return jobs by state, the queue, and rate and median latencies of each endpoint."""
    states = ("queued", "processing", "completed", "failed")
    groups: dict[str, dict[str, str]] = {
        "jobs": {state: f"{getattr(stats, state):,}" for state in states},
        "the queue": {"depth": f"{stats.queue_depth:,}", "oldest waits": duration(stats.oldest_age)},
        "PDFs a second": {name: f"{numbers.rate:.1f}" for name, numbers in endpoints.items()},
        "answered after (median)": {name: duration(numbers.answered) for name, numbers in endpoints.items()},
        "PDF after (median)": {name: duration(numbers.delivered) for name, numbers in endpoints.items()},
    }
    shown = "".join(_group(title, cells) for title, cells in groups.items())
    return f'<div class="pdflab-board">{shown}</div>'


def error_html(text: str) -> str:
    """Return an error as HTML."""
    return f'<div class="pdflab-trouble">{html.escape(text)}</div>'


def strips_html(living: Sequence[str], claimed: Mapping[str, JobEvent], *, now: float, threads: bool) -> str:
    """Return a strip for each worker: idle, rendering a job, or dead with a claimed job.

    A worker is dead if it has claimed a job and is not among the `living`.
    """
    busy = {event.worker: event for event in claimed.values() if event.worker}
    rows = []
    for worker in dict.fromkeys((*living, *busy)):
        name, job = _name(worker, threads), _claimed(busy[worker], now) if worker in busy else "idle"
        if worker not in living:
            rows.append(f'<span class="dead">{name} is dead: {job}</span>')
        elif worker in busy:
            rows.append(f'<span class="rendering">{name}: {job}</span>')
        else:
            rows.append(f"<span>{name}: idle</span>")
    more = [f"<span>and {len(rows) - _MAX_STRIPS + 1} more</span>"] if len(rows) > _MAX_STRIPS else []
    title = "each worker, a thread" if threads else "each worker, by the id of its process"
    shown = "".join(rows[: _MAX_STRIPS - len(more)] + more)
    return f'<div class="pdflab-strips"><h6>{title}</h6><div>{shown}</div></div>'


def log_html(events: Sequence[JobEvent]) -> str:
    """Return the last lines of jobs.log, each with its main fields."""
    lines = [_line(event) for event in events[-_MAX_LINES:]]
    return f'<div class="pdflab-log"><em>jobs.log</em>\n{"<br>".join(lines)}</div>'


def thumbnail_html(picture: bytes, *, url: str) -> str:
    """Return the newest PDF as a PNG picture that opens it."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    image = f'<img alt="the first page of the newest PDF" src="{source}">'
    link = f'<a class="pdflab-thumbnail" target="_blank" href="{html.escape(url)}">'
    return f"{link}{image}<br>newest PDF: open</a>"


def _group(title: str, cells: Mapping[str, str]) -> str:
    dots = {str(endpoint): f'<i style="background:{colour}"></i>' for endpoint, colour in COLOURS.items()}
    shown = "".join(f"<p><b>{value}</b>{dots.get(name, '')}{name}</p>" for name, value in cells.items())
    return f"<section><h6>{title}</h6><div>{shown}</div></section>"


def _claimed(event: JobEvent, now: float) -> str:
    return html.escape(f"{event.kind} {event.job_id[:6]}, {max(now - event.at, 0.0):.1f} s")


def _name(worker: str, threads: bool) -> str:
    """Return the process id, as `ps` shows it; for threads, which share it, part of the nonce."""
    worker_id = WorkerId.parse(worker)
    return html.escape(worker_id.nonce[:4] if threads else str(worker_id.pid))


def _line(event: JobEvent) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(event.at)) + f"{event.at % 1:.3f}"[1:]
    attempt = f" attempt {event.attempt}" if event.attempt > 1 else ""
    worker = f" by {event.worker}" if event.worker else ""
    reason = f": {event.reason}" if event.reason else ""
    return html.escape(f"{at}  {event.state:10}  {event.kind:7} {event.job_id[:12]}{attempt}{worker}{reason}")
