"""The state of a lab as HTML: numbers, workers, log, newest PDF. All text from users is escaped.

Read next: pdflab/notebook/poller.py.
"""

import html
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence

from pdflab.analysis.rolling_window import ENDPOINTS, Numbers
from pdflab.charts.style import COLOURS
from pdflab.jobs import Endpoint, JobEvent, WorkerId
from pdflab.lab import Stats

_MAX_LINES = 8  # of jobs.log
_MAX_STRIPS = 8  # workers


def numbers_html(stats: Stats, endpoints: Mapping[Endpoint, Numbers]) -> str:
    """Return jobs by state, the queue, and rate and median latencies of each endpoint."""
    jobs = {name: f"{getattr(stats, name):,}" for name in ("queued", "processing", "completed", "failed")}
    queue = {"depth": f"{stats.queue_depth:,}", "oldest waits": _seconds(stats.oldest_age)}
    rates = {str(endpoint): f"{endpoints[endpoint].rate:.1f}" for endpoint in ENDPOINTS}
    answers = {str(endpoint): _seconds(endpoints[endpoint].answered) for endpoint in ENDPOINTS}
    pdfs = {str(endpoint): _seconds(endpoints[endpoint].delivered) for endpoint in ENDPOINTS}
    groups = [
        _group("jobs", jobs),
        _group("the queue", queue),
        _group("PDFs a second", rates),
        _group("answered after (median)", answers),
        _group("PDF after (median)", pdfs),
    ]
    return f'<div class="pdflab-board">{"".join(groups)}</div>'


def error_html(text: str) -> str:
    """Return an error as HTML."""
    return f'<div class="pdflab-trouble">{html.escape(text)}</div>'


def strips_html(living: Sequence[str], claimed: Mapping[str, JobEvent], *, now: float, threads: bool) -> str:
    """Return a strip for each worker: idle, rendering a job, or dead with a claimed job.

    A worker is dead if it has claimed a job and is not among the `living`.
    """
    busy = {event.worker: event for event in claimed.values() if event.worker}
    rows = [_strip(worker, busy.get(worker), now, threads) for worker in living]
    rows += [_dead_strip(worker, busy[worker], now, threads) for worker in busy if worker not in living]
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
    shown = "".join(f"<p><b>{value}</b>{_dot(name)}{name}</p>" for name, value in cells.items())
    return f"<section><h6>{title}</h6><div>{shown}</div></section>"


def _dot(name: str) -> str:
    colour = {str(endpoint): colour for endpoint, colour in COLOURS.items()}.get(name)
    return f'<i style="background:{colour}"></i>' if colour else ""


def _strip(worker: str, event: JobEvent | None, now: float, threads: bool) -> str:
    if event is None:
        return f"<span>{_name(worker, threads)}: idle</span>"
    return f'<span class="rendering">{_name(worker, threads)}: {_claimed(event, now)}</span>'


def _dead_strip(worker: str, event: JobEvent, now: float, threads: bool) -> str:
    return f'<span class="dead">{_name(worker, threads)} is dead: {_claimed(event, now)}</span>'


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


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value == float("inf"):
        return "never"
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"
