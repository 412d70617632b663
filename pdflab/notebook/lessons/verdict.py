"""How a prediction compares with what was measured, in a few words.

Read next: pdflab/notebook/lessons/sketch.py.
"""

from collections.abc import Sequence
from typing import Any

from pdflab.notebook.lessons.texts import Given


def verdict(value: Given, measured: Any) -> str:
    """Return the words: "close", "2.0 times too low", "and it lies inside"."""
    if isinstance(value, str):
        return "as it came" if value == measured else "and it came otherwise"
    if isinstance(value, list) and isinstance(measured, Sequence):
        return f"at worst {max(map(_factor, value, measured)):.1f} times off"
    if isinstance(value, list):
        return "and it lies inside" if value[0] <= measured <= value[1] else "and it lies outside"
    if value == measured:
        return "exact"
    if value * measured <= 0:
        return f"off by {abs(value - measured):.3g}"
    factor = _factor(value, measured)
    return "close" if factor <= 1.15 else f"{factor:.1f} times too {'low' if measured > value else 'high'}"


def _factor(one: float, other: float) -> float:
    return max(one / other, other / one) if one * other > 0 else float("inf")
