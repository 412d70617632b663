"""Goodput: the documents that clients had in time, once each, however often they asked.

A request that is rendered after its client has left is work, but not goodput.

Read next: pdflab/simulation/twin.py.
"""

from math import inf, nan

import numpy as np
from numpy.typing import NDArray

from pdflab.analysis.columns import Floats
from pdflab.analysis.metrics import throughput
from pdflab.simulation.model import Outcome, RequestColumns


def goodput_over_time(
    requests: RequestColumns, *, end: float, patience: float = inf
) -> tuple[Floats, Floats]:
    """Return the beginning of each whole second until `end`, and the documents that came in time in it.

    A client asks again only after it has left, so one request of a document at most counts. Without a
    `patience`, every completed request whose client had not left is in time.
    """
    in_time = requests.ended_at[_is_in_time(requests, patience)]
    return throughput(in_time, start=0.0, end=end, bin_seconds=1.0)


def share_in_time(requests: RequestColumns, start: float, end: float, *, patience: float = inf) -> float:
    """Return the share of the documents first requested in an interval that came in time; nan without any."""
    asked = _first_between(requests, start, end)
    had = np.isin(requests.number[asked], requests.number[_is_in_time(requests, patience)])
    return float(had.mean()) if len(had) else nan


def first_requests(requests: RequestColumns, start: float, end: float) -> int:
    """Return how many documents were first requested from `start` to before `end`."""
    return int(np.count_nonzero(_first_between(requests, start, end)))


def _first_between(requests: RequestColumns, start: float, end: float) -> NDArray[np.bool_]:
    return np.asarray((requests.attempt == 1) & (requests.at >= start) & (requests.at < end))


def _is_in_time(requests: RequestColumns, patience: float) -> NDArray[np.bool_]:
    return np.asarray((requests.outcome == Outcome.COMPLETED) & (requests.ended_at - requests.at <= patience))
