"""Checks the validity of a run: a late generator, refusals, and work for clients that had left.

Read next: pdflab/charts/comparison.py.
"""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from pdflab.analysis.metrics import job_columns, percentiles, send_columns
from pdflab.analysis.run import Run, Send, Sends
from pdflab.jobs import Endpoint

_MAX_LAG = 0.010  # seconds: a generator whose p99 lag is longer may have made its run invalid …
_MAX_SHARE = 0.25  # … and has, if the lag exceeds this share of the latency


def outcomes(sends: Iterable[Send] | Sends) -> dict[str, int]:
    """Count the outcomes of sends: accepted, refused with 429 or 503, timeout, HTTP 400, …"""
    return dict(Counter(outcome(send.status, send.error) for send in sends).most_common())


def outcome(status: int, error: str | None) -> str:
    """Return the name of the outcome of one send."""
    if error == "refused":
        return f"refused with {status}"
    if error is None:
        return "accepted"
    return error if status in (0, 200, 202) else f"HTTP {status}"


def wasted(run: Run) -> tuple[int, float]:
    """Count the PDFs made for clients that had left, and the seconds of work in them.

    Only the synchronous endpoint wastes work: a queued PDF stays stored until it is fetched.
    """
    if run.endpoint != Endpoint.SYNCHRONOUS:
        return 0, 0.0
    jobs = job_columns(run.events)
    wanted = run.sends.job_id.codes_in(jobs.job_id)[run.sends.accepted]
    unwanted = jobs.completed & ~np.isin(np.arange(len(jobs.completed)), wanted)
    return int(unwanted.sum()), float(jobs.service[unwanted].sum())


def invalid_reason(run: Run) -> str | None:
    """Return why a run measures its generator rather than the service; None for a valid run.

    A closed loop is late on purpose, and always valid.
    """
    if run.settings.get("clients"):
        return None
    columns = send_columns(run.sends, run.events)
    answered = percentiles(columns.acknowledgement).p99 or run.settings.get("timeout")  # where all have left
    return late_reason(percentiles(columns.send_lag).p99, answered)


def late_reason(send_lag: float | None, latency: float | None) -> str | None:
    """Return why a generator was too late, from its p99 send lag and the p99 latency, in seconds."""
    if send_lag is None or send_lag <= _MAX_LAG:
        return None
    if latency is not None and send_lag <= _MAX_SHARE * latency:
        return None
    return (
        f"The generator was {1000 * send_lag:,.0f} ms late with one request in a hundred: too much of the "
        "measured latency is its own delay. Send less, or free a core."
    )
