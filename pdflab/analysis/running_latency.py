"""Percentiles of latencies while clients still wait: each of these counts with what it has waited so far.

Read next: pdflab/analysis/replay.py.
"""

import math

import numpy as np

from pdflab.analysis.columns import Floats, Integers

_LEVELS = 100  # in each power of ten: a percentile is exact to 1.2 %
_SHORTEST, _POWERS = -4, 9  # the power of ten of the lowest level, and how many powers are counted


class RunningLatency:
    """Counts latencies by their logarithm, so that an hour needs as little memory as a second."""

    def __init__(self) -> None:
        self._counts = np.zeros(_LEVELS * _POWERS, dtype=np.int64)
        self._never = 0

    def add(self, seconds: float) -> None:
        """Count a client that was served after so many seconds; inf is never."""
        if math.isinf(seconds):
            self._never += 1
        else:
            level = round(_LEVELS * (math.log10(max(seconds, 10.0**_SHORTEST)) - _SHORTEST))
            self._counts[min(level, len(self._counts) - 1)] += 1

    def percentile(self, share: float, waiting: Floats) -> float | None:
        """Return the smallest latency that this share of all clients does not exceed; None without any.

        `waiting` has the seconds of those who still wait. Without them, an endpoint would look best while it
        serves nobody.
        """
        counts = self._counts + np.bincount(_levels(waiting), minlength=len(self._counts))
        total = int(counts.sum()) + self._never
        if not total:
            return None
        level = int(np.searchsorted(np.cumsum(counts), math.ceil(share * total)))
        return float(10 ** (level / _LEVELS + _SHORTEST)) if level < len(counts) else math.inf


def _levels(seconds: Floats) -> Integers:
    powers = np.log10(np.maximum(seconds, 10.0**_SHORTEST)) - _SHORTEST
    levels: Integers = np.rint(_LEVELS * powers).astype(np.int64)
    return np.minimum(levels, _LEVELS * _POWERS - 1)
