"""The board: what is read off a lab at one instant, as words of the page. Nothing a user wrote is markup.

Read next: pdflab/notebook/panel.py, which gives each its place.
"""

import html
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from pdflab.analysis.rolling_window import ENDPOINTS, Numbers
from pdflab.charts.style import COLOURS
from pdflab.jobs import JobEvent, WorkerId

LINES = 8  # of jobs.log
_STRIPS = 8  # workers that there is room for


def show_numbers(stats: Any, endpoints: Mapping[str, Numbers]) -> str:
    """Return jobs by state, the line, and both endpoints beside each other: their rate and what clients
    waited."""
    jobs = {name: f"{getattr(stats, name):,}" for name in ("queued", "processing", "completed", "failed")}
    line = {"depth": f"{stats.queue_depth:,}", "oldest waits": _seconds(stats.oldest_age)}
    groups = [_group("jobs", jobs), _group("the line", line)]
    for title, name in (("answered after", "answered"), ("PDF after", "delivered")):
        groups.append(
            _group(f"{title} (median)", {d: _seconds(getattr(endpoints[d], name)) for d in ENDPOINTS})
        )
    groups.insert(
        2, _group("PDFs a second", {endpoint: f"{endpoints[endpoint].rate:.1f}" for endpoint in ENDPOINTS})
    )
    return f'<div class="pdflab-board">{"".join(groups)}</div>'


def show_trouble(words: str) -> str:
    """Say why there are no numbers."""
    return f'<div class="pdflab-trouble">{html.escape(words)}</div>'


def show_strips(living: Sequence[str], claimed: Mapping[str, JobEvent], *, now: float, threads: bool) -> str:
    """Return each worker a strip: idle, rendering what, or dead, with what it had in hand.

    Dead is who has a job in hand and is not among the `living`.
    """
    busy = {event.worker: event for event in claimed.values() if event.worker}
    rows = [_strip(worker, busy.get(worker), now, threads) for worker in living]
    rows += [
        _dead_strip(worker, event, now, threads) for worker, event in busy.items() if worker not in living
    ]
    more = [f"<span>and {len(rows) - _STRIPS + 1} more</span>"] if len(rows) > _STRIPS else []
    title = "each worker, a thread" if threads else "each worker, by the id of its process"
    shown = "".join(rows[: _STRIPS - len(more)] + more)
    return f'<div class="pdflab-strips"><h6>{title}</h6><div>{shown}</div></div>'


def show_log(events: Sequence[JobEvent]) -> str:
    """Return the last lines of jobs.log, each with what says most."""
    lines = [_line(event) for event in events[-LINES:]]
    return f'<div class="pdflab-log"><em>jobs.log</em>\n{"<br>".join(lines)}</div>'


def show_thumbnail(picture: bytes, *, url: str) -> str:
    """Return the newest PDF as a picture that opens it."""
    source = f"data:image/png;base64,{b64encode(picture).decode()}"
    image = f'<img alt="the first page of the newest PDF" src="{source}">'
    link = f'<a class="pdflab-thumbnail" target="_blank" href="{html.escape(url)}">'
    return f"{link}{image}<br>newest PDF: open</a>"


def _group(title: str, cells: Mapping[str, str]) -> str:
    shown = "".join(f"<p><b>{value}</b>{_dot(name)}{name}</p>" for name, value in cells.items())
    return f"<section><h6>{title}</h6><div>{shown}</div></section>"


def _dot(name: str) -> str:
    return next(
        (f'<i style="background:{c}"></i>' for endpoint, c in COLOURS.items() if endpoint == name), ""
    )


def _strip(worker: str, event: JobEvent | None, now: float, threads: bool) -> str:
    if event is None:
        return f"<span>{_name(worker, threads)}: idle</span>"
    return f'<span class="rendering">{_name(worker, threads)}: {_claimed(event, now)}</span>'


def _dead_strip(worker: str, event: JobEvent, now: float, threads: bool) -> str:
    return f'<span class="dead">{_name(worker, threads)} is dead: {_claimed(event, now)}</span>'


def _claimed(event: JobEvent, now: float) -> str:
    return html.escape(f"{event.kind} {event.job_id[:6]}, {max(now - event.at, 0.0):.1f} s")


def _name(worker: str, threads: bool) -> str:
    """Return the id of its process, as `ps` shows it; threads share that, and have one of their own."""
    worker_id = WorkerId.parse(worker)
    return html.escape(worker_id.nonce[:4] if threads else str(worker_id.pid))


def _line(event: JobEvent) -> str:
    at = time.strftime("%H:%M:%S", time.localtime(event.at)) + f"{event.at % 1:.3f}"[1:]
    again = f" attempt {event.attempt}" if event.attempt > 1 else ""
    by = f" by {event.worker}" if event.worker else ""
    why = f": {event.reason}" if event.reason else ""
    return html.escape(f"{at}  {event.state:10}  {event.kind:7} {event.job_id[:12]}{again}{by}{why}")


def _seconds(value: float | None) -> str:
    if value is None:
        return "–"
    if value == float("inf"):
        return "never"
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"
