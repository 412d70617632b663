"""What a sceptic asks of a run: was the generator late, what was refused, what was made for nobody?

Read next: charts/comparison.py.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from pdflab.analysis.columns import Categorical
from pdflab.analysis.metrics import job_columns, percentiles, send_columns
from pdflab.analysis.run import Run, Send, Sends
from pdflab.jobs import Endpoint

LATE = 0.010  # seconds: a generator that is later than this, 1 time in 100, may have spoiled its run …
SPOILED = 0.25  # … and has, if it is more than this share of the latency that it is part of


def outcomes(sends: Iterable[Send] | Sends) -> dict[str, int]:
    """Count what became of the sends, by kind: accepted, refused with 429 or 503, timeout, HTTP 400, …"""
    table = Sends.of(sends)
    errors = [None] * len(table) if table.error is None else table.error.tolist()
    seen = Counter(map(outcome, table.status.tolist(), errors))
    return dict(seen.most_common())


def outcome(status: int, error: str | None) -> str:
    """Name what became of one send."""
    if status in (429, 503):
        return f"refused with {status}"
    if error is None:
        return "accepted"
    return error if status in (0, 200, 202) else f"HTTP {status}"


def wasted(run: Run) -> tuple[int, float]:
    """Count the PDFs that were made for clients who no longer waited, and the seconds of work in them.

    Only the synchronous endpoint makes such: a queued PDF waits in its file until it is fetched.
    """
    if run.endpoint != Endpoint.SYNCHRONOUS:
        return 0, 0.0
    jobs = job_columns(run.events)
    fetched = Categorical(run.sends.job_id.codes[run.sends.accepted], run.sends.job_id.words).codes_in(
        jobs.job_id
    )
    wanted = np.zeros(len(jobs.completed) + 1, dtype=np.bool_)
    wanted[fetched] = True
    nobodys = jobs.completed & ~wanted[:-1]
    return int(nobodys.sum()), float(jobs.service[nobodys].sum())


def spoiled(run: Run) -> str | None:
    """Say why a run says more of its generator than of the service; None for one that can be believed.

    A closed loop is late on purpose: it is not judged.
    """
    if run.settings.get("clients"):
        return None
    columns = send_columns(run.sends, run.events)
    return too_late(percentiles(columns.send_lag)["p99"], percentiles(columns.accept)["p99"])


def too_late(send_lag: float | None, accept: float | None) -> str | None:
    """Judge a generator by its p99 send_lag and the p99 latency that this is part of, in seconds."""
    if send_lag is None or send_lag <= LATE or (accept is not None and send_lag <= SPOILED * accept):
        return None
    return (
        f"The generator was {1000 * send_lag:,.0f} ms late with one request in a hundred: too much of what "
        f"was "
        "measured is its own delay. Send less, or free a core."
    )
