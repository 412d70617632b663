"""What a chart can show apart: of points that would overlap, one is kept, so that memory stays bounded.

Read next: pdflab/analysis/running_latency.py.
"""

import math

import numpy as np

from pdflab.analysis.columns import Floats

Points = list[tuple[float, float]]

_SLOTS, _ROWS = 240, 16  # over the axis, and in each power of ten of the latencies
_SHORTEST = 1e-4  # seconds


class Curve:
    """A value over time; each holds until the next."""

    def __init__(self) -> None:
        self.points: Points = []
        self._slot = 0.0

    def add(self, at: float, value: float) -> None:
        """Add the value from this instant on; equal values need no point each."""
        if len(self.points) > 1 and self.points[-1][1] == self.points[-2][1] == value:
            self.points.pop()
        elif len(self.points) > 1 and at - self.points[-2][0] < self._slot:
            value = max(value, self.points.pop()[1])
        self.points.append((at, value))

    def fit(self, left: float, right: float) -> None:
        """Keep what an axis with these ends can show; the last point before it begins the curve."""
        self._slot = (right - left) / (2 * _SLOTS)
        before = sum(at < left for at, _ in self.points)
        points, self.points = self.points[max(0, before - 1) :], []
        for at, value in points:
            self.add(at, value)


class Dots:
    """Latencies of single clients, by the instant of each."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], tuple[float, float]] = {}
        self._slot = 1.0

    @property
    def points(self) -> Points:
        """Instants and seconds, in any order."""
        return list(self._cells.values())

    def add(self, at: float, seconds: float) -> None:
        """Add a client."""
        row = round(_ROWS * math.log10(max(seconds, _SHORTEST)))
        self._cells[int(at // self._slot), row] = at, seconds

    def fit(self, left: float, right: float) -> None:
        """Keep what an axis with these ends can show."""
        points, self._cells, self._slot = self.points, {}, (right - left) / _SLOTS
        for at, seconds in points:
            if at >= left:
                self.add(at, seconds)


def thin(at: Floats, seconds: Floats, left: float, right: float) -> Points:
    """Return the points that an axis with these ends can show, of a curve with one value at each instant."""
    _, first = np.unique((at * (_SLOTS / (right - left))).astype(np.int64), return_index=True)
    shown = first[at[first] >= left]
    return list(zip(at[shown].tolist(), seconds[shown].tolist(), strict=True))
